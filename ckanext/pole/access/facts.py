"""All facts of one person and of many pieces of data, in two statements whatever their number.

What is read is kept on Flask's `g` for the request, never longer, and dropped by any commit within it. Decisions are
not kept: they are made from the facts at the moment of asking.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import compress
from typing import Any

import sqlalchemy as sa
from ckan import authz, model
from ckan.common import current_user
from ckan.types import Context
from flask import g, has_request_context
from sqlalchemy import event

from ckanext.pole.access.decision import Decision, Grant, decide
from ckanext.pole.access.model import now
from ckanext.pole.access.standing import OnPolicy, Standing, Suspension

#: Extras of a dataset that the decision looks at.
_FIELDS = ("access_tier", "access_policy", "available_from")
#: Kinds of organisations that `Standing` has besides `member_of`, which are all: the bit of each in an organisation's
#: mark, a character from @ on.
_KINDS = {"belongs_to": 1, "editor_of": 2, "admin_of": 4}
#: How deep organisations may be nested; CKAN stops there too.
_DEPTH = 100

#: The function of migration pole_access_007: PostgreSQL plans it once a connection, where planning the statement took
#: longer than running it. One row of all organisations, their ids, a line each, and as many marks; of the rest one row
#: a fact: what it is, its id (of a suspension, the reason), its policy, the organisation, a mark and two moments.
_STANDING = sa.text("SELECT * FROM pole_stands(:person, :cascading, :depth)")


def forget(*_: Any) -> None:
    """Drop what this request has read: somebody wrote."""
    if has_request_context():
        g.pop("pole_access_facts", None)


def standing(user: Any) -> Standing:
    """Where a person stands: one statement, once a request.

    Args:
        user: account (`model.User`), its id or name; None or "" for nobody in particular.
    """
    account = _account(user)
    if account is None:
        return Standing()
    kept = memory("standings")
    if account.id not in kept:
        kept[account.id] = _read(account)
    return kept[account.id]


def asker(context: Context) -> Any:
    """Whoever an action or auth function works for: the account that `user` names."""
    account, name = context.get("auth_user_obj"), context.get("user") or ""
    return account if account is not None and getattr(account, "name", "") == name else name


def visitor() -> Any:
    """The account whose request this is; None outside of a request: no hook of a search is told who searches."""
    return current_user if has_request_context() and current_user.is_authenticated else None


def decision_on(resource: Any, user: Any) -> Decision:
    """May this person read this resource's data?

    Args:
        resource: `model.Resource` or its id; an unknown one is refused.
        user: account, its id or name; None or "" for nobody in particular.
    """
    resource_id = resource if isinstance(resource, str) else resource.id
    return decisions_on([resource_id], user).get(resource_id, Decision(False, "not_found"))


def decisions_on(resource_ids: Iterable[str], user: Any) -> dict[str, Decision]:
    """The same for many resources at once; ids that are unknown are left out."""
    wanted = list(dict.fromkeys(resource_ids))
    person = standing(user)
    kept = memory("resources")
    missing = [resource_id for resource_id in wanted if resource_id not in kept]
    if missing:
        kept.update(_resources(missing))
    moment = now()
    return {key: decide(person.facts(*kept[key]), moment) for key in wanted if kept.get(key)}


def decision_on_dataset(package: Any, user: Any) -> Decision:
    """The same for a dataset's own tier, which its resources have unless they say otherwise.

    Args:
        package: `model.Package`, its id or name.
        user: account, its id or name.
    """
    found = model.Package.get(package) if isinstance(package, str) else package
    if found is None:
        return Decision(False, "not_found")
    return decide(standing(user).facts(found.owner_org or "", _of_dataset(found.extras), {}), now())


def _account(user: Any) -> model.User | None:
    """The account, if it is one that is in use."""
    if isinstance(user, str) and user:
        here = visitor()
        user = here if here is not None and user in (here.name, here.id) else model.User.get(user)
    if not user or getattr(user, "is_anonymous", False) or not user.is_active:
        return None
    return user


def memory(kind: str) -> dict[str, Any]:
    """This request's memory; outside of a request there is none."""
    if not has_request_context():
        return {}
    if "pole_access_facts" not in g:
        g.pole_access_facts = {}
    return g.pole_access_facts.setdefault(kind, {})


def _read(account: model.User) -> Standing:
    cascading = list(authz.check_config_permission("roles_that_cascade_to_sub_groups") or [])  # type: ignore[arg-type]
    rows = model.Session.execute(_STANDING, {"person": account.id, "cascading": cascading, "depth": _DEPTH}).all()
    orgs: dict[str, frozenset[str]] = {}
    policies: dict[str, dict[str, Any]] = {}
    suspensions: list[Suspension] = []
    for fact, ids, id_, policy_id, org, mark, since, until in rows:
        if fact == "organisations":
            orgs = _kinds(ids, id_) if ids else {}
            continue
        if fact == "suspended":
            suspensions.append(Suspension(org, policy_id, id_))
            continue
        policy = policies.setdefault(policy_id, {"grants": []})
        if fact == "policy":
            policy["owner_org"] = org
        elif fact == "terms":
            policy["accepted"] = mark
        elif fact == "agreement":
            policy["grants"].append(Grant("agreement", id_, since, until, org, mark))
        elif mark:
            policy["grants"].append(Grant("request", id_, since, until))
        else:
            policy["pending"] = id_
    return Standing(
        user_id=account.id,
        sysadmin=bool(account.sysadmin),
        policies={key: OnPolicy(**{**found, "grants": tuple(found["grants"])}) for key, found in policies.items()},
        suspensions=tuple(suspensions),
        **orgs,
    )


@lru_cache(maxsize=64)
def _kinds(ids: str, marks: str) -> dict[str, frozenset[str]]:
    """Organisations by kind, from their ids, a line each, and as many marks.

    The same text gives the same sets, so that those of the last people are kept: of what the database says now.
    """
    each, codes = ids.split("\n"), marks.encode("ascii")
    if len(each) != len(codes):
        raise ValueError(f"{len(each)} organisations and {len(codes)} marks")
    kinds = {kind: frozenset(compress(each, map(bit.__and__, codes))) for kind, bit in _KINDS.items()}
    return {"member_of": frozenset(each), **kinds}


def _resources(ids: list[str]) -> dict[str, tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """Custodian, dataset's and resource's fields of many resources; one statement."""
    resource, package = model.Resource.__table__.c, model.Package.__table__.c  # type: ignore[attr-defined]
    rows = model.Session.execute(
        sa.select(resource.id, resource.extras, package.owner_org, package.extras)
        .join_from(model.Resource.__table__, model.Package.__table__, resource.package_id == package.id)  # type: ignore[attr-defined]
        .where(resource.id.in_(ids))
    )
    return {
        key: (owner_org or "", _of_dataset(of_dataset), {"access_tier": (of_resource or {}).get("access_tier")})
        for key, of_resource, owner_org, of_dataset in rows
    }


def _of_dataset(extras: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: (extras or {}).get(name) for name in _FIELDS}


for _event in ("after_flush", "after_commit", "after_rollback"):
    event.listen(model.Session, _event, forget)
