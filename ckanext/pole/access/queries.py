"""Lists of policies, agreements and requests: one statement each, cut to what the asker may see."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from ckan import model

from ckanext.pole.access.model import AccessRequest, Agreement, Policy
from ckanext.pole.access.standing import Standing
from ckanext.pole.access.states import IN_PREPARATION, SIGNED


def policies(owner_org: str, state: str, limit: int, offset: int) -> Sequence[Policy]:
    """Policies, the oldest first; an empty filter does not filter."""
    wanted = sa.select(Policy)
    if owner_org:
        wanted = wanted.where(Policy.owner_org == owner_org)
    if state:
        wanted = wanted.where(Policy.state == state)
    return _rows(wanted.order_by(Policy.created, Policy.id).limit(limit).offset(offset))


def status(now: datetime) -> sa.Case[str]:
    """`states.status` as SQL."""
    over = Agreement.valid_until <= now
    return sa.case(
        (sa.and_(Agreement.state.in_(IN_PREPARATION), over), "expired"),
        (sa.not_(Agreement.state.in_(SIGNED)), Agreement.state),
        (sa.and_(over, Agreement.superseded_by.is_not(None)), "superseded"),
        (over, "expired"),
        (sa.and_(Agreement.state == "active", Agreement.valid_from > now), "upcoming"),
        else_=Agreement.state,
    )


def agreements(person: Standing, wanted: dict[str, Any], now: datetime) -> Sequence[Agreement]:
    """Agreements that a person may see, those that end first coming first.

    Args:
        person: who asks.
        wanted: `policy_id`, `org_id`, `owner_org`, `status`, `expiring_days`, `limit`, `offset`, as validated.
        now: the present moment.
    """
    query = sa.select(Agreement).join(Policy, Policy.id == Agreement.policy_id)
    if not person.sysadmin:
        mine = list(person.member_of)
        query = query.where(
            sa.or_(
                Agreement.signed_at.is_not(None),
                Policy.owner_org.in_(mine),
                sa.and_(Agreement.org_id.in_(mine), Agreement.state != "draft"),
            )
        )
    filters = {"policy_id": Agreement.policy_id, "org_id": Agreement.org_id, "owner_org": Policy.owner_org}
    for name, column in filters.items():
        if wanted.get(name):
            query = query.where(column == wanted[name])
    if wanted.get("status"):
        query = query.where(status(now) == wanted["status"])
    if wanted.get("expiring_days") is not None:
        soon = now + timedelta(days=wanted["expiring_days"])
        query = query.where(
            Agreement.state == "active", Agreement.superseded_by.is_(None), Agreement.valid_until > now,
            Agreement.valid_until <= soon,
        )  # fmt: skip
    query = query.order_by(Agreement.valid_until, Agreement.id).limit(wanted["limit"]).offset(wanted["offset"])
    return _rows(query)


def signed_of_pair(policy_id: str, org_id: str) -> Sequence[Agreement]:
    """Signed agreements of a policy and a partner that no renewal has followed."""
    return _rows(
        sa.select(Agreement).where(
            Agreement.policy_id == policy_id, Agreement.org_id == org_id, Agreement.state.in_(SIGNED),
            Agreement.superseded_by.is_(None),
        )
    )  # fmt: skip


def of_pair(policy_id: str, org_id: str) -> Sequence[Agreement]:
    """All agreements of a policy and a partner."""
    return _rows(sa.select(Agreement).where(Agreement.policy_id == policy_id, Agreement.org_id == org_id))


def requests(person: Standing, wanted: dict[str, Any]) -> Sequence[AccessRequest]:
    """Requests that a person may see: their own, and those to the custodians they speak for; the newest first."""
    query = sa.select(AccessRequest).join(Policy, Policy.id == AccessRequest.policy_id)
    if not person.sysadmin:
        speaks = list(person.admin_of)
        query = query.where(
            sa.or_(
                AccessRequest.user_id == person.user_id,
                Policy.owner_org.in_(speaks),
                sa.and_(AccessRequest.for_organization, AccessRequest.org_id.in_(speaks)),
            )
        )
    filters = {
        "policy_id": AccessRequest.policy_id,
        "owner_org": Policy.owner_org,
        "user_id": AccessRequest.user_id,
        "org_id": AccessRequest.org_id,
        "state": AccessRequest.state,
    }
    for name, column in filters.items():
        if wanted.get(name):
            query = query.where(column == wanted[name])
    query = query.order_by(AccessRequest.created.desc(), AccessRequest.id)
    return _rows(query.limit(wanted["limit"]).offset(wanted["offset"]))


def requests_since(user_id: str, since: datetime) -> int:
    """How many requests a person made since a moment."""
    return model.Session.execute(
        sa.select(sa.func.count()).where(AccessRequest.user_id == user_id, AccessRequest.created > since)
    ).scalar_one()


def _rows(query: Any) -> Sequence[Any]:
    return model.Session.execute(query).scalars().all()
