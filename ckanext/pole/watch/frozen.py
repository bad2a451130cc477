"""A database that takes connections and says nothing: who waits for it to serve a visitor is let go after a while.

libpq waits for an answer for ever, and the kernel of a frozen server goes on to acknowledge what it is sent, so that
neither keepalives nor tcp_user_timeout notice. Here a thread asks the server over a new connection when a request has
lasted some seconds; if that gets no answer either, the sockets of this process's connections are shut: a statement
fails as it does when a database goes away, and the gate answers 503. A long statement on a server that lives goes on.

Only in processes that answer visitors: a worker has nobody who waits, and goes on where it was when the server thaws.
How long a new connection may take says PGCONNECT_TIMEOUT, which the image and `./dev` set.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from typing import Any

import psycopg2
from sqlalchemy import event
from sqlalchemy.pool import Pool

log = logging.getLogger(__name__)

PATIENCE = 4.0
"""Seconds that a request lasts before anyone asks why."""
ANSWER = 4
"""Seconds that a server has to answer that; more than a machine under load needs."""
LOOK = 1.0
"""Seconds between two looks."""

Place = tuple[str, str]


def answers(wanted: Mapping[str, str]) -> bool:
    """Whether a PostgreSQL server makes a connection, or says why not.

    Args:
        wanted: what libpq is to connect with.
    """
    try:
        with closing(psycopg2.connect(**{**wanted, "connect_timeout": ANSWER})):
            return True
    except psycopg2.Error as error:
        # One that refuses (too many connections), or is not there, says so: it is not frozen.
        return "timeout expired" not in str(error)


class Watch:
    """The connections of this process, the requests that may wait for them, and the thread that looks at both.

    Args:
        patience: seconds that a request lasts before its servers are asked whether they live.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self.patience = patience
        self._open: dict[int, Any] = {}
        self._waiting: dict[int, float] = {}
        self._silent: dict[Place, Mapping[str, str]] = {}
        self._lived = 0.0
        self._thawed = float("-inf")
        # Who closes a connection waits here while it is cut: its number is never another one's by then.
        self._lock = threading.Lock()
        self._process = 0

    def is_silent(self, since: float = float("inf")) -> bool:
        """Whether a server was asked a moment ago and did not answer: nobody else need wait to find out.

        Args:
            since: or at some moment after this one of `time.monotonic`; who was let go looks when it may be over.
        """
        return bool(self._silent) or self._thawed >= since

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Something is made for a visitor inside; the first time in a process, the looking starts."""
        if self._process != os.getpid():  # neither threads nor connections follow a fork
            self._process = os.getpid()
            with self._lock:
                self._open.clear()
            threading.Thread(target=self._go_on_looking, daemon=True, name="pole-frozen").start()
        me = threading.get_ident()
        self._waiting[me] = time.monotonic()
        try:
            yield
        finally:
            self._waiting.pop(me, None)

    # What pools tell

    def opened(self, connection: Any, record: Any, _proxy: Any = None) -> None:
        """A connection was made, leaves its pool, or comes back to it."""
        if isinstance(connection, psycopg2.extensions.connection):
            with self._lock:
                self._open[id(record)] = connection

    def closed(self, _connection: Any, record: Any, _error: Any = None) -> None:
        """A connection is about to be closed."""
        with self._lock:
            self._open.pop(id(record), None)

    # Looking

    def look(self) -> None:
        """Ask the servers if somebody has waited for long, or if they did not answer; cut those that are silent."""
        asked = time.monotonic()
        late = any(asked - max(since, self._lived) > self.patience for since in list(self._waiting.values()))
        if not late and not self._silent:
            return
        for place, wanted in {**self._places(), **self._silent}.items():
            if answers(wanted):
                if self._silent.pop(place, None) is not None:
                    self._thawed = time.monotonic()
                continue
            if place not in self._silent:
                log.error("PostgreSQL does not answer: requests that wait for it are let go")
            self._silent[place] = wanted
            with self._lock:
                for connection in self._open.values():
                    if _place(connection) == place:
                        _cut(connection)
        self._lived = time.monotonic()

    def _places(self) -> dict[Place, Mapping[str, str]]:
        found = {}
        with self._lock:
            for connection in self._open.values():
                if (place := _place(connection)) and place not in found:
                    found[place] = {**connection.get_dsn_parameters(), "password": connection.info.password}
        return found

    def _go_on_looking(self) -> None:
        while True:
            time.sleep(LOOK)
            try:
                self.look()
            except Exception:
                log.exception("The database's connections cannot be looked at")


def _place(connection: Any) -> Place | None:
    with suppress(psycopg2.Error):  # it was closed behind its pool's back
        return (connection.info.host, str(connection.info.port)) if not connection.closed else None
    return None


def _cut(connection: Any) -> None:
    """Shut a connection's socket: whoever waits on it gets an error at once."""
    with suppress(OSError, psycopg2.Error), closing(socket.socket(fileno=os.dup(connection.fileno()))) as end:
        end.shutdown(socket.SHUT_RDWR)


watch = Watch()


def install() -> None:
    """Hear of every connection of this process; once."""
    if event.contains(Pool, "connect", watch.opened):
        return
    for beginning in ("connect", "checkout", "checkin"):
        event.listen(Pool, beginning, watch.opened)
    for ending in ("close", "detach", "invalidate"):
        event.listen(Pool, ending, watch.closed)
