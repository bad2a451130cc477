"""Notices of agreements that end soon: one a bound and agreement, remembered on the ledger."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from ckan import model

from ckanext.pole.access import ledger, notices, queries
from ckanext.pole.access.ledger_tables import LOG
from ckanext.pole.access.model import Agreement, now
from ckanext.pole.access.standing import Standing

_EVENT = "agreement.notice"
_BATCH = 500
#: Whether nobody else writes notices now; until the transaction ends.
_ALONE = sa.text("SELECT pg_try_advisory_xact_lock(hashtext('pole_agreement_notices'))")


def remind(days: int, above: int = 0) -> list[Agreement]:
    """Queue a letter about each agreement that ends within so many days and has had none yet for that bound.

    It is remembered once it is queued: a crash in between sends a letter twice, never none.

    Args:
        days: from now.
        above: those that end within so few days are a nearer bound's.

    Returns:
        The agreements written about, those that end first coming first; none while somebody else is at it.
    """
    with model.ensure_engine().begin() as connection:
        if not connection.execute(_ALONE).scalar_one():
            return []
        return _remind(days, above)


def _remind(days: int, above: int) -> list[Agreement]:
    told: list[Agreement] = []
    everything, moment, offset = Standing(sysadmin=True), now(), 0
    while True:
        wanted = {"expiring_days": days, "limit": _BATCH, "offset": offset}
        rows = queries.agreements(everything, wanted, moment)
        known = _told({row.id for row in rows}, days)
        for row in rows:
            if row.id in known or row.valid_until <= moment + timedelta(days=above):
                continue
            if not notices.tell("agreement_expiring", row.id):
                return told  # the queue is away: the next time
            ledger.record(
                _EVENT, org_id=row.org_id, policy_id=row.policy_id, agreement_id=row.id, channel="cli",
                details={"days": days},
            )  # fmt: skip
            told.append(row)
        if len(rows) < _BATCH:
            return told
        offset += _BATCH


def _told(ids: set[str], days: int) -> set[str]:
    query = sa.select(LOG.c.agreement_id).where(
        LOG.c.event == _EVENT, LOG.c.agreement_id.in_(ids), LOG.c.details["days"].as_integer() == days
    )
    return set(model.Session.execute(query).scalars())
