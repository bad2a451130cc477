"""Persons whom a custodian, or the portal, lets read nothing closed for a time: of one policy, or of all."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.logic import validate
from ckan.types import Context, DataDict

from ckanext.pole.access import dictize, ledger, schema
from ckanext.pole.access.acting import act, actor, organisation, refusal
from ckanext.pole.access.model import Policy, Suspension, new_id, now

__all__ = ["pole_person_resume", "pole_person_suspend", "pole_person_suspended_list"]


@validate(schema.person_suspend)
def pole_person_suspend(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Close a custodian's data to a person, whatever agreement there is; the person is told the reason.

    Args:
        context: CKAN's.
        data_dict: `user_id` (id or name), `reason`, and `policy_id` for the data of one policy, or `owner_org` (id or
            name) for all of a custodian's; without either, for the whole portal.
    """
    named = _named(context, "pole_person_suspend", data_dict)
    with act(context) as session:
        row = Suspension(id=new_id(), reason=data_dict["reason"], created_by=actor(context).user_id, **named)
        session.add(row)
        _record("person.suspend", row, context, session)
    return dictize.suspensions([row])[0]


@validate(schema.person_resume)
def pole_person_resume(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Let a person's rights count again.

    Args:
        context: CKAN's.
        data_dict: `user_id`, `policy_id`, `owner_org`, as `pole_person_suspend`.
    """
    named = _named(context, "pole_person_resume", data_dict)
    with act(context) as session:
        row = session.execute(
            sa.select(Suspension).filter_by(**named).where(Suspension.lifted.is_(None)).with_for_update()
        ).scalar_one_or_none()
        if row is None:
            raise refusal("user_id", tk._("This person is not suspended"))
        row.lifted, row.lifted_by = now(), actor(context).user_id
        _record("person.resume", row, context, session)
    return dictize.suspensions([row])[0]


@tk.side_effect_free
@validate(schema.person_suspended_list)
def pole_person_suspended_list(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """The suspensions that a custodian has decided on, or those of the person who asks.

    Args:
        context: CKAN's.
        data_dict: `owner_org` (id or name; empty for the whole portal), or `user_id`: `me`.
    """
    tk.check_access("pole_person_suspended_list", context, data_dict)
    found = sa.select(Suspension).where(Suspension.lifted.is_(None)).order_by(Suspension.created, Suspension.id)
    if data_dict["user_id"]:
        found = found.where(Suspension.user_id == actor(context).user_id)
    else:
        owner_org = data_dict["owner_org"] and organisation(data_dict["owner_org"], "owner_org").id
        found = found.where(Suspension.owner_org == owner_org)
    return dictize.suspensions(model.Session.execute(found).scalars().all())


def _named(context: Context, action: str, data: DataDict) -> dict[str, str]:
    """Whom, and which data: the columns that name a suspension."""
    policy = model.Session.get(Policy, data["policy_id"]) if data["policy_id"] else None
    if data["policy_id"] and policy is None:
        raise refusal("policy_id", tk._("There is no such policy"))
    if policy is not None and not data["owner_org"]:
        data["owner_org"] = policy.owner_org
    tk.check_access(action, context, data)
    user = model.User.get(data["user_id"])
    if user is None:
        raise refusal("user_id", tk._("There is no such account"))
    owner_org = data["owner_org"] and organisation(data["owner_org"], "owner_org").id
    if policy is not None and policy.owner_org != owner_org:
        raise refusal("policy_id", tk._("This policy is another organisation's"))
    return {"user_id": user.id, "owner_org": owner_org, "policy_id": data["policy_id"]}


def _record(event: str, row: Suspension, context: Context, session: Any) -> None:
    session.flush()
    ledger.record(
        event, session=session, user_id=actor(context).user_id, org_id=row.owner_org, policy_id=row.policy_id,
        details={"person": row.user_id},
    )  # fmt: skip
