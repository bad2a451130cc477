"""Persons whom a custodian, or the portal, lets read nothing closed for a time."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.logic import validate
from ckan.types import Context, DataDict

from ckanext.pole.access import dictize, ledger, schema
from ckanext.pole.access.acting import act, actor, organisation, refusal
from ckanext.pole.access.model import Suspension, new_id, now

__all__ = ["pole_person_resume", "pole_person_suspend", "pole_person_suspended_list"]


@validate(schema.person_suspend)
def pole_person_suspend(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Close a custodian's data to a person, whatever agreement there is.

    Args:
        context: CKAN's.
        data_dict: `user_id` (id or name), `reason`, `owner_org` (id or name; empty for the whole portal).
    """
    user, owner_org = _named(context, "pole_person_suspend", data_dict)
    with act(context) as session:
        row = Suspension(
            id=new_id(), user_id=user, owner_org=owner_org, reason=data_dict["reason"],
            created_by=actor(context).user_id,
        )  # fmt: skip
        session.add(row)
        _record("person.suspend", row, context, session)
    return _shown(row)


@validate(schema.person_resume)
def pole_person_resume(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Let a person's rights count again.

    Args:
        context: CKAN's.
        data_dict: `user_id` (id or name), `owner_org` (id or name; empty for the whole portal).
    """
    user, owner_org = _named(context, "pole_person_resume", data_dict)
    with act(context) as session:
        row = session.execute(
            sa.select(Suspension)
            .where(Suspension.user_id == user, Suspension.owner_org == owner_org, Suspension.lifted.is_(None))
            .with_for_update()
        ).scalar_one_or_none()
        if row is None:
            raise refusal("user_id", tk._("This person is not suspended"))
        row.lifted, row.lifted_by = now(), actor(context).user_id
        _record("person.resume", row, context, session)
    return _shown(row)


@tk.side_effect_free
@validate(lambda: {"owner_org": schema.person_resume()["owner_org"]})
def pole_person_suspended_list(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """The persons that a custodian has suspended.

    Args:
        context: CKAN's.
        data_dict: `owner_org` (id or name; empty for the whole portal).
    """
    tk.check_access("pole_person_suspended_list", context, data_dict)
    owner_org = data_dict["owner_org"] and organisation(data_dict["owner_org"], "owner_org").id
    rows = model.Session.execute(
        sa.select(Suspension)
        .where(Suspension.owner_org == owner_org, Suspension.lifted.is_(None))
        .order_by(Suspension.created)
    ).scalars()
    return [_shown(row) for row in rows]


def _named(context: Context, action: str, data: DataDict) -> tuple[str, str]:
    tk.check_access(action, context, data)
    user = model.User.get(data["user_id"])
    if user is None:
        raise refusal("user_id", tk._("There is no such account"))
    return user.id, data["owner_org"] and organisation(data["owner_org"], "owner_org").id


def _shown(row: Suspension) -> dict[str, Any]:
    return {
        "id": row.id,
        "user_id": row.user_id,
        "owner_org": row.owner_org,
        "reason": row.reason,
        "created": dictize.iso(row.created),
        "created_by": row.created_by,
        "lifted": dictize.iso(row.lifted),
    }


def _record(event: str, row: Suspension, context: Context, session: Any) -> None:
    session.flush()
    ledger.record(
        event, session=session, user_id=actor(context).user_id, org_id=row.owner_org,
        details={"person": row.user_id},
    )  # fmt: skip
