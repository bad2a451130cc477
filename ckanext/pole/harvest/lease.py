"""Who is at work: one process at a time on one source, and a dead one holds nothing.

A holder beats while it works. It loses its lease when it stops beating, or at once if it was a process of this
machine that is gone: a `kill -9` costs seconds, not hours.
"""

from __future__ import annotations

import logging
import os
import socket
import time
import uuid
from datetime import timedelta
from threading import Event, Thread
from typing import Any

import sqlalchemy as sa
from ckan import model
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from ckanext.pole.harvest.model import lease as table
from ckanext.pole.harvest.model import now

log = logging.getLogger(__name__)

#: Seconds between two beats, and without a beat after which a lease is free.
BEAT = 15.0
STALE = 90.0
_SELF = uuid.uuid4().hex[:12]
#: Holders of this process that are at work: a lease that could not be given back, the database being away, is none.
_AT_WORK: set[str] = set()


class Busy(RuntimeError):
    """Somebody else is at work, and did not end in the time that we could wait."""


class Lost(Busy):
    """We were taken for dead, being frozen for longer than a lease lasts, and somebody else is at work."""


class Lease:
    """`with Lease("source:…"):` holds it, waiting for it if need be.

    Args:
        name: what is worked on.
        patience: seconds to wait for another holder.

    Raises:
        Busy: it was not free in that time.
    """

    def __init__(self, name: str, patience: float = 0.0) -> None:
        self.name = name
        self.patience = patience
        # Two threads of a process are two workers.
        self.holder = f"{socket.gethostname()}|{os.getpid()}|{_SELF}|{uuid.uuid4().hex[:6]}"
        self._over = Event()
        self._thread: Thread | None = None

    def __enter__(self) -> Lease:
        """Take it."""
        until = time.monotonic() + self.patience
        _AT_WORK.add(self.holder)
        while not self._take():
            if time.monotonic() >= until:
                _AT_WORK.discard(self.holder)
                raise Busy(self.name)
            time.sleep(min(1.0, max(0.05, until - time.monotonic())))
        self._thread = Thread(target=self._beat, daemon=True, name=f"lease {self.name}")
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Give it back; a database that is away will see it go stale."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        _AT_WORK.discard(self.holder)
        try:
            with _engine().begin() as connection:
                connection.execute(sa.delete(table).where(table.c.name == self.name, table.c.holder == self.holder))
        except SQLAlchemyError:
            log.warning("Lease %s could not be given back", self.name)

    def confirm(self) -> None:
        """Make sure that it is still ours, in the transaction of the work: before that ends nobody takes it.

        Whoever raises inside the lease rolls that transaction back first: giving the lease back would wait for it.

        Raises:
            Lost: it is not.
        """
        mine = sa.select(table.c.name).where(table.c.name == self.name, table.c.holder == self.holder)
        if model.Session.execute(mine.with_for_update(read=True)).first() is None:
            raise Lost(self.name)

    def _take(self) -> bool:
        moment = now()
        with _engine().begin() as connection:
            row = connection.execute(sa.select(table).where(table.c.name == self.name)).first()
            dead = row.holder if row is not None and not is_live(row) else ""
            taken = connection.execute(
                insert(table)
                .values(name=self.name, holder=self.holder, taken=moment, beat=moment)
                .on_conflict_do_update(
                    index_elements=[table.c.name],
                    set_={"holder": self.holder, "taken": moment, "beat": moment},
                    where=table.c.holder == dead,
                )
                .returning(table.c.holder)
            ).scalar()
        return taken == self.holder

    def _beat(self) -> None:
        while not self._over.wait(BEAT):
            try:
                with _engine().begin() as connection:
                    connection.execute(sa.update(table).where(table.c.holder == self.holder).values(beat=now()))
            except SQLAlchemyError:
                log.warning("Lease %s: the database does not answer", self.name)


def held(name: str) -> bool:
    """Is somebody alive at work on it?"""
    with _engine().connect() as connection:
        row = connection.execute(sa.select(table).where(table.c.name == name)).first()
    return row is not None and is_live(row)


def is_live(row: Any) -> bool:
    """Whether the holder of a lease still beats, and, if it is a process of this machine, still lives."""
    if row.beat < now() - timedelta(seconds=STALE):
        return False
    host, pid, who, *_ = row.holder.split("|")
    if who == _SELF:
        return row.holder in _AT_WORK
    if host != socket.gethostname():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _engine() -> sa.Engine:
    """A connection of our own: the beat must not depend on the work's transaction."""
    return model.meta.engine  # type: ignore[return-value]
