"""Writing to the ledger: in the caller's transaction, or in one of its own.

Writers queue at one row, the head, so that numbers have no gap and hashes one order. A caller's rows are written at the
very end of its transaction: the head is held for an instant, and a denial noted meanwhile by the same thread (in a
transaction of its own) never waits for itself.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

import sqlalchemy as sa
from ckan import model
from sqlalchemy import event as events
from sqlalchemy.orm import Session, SessionTransaction, scoped_session

from ckanext.pole.access.chain import LedgerError, Link, append, clean, stamp
from ckanext.pole.access.ledger_tables import HEAD, LOG, head_of

__all__ = ["LedgerError", "record", "write"]

_WAITING = "pole_ledger"
#: Longest wait, in seconds, for other writers. Then the read or the act fails: nothing happens unrecorded.
_PATIENCE = 10


def record(
    event: str,
    *,
    session: Any = None,
    user_id: str = "",
    org_id: str = "",
    dataset_id: str = "",
    resource_id: str = "",
    policy_id: str = "",
    agreement_id: str = "",
    request_id: str = "",
    channel: str = "",
    outcome: str = "done",
    code: str = "",
    details: Mapping[str, str | int | bool] | None = None,
) -> None:
    """Record that something happened.

    Args:
        event: `noun.verb`, as `agreement.sign` or `data.download`.
        session: the row belongs to its transaction and is written when that commits; without one, at once in a
            transaction of its own, which the caller's rollback does not undo.
        user_id: the account's id, never its name or address; empty for someone without an account.
        org_id: the partner on whose behalf.
        dataset_id: which dataset.
        resource_id: which of its resources.
        policy_id: under which policy.
        agreement_id: by which agreement.
        request_id: by which person's request.
        channel: one of `chain.CHANNELS`.
        outcome: one of `chain.OUTCOMES`.
        code: the decision's code.
        details: a few more identifiers or numbers; no personal data.

    Raises:
        LedgerError: an argument that is no identifier or unknown.
        sqlalchemy.exc.SQLAlchemyError: it could not be written; then what was to be recorded must not happen either.
    """
    facts = clean(
        event,
        {
            "user_id": user_id, "org_id": org_id, "dataset_id": dataset_id, "resource_id": resource_id,
            "policy_id": policy_id, "agreement_id": agreement_id, "request_id": request_id,
            "channel": channel, "outcome": outcome, "code": code, "details": details or {},
        },
    )  # fmt: skip
    if session is None:
        with _own_engine().begin() as connection:
            _write(connection, [facts])
        return
    actual: Session = session() if isinstance(session, scoped_session) else session
    within = actual.get_nested_transaction() or actual.get_transaction() or actual.begin()
    _listen(actual)
    actual.info.setdefault(_WAITING, []).append((within, facts))


def _own_engine() -> sa.Engine:
    """Connections for rows that are written at once, beside the site's own pool.

    Whoever reads closed data holds one of that pool already: readers enough to empty it would all wait for a second
    one, for each other. Two are plenty, since writers queue at the head. A process that was forked makes its own.
    """
    process = os.getpid()
    if process not in _ENGINES:
        made = sa.create_engine(
            model.ensure_engine().url, pool_size=2, max_overflow=0, pool_timeout=3 * _PATIENCE, pool_pre_ping=True
        )
        # Threads that come here together make one each, connected to nothing yet: all go on with the first.
        _ENGINES.setdefault(process, made)
    return _ENGINES[process]


_ENGINES: dict[int, sa.Engine] = {}


def write(connection: sa.Connection, event: str, facts: Mapping[str, Any]) -> None:
    """Write one row in a connection's transaction, at once; arguments and errors as `record`."""
    _write(connection, [clean(event, facts)])


def _write(connection: sa.Connection, entries: list[dict[str, Any]]) -> None:
    connection.execute(sa.text(f"SET LOCAL lock_timeout = '{_PATIENCE}s'"))
    head = head_of(connection, lock=True)
    connection.execute(sa.text("SET LOCAL lock_timeout = DEFAULT"))
    for facts in entries:
        # Taken under the lock, so that times and numbers have the same order.
        now = datetime.now(timezone.utc)
        row = append(head, stamp(now), facts)
        connection.execute(
            LOG.insert().values(seq=row.seq, at=now, prev_hash=row.prev_hash, hash=row.hash, **row.facts)
        )
        head = Link(row.seq, row.hash)
    connection.execute(HEAD.update().values(seq=head.seq, hash=head.hash))


def _listen(session: Session) -> None:
    if events.contains(session, "before_commit", _before_commit):
        return
    events.listen(session, "before_commit", _before_commit)
    events.listen(session, "after_soft_rollback", _after_rollback)


def _before_commit(session: Session) -> None:
    """Write what waits, unless it is only a savepoint that is being released."""
    if session.in_nested_transaction():
        return
    waiting = session.info.pop(_WAITING, [])
    if waiting:
        session.flush()
        _write(session.connection(), [facts for _, facts in waiting])


def _after_rollback(session: Session, ended: SessionTransaction) -> None:
    """Forget what belonged to the transaction or savepoint that was rolled back."""
    waiting = session.info.get(_WAITING)
    if waiting:
        session.info[_WAITING] = [item for item in waiting if not _within(item[0], ended)]


def _within(transaction: SessionTransaction | None, ended: SessionTransaction) -> bool:
    while transaction is not None:
        if transaction is ended:
            return True
        transaction = transaction.parent
    return False
