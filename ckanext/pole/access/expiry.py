"""Notices of agreements that end soon: one a bound and agreement, remembered on the ledger."""

from __future__ import annotations

import sqlalchemy as sa
from ckan import model

from ckanext.pole.access import ledger, notices, queries
from ckanext.pole.access.ledger_tables import LOG
from ckanext.pole.access.model import Agreement, now
from ckanext.pole.access.standing import Standing

_EVENT = "agreement.notice"
_BATCH = 500


def remind(days: int) -> list[Agreement]:
    """Queue a letter about each agreement that ends within so many days and has had none yet for that bound.

    Args:
        days: from now.

    Returns:
        The agreements written about, those that end first coming first.
    """
    told: list[Agreement] = []
    everything, moment, offset = Standing(sysadmin=True), now(), 0
    while True:
        wanted = {"expiring_days": days, "limit": _BATCH, "offset": offset}
        rows = queries.agreements(everything, wanted, moment)
        known = _told({row.id for row in rows}, days)
        for row in rows:
            if row.id in known:
                continue
            ledger.record(
                _EVENT, org_id=row.org_id, policy_id=row.policy_id, agreement_id=row.id, channel="cli",
                details={"days": days},
            )  # fmt: skip
            notices.tell("agreement_expiring", row.id)
            told.append(row)
        if len(rows) < _BATCH:
            return told
        offset += _BATCH


def _told(ids: set[str], days: int) -> set[str]:
    query = sa.select(LOG.c.agreement_id).where(
        LOG.c.event == _EVENT, LOG.c.agreement_id.in_(ids), LOG.c.details["days"].as_integer() == days
    )
    return set(model.Session.execute(query).scalars())
