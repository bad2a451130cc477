"""Connections that may have died while they lay in their pool are tried before they are used; the others are not.

CKAN sets SQLAlchemy's `pool_pre_ping`, which asks the server something each time that a connection leaves the pool:
twice a page, ten times a dataset that is saved. Between two requests of a busy site nothing happens to a connection.
So it is tried here, when it has lain for a moment, as SQLAlchemy describes under "custom pessimistic ping".
"""

from __future__ import annotations

import time
from contextlib import closing
from typing import Any

import psycopg2
from sqlalchemy import event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import Pool

PRE_PING = "sqlalchemy.pool_pre_ping"
"""CKAN's setting, which this takes the place of."""
TRUSTED = 1.0
"""Seconds for which a connection that answered is taken to be alive."""
_ANSWERED = "pole_answered"


def answered(_connection: Any, record: Any) -> None:
    """A connection was made, or comes back to its pool."""
    record.info[_ANSWERED] = time.monotonic()


def tried(connection: Any, record: Any, _proxy: Any) -> None:
    """A connection leaves its pool.

    Raises:
        InvalidatePoolError: it is dead; the pool makes others, and nobody notices.
    """
    if time.monotonic() - record.info.get(_ANSWERED, 0.0) < TRUSTED:
        return
    if not isinstance(connection, psycopg2.extensions.connection):
        return
    try:
        with closing(connection.cursor()) as cursor:
            cursor.execute("SELECT 1")
        connection.rollback()
    except psycopg2.Error as error:
        raise InvalidatePoolError from error


def install() -> None:
    """Try the connections of every pool of this process; once."""
    if event.contains(Pool, "checkout", tried):
        return
    for moment in ("connect", "checkin"):
        event.listen(Pool, moment, answered)
    event.listen(Pool, "checkout", tried)
