"""A dataset's policy fits its tier, and a confidential dataset is hidden."""

from __future__ import annotations

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import Context, FlattenDataDict, FlattenErrorDict, FlattenKey

from ckanext.pole.access.decision import CONFIDENTIAL, OPEN

__all__ = ["pole_access_policy"]


def pole_access_policy(key: FlattenKey, data: FlattenDataDict, errors: FlattenErrorDict, context: Context) -> None:
    """The policy is the custodian's own, in use, and there is one wherever something is not open.

    A harvest may lack it (context key `pole_harvest`): what it closes is then its custodian's alone. Confidential
    datasets become private; one that becomes less closed stays private until its editor makes it public.
    """
    policy_id = _value(data, key)
    data[key] = policy_id
    tiers = {_value(data, found) for found in data if found[-1] == "access_tier" and len(found) in (1, 3)} - {"", OPEN}
    if _value(data, ("access_tier",)) == CONFIDENTIAL:
        data[("private",)] = True
    if not p.plugin_loaded("pole_access"):
        return
    if policy_id:
        problem = _problem(policy_id, data, context)
    elif tiers and not context.get("pole_harvest"):
        problem = tk._("Choose the policy under which these data are shared")
    else:
        problem = ""
    if problem:
        errors[key].append(problem)


def _problem(policy_id: str, data: FlattenDataDict, context: Context) -> str:
    from ckanext.pole.access.model import Policy

    policy = model.Session.get(Policy, policy_id) if "\0" not in policy_id else None
    if policy is None:
        return tk._("There is no such policy")
    owner = model.Group.get(_value(data, ("owner_org",)))
    if owner is None or owner.id != policy.owner_org:
        return tk._("This policy is another organisation's")
    package = context.get("package")
    stored = str(package.extras.get("access_policy") or "") if package is not None else ""
    if policy.state == "retired" and policy_id != stored:
        return tk._("This policy is retired: choose another one")
    return ""


def _value(data: FlattenDataDict, key: FlattenKey) -> str:
    value = data.get(key)
    return value.strip() if isinstance(value, str) else ""
