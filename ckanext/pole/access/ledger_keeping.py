"""Checking the ledger, pruning it, and reading what is on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from typing import Any

import sqlalchemy as sa
from ckan import model

from ckanext.pole.access import ledger
from ckanext.pole.access.chain import FACTS, Link, Verifier, stamp
from ckanext.pole.access.ledger_tables import ANCHOR, LOG, head_of, last_anchor, row_of

_BATCH = 2_000


def verify(noted: Link | None = None) -> dict[str, Any]:
    """Walk along the whole chain, at constant memory.

    Args:
        noted: a place written down earlier, elsewhere: it must still be in the chain. Whoever can rewrite the
            database can rewrite the whole chain, but not what is written outside of it.

    Returns:
        `ok`, `rows`, `findings` (each `seq` and `code`), `start` and `head` (each `seq` and `hash`).
    """
    with model.ensure_engine().connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        verifier = Verifier(last_anchor(connection))
        rows = connection.execution_options(yield_per=_BATCH).execute(sa.select(LOG).order_by(LOG.c.seq))
        for batch in rows.partitions():
            verifier.feed(row_of(record) for record in batch)
        head = head_of(connection)
        found = [asdict(finding) for finding in verifier.finish(head)]
        if noted is not None and not _still_there(connection, noted, verifier.start):
            found.append({"seq": noted.seq, "code": "noted"})
        connection.rollback()
    return {
        "ok": not found, "rows": verifier.rows, "findings": found, "start": asdict(verifier.start), "head": asdict(head)
    }  # fmt: skip


def _still_there(connection: sa.Connection, noted: Link, start: Link) -> bool:
    if noted.seq == start.seq:
        return noted == start
    found = connection.execute(sa.select(LOG.c.hash).where(LOG.c.seq == noted.seq)).scalar_one_or_none()
    return found == noted.hash or noted.seq < start.seq


def prune(before: datetime, *, user_id: str, reason: str) -> dict[str, Any]:
    """Remove rows older than a moment, and leave an anchor that the chain goes on from.

    The anchor says who removed how many rows, when and why; the ledger's next row says it too, so that the anchor
    cannot be changed alone. One transaction.

    Args:
        before: rows older than this go.
        user_id: the account that answers for it.
        reason: why, in a word.

    Returns:
        `rows` removed, and the anchor's `seq` and `hash`.

    Raises:
        ValueError: no account or no reason: nobody prunes unsigned.
    """
    if not user_id or not reason.strip():
        raise ValueError("pruning is signed: an account and a reason")
    with model.ensure_engine().begin() as connection:
        head = head_of(connection, lock=True)
        cut = connection.execute(
            # The first row to keep, so that a clock that went back does not tear a hole.
            sa.select(sa.func.coalesce(sa.func.min(LOG.c.seq), head.seq + 1)).where(LOG.c.at >= before)
        ).scalar_one()
        last = connection.execute(
            sa.select(LOG.c.seq, LOG.c.hash).where(LOG.c.seq < cut).order_by(LOG.c.seq.desc()).limit(1)
        ).one_or_none()
        if last is None:
            return {"rows": 0, **asdict(last_anchor(connection))}
        count = connection.execute(
            sa.select(sa.func.count()).select_from(LOG).where(LOG.c.seq <= last.seq)
        ).scalar_one()
        connection.execute(
            ANCHOR.insert().values(
                seq=last.seq, hash=last.hash, rows=count, at=datetime.now(timezone.utc), user_id=user_id,
                reason=reason.strip()[:500], transaction=sa.text("pg_current_xact_id()::text"),
            )
        )  # fmt: skip
        connection.execute(LOG.delete().where(LOG.c.seq <= last.seq))
        ledger.write(
            connection,
            "ledger.prune",
            {"user_id": user_id, "channel": "cli", "outcome": "done",
             "details": {"seq": last.seq, "hash": last.hash, "rows": count}},
        )  # fmt: skip
    return {"rows": count, "seq": last.seq, "hash": last.hash}


def entries(*conditions: Any, after: int = 0, limit: int = 100, offset: int = 0) -> Sequence[dict[str, Any]]:
    """Rows of the ledger, the latest first.

    Args:
        conditions: on the columns of `ledger_tables.LOG`.
        after: go on after the row of this number, towards the past; 0 from the latest.
        limit: how many.
        offset: how many to leave out first.
    """
    query = sa.select(LOG).where(*conditions).order_by(LOG.c.seq.desc()).limit(limit).offset(offset)
    if after:
        query = query.where(LOG.c.seq < after)
    found = model.Session.execute(query).all()
    return [
        {"seq": row.seq, "at": stamp(row.at), **{name: getattr(row, name) for name in FACTS}, "hash": row.hash}
        for row in found
    ]
