"""Policies: what a custodian offers, and each version of its terms."""

from __future__ import annotations

import hashlib
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.logic import validate
from ckan.types import Context, DataDict

from ckanext.pole.access import dictize, ledger, queries, schema
from ckanext.pole.access.acting import act, actor, load, lock, organisation, refusal
from ckanext.pole.access.model import Policy, Terms, new_id
from ckanext.pole.bilingual import values

__all__ = ["pole_policy_create", "pole_policy_list", "pole_policy_retire", "pole_policy_show", "pole_policy_update"]

#: Fields that change without touching what people agreed to.
_ABOUT = ("title_translated", "purpose_translated", "use_codes")


@validate(schema.policy_create)
def pole_policy_create(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Make a policy.

    Args:
        context: CKAN's.
        data_dict: `owner_org` (the custodian's id or name), `title_translated`, `terms_translated`, and if wanted
            `purpose_translated` and `use_codes` (vocabulary `intended_uses`).

    Returns:
        The policy.
    """
    tk.check_access("pole_policy_create", context, data_dict)
    custodian = organisation(data_dict["owner_org"], "owner_org")
    person = actor(context)
    with act(context) as session:
        policy = Policy(
            id=new_id(), owner_org=custodian.id, terms_version=1, state="active",
            **{name: data_dict[name] for name in _ABOUT},
        )  # fmt: skip
        session.add(policy)
        session.flush()
        session.add(_terms(policy, data_dict["terms_translated"], person.user_id))
        _record("policy.create", policy, person.user_id, session)
    return dictize.policies([policy])[0]


@validate(schema.policy_update)
def pole_policy_update(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Change a policy; what is left out stays. Terms that differ are a new version, to be accepted anew.

    Args:
        context: CKAN's.
        data_dict: `id`, and any of `title_translated`, `terms_translated`, `purpose_translated`, `use_codes`.

    Returns:
        The policy.
    """
    tk.check_access("pole_policy_update", context, data_dict)
    person = actor(context)
    with act(context) as session:
        policy = lock(Policy, data_dict["id"])
        if policy.state == "retired":
            raise refusal("state", tk._("This policy is retired: make a new one"))
        for name in _ABOUT:
            if name in data_dict:
                setattr(policy, name, data_dict[name])
        text = data_dict.get("terms_translated")
        if text and digest(text) != current_terms(policy).sha256:
            policy.terms_version += 1
            session.add(_terms(policy, text, person.user_id))
            _record("policy.terms", policy, person.user_id, session)
        _record("policy.update", policy, person.user_id, session)
    return dictize.policies([policy])[0]


@validate(schema.one)
def pole_policy_retire(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Make no new agreement or request on a policy possible; what is agreed goes on.

    Args:
        context: CKAN's.
        data_dict: `id`.

    Returns:
        The policy.
    """
    tk.check_access("pole_policy_retire", context, data_dict)
    person = actor(context)
    with act(context) as session:
        policy = lock(Policy, data_dict["id"])
        if policy.state == "retired":
            raise refusal("state", tk._("This policy is retired already"))
        policy.state = "retired"
        _record("policy.retire", policy, person.user_id, session)
    return dictize.policies([policy])[0]


@tk.side_effect_free
@validate(schema.policy_show)
def pole_policy_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """One policy, with its terms.

    Args:
        context: CKAN's.
        data_dict: `id`, and `terms_version` to read an earlier one.
    """
    policy = load(Policy, data_dict["id"])
    tk.check_access("pole_policy_show", context, data_dict)
    found = dictize.policies([policy], data_dict.get("terms_version"))
    if not found:
        raise tk.ObjectNotFound(tk._("Not found"))
    return found[0]


@tk.side_effect_free
@validate(schema.policy_list)
def pole_policy_list(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """Policies, the oldest first.

    Args:
        context: CKAN's.
        data_dict: `owner_org` (id or name), `state` (`active` by default, empty for all), `limit`, `offset`.
    """
    tk.check_access("pole_policy_list", context, data_dict)
    owner = data_dict["owner_org"] and organisation(data_dict["owner_org"], "owner_org").id
    return dictize.policies(queries.policies(owner, data_dict["state"], data_dict["limit"], data_dict["offset"]))


def digest(text: dict[str, str]) -> str:
    """The sha256 of terms: of their JSON with sorted keys, so that anybody can compute it again."""
    return hashlib.sha256(values.dump(text).encode()).hexdigest()


def current_terms(policy: Policy) -> Terms:
    """The version of the terms that counts."""
    from ckan import model

    found = model.Session.get(Terms, (policy.id, policy.terms_version))
    if found is None:
        raise tk.ObjectNotFound(tk._("Not found"))
    return found


def _terms(policy: Policy, text: dict[str, str], user_id: str) -> Terms:
    return Terms(
        policy_id=policy.id, version=policy.terms_version, terms_translated=text, sha256=digest(text),
        created_by=user_id,
    )  # fmt: skip


def _record(event: str, policy: Policy, user_id: str, session: Any) -> None:
    ledger.record(
        event, session=session, user_id=user_id, org_id=policy.owner_org, policy_id=policy.id,
        details={"terms_version": policy.terms_version},
    )  # fmt: skip
