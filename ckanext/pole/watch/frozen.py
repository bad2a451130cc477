"""A PostgreSQL that is frozen takes no web process with it.

A server that is stopped in its tracks (a paused container, a disk that does not answer) neither answers nor closes: a
query would wait for ever, and soon every thread with it. Here somebody looks after the connections that are long in
use: when PostgreSQL does not answer a question of its own either, they are cut, the queries fail, the gate says 503.
A long query on a server that is well is left alone.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import Pool

log = logging.getLogger(__name__)

LONG = 4.0
"""Seconds in use after which the server is asked whether it is well."""
EVERY = 1.0
"""Seconds between two looks."""

#: Of each connection that is in use: its descriptor, and since when.
_in_use: dict[Any, tuple[int, float]] = {}
_watching: dict[int, threading.Thread] = {}


def _taken(connection: Any, record: Any, proxy: Any) -> None:
    _in_use[record] = (connection.fileno(), time.monotonic())


def _given_back(connection: Any, record: Any) -> None:
    _in_use.pop(record, None)


def watch(answers: Callable[[], bool]) -> None:
    """See that this process is looked after; a second call does nothing. Threads do not survive a fork: ask in each.

    Args:
        answers: whether PostgreSQL answers, within seconds.
    """
    if os.getpid() in _watching:
        return
    if not sa.event.contains(Pool, "checkout", _taken):
        sa.event.listen(Pool, "checkout", _taken)
        sa.event.listen(Pool, "checkin", _given_back)
    _in_use.clear()  # the parent's, before a fork
    _watching[os.getpid()] = threading.Thread(target=_look, args=(answers,), name="pole-frozen", daemon=True)
    _watching[os.getpid()].start()


def _look(answers: Callable[[], bool]) -> None:
    while True:
        time.sleep(EVERY)
        late = time.monotonic() - LONG
        if any(since < late for _, since in list(_in_use.values())) and not answers():
            log.error("PostgreSQL does not answer: %d connections are cut", len(_in_use))
            for record in list(_in_use):
                _cut(record)


def _cut(record: Any) -> None:
    descriptor, _ = _in_use.pop(record, (-1, 0.0))
    try:
        with socket.socket(fileno=os.dup(descriptor)) as link:
            link.shutdown(socket.SHUT_RDWR)
    except OSError:  # given back in the meantime
        return
