"""Whether the services that a portal stands on answer: PostgreSQL, the DataStore, Redis, Solr.

Each is asked over a connection of its own, so that an answer says something of the service and not of our pools, and
within a few seconds even if the service is frozen.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from contextlib import closing
from dataclasses import dataclass
from urllib.request import ProxyHandler, build_opener

import psycopg2
import redis

PATIENCE = 3.0
"""Seconds that a service has to answer."""


@dataclass(frozen=True)
class Health:
    """What one service answered.

    Attributes:
        name: `postgresql`, `datastore`, `redis` or `solr`.
        ok: it answered as it should.
        seconds: until the answer, or until we gave up.
        error: the kind of failure, a word without address or secret; empty when all is well.
    """

    name: str
    ok: bool
    seconds: float
    error: str = ""


def _postgres(url: str) -> None:
    with closing(psycopg2.connect(url, connect_timeout=int(PATIENCE))) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _redis(url: str) -> None:
    with closing(redis.Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)) as connection:
        connection.ping()


def _solr(url: str) -> None:
    # The address is the operator's own setting; a proxy is never asked for our own services.
    with build_opener(ProxyHandler({})).open(f"{url.rstrip('/')}/admin/ping?wt=json", timeout=PATIENCE) as answer:
        if b'"OK"' not in answer.read(10_000):
            raise ConnectionError("not OK")


SERVICES: dict[str, tuple[str, Callable[[str], None]]] = {
    "postgresql": ("sqlalchemy.url", _postgres),
    "datastore": ("ckan.datastore.read_url", _postgres),
    "redis": ("ckan.redis.url", _redis),
    "solr": ("solr_url", _solr),
}
"""Service → the setting that holds its address, and how it is asked."""


def _ask(name: str, url: str, question: Callable[[str], None]) -> Health:
    started = time.monotonic()
    try:
        question(url)
    except Exception as error:  # whatever it is, the service does not serve
        return Health(name, False, time.monotonic() - started, type(error).__name__)
    return Health(name, True, time.monotonic() - started)


def ask_all(settings: Mapping[str, object]) -> list[Health]:
    """Ask every service that has an address, side by side.

    Args:
        settings: CKAN's configuration.

    Returns:
        One answer a service, in the order of SERVICES; a frozen service counts as not answering.
    """
    asked = [(name, str(settings.get(key) or ""), how) for name, (key, how) in SERVICES.items()]
    asked = [one for one in asked if one[1]]
    pool = ThreadPoolExecutor(len(asked) or 1, thread_name_prefix="pole-health")
    try:
        pending = [(one[0], pool.submit(_ask, *one)) for one in asked]
        deadline = time.monotonic() + PATIENCE + 1
        found = []
        for name, future in pending:
            try:
                found.append(future.result(max(0.0, deadline - time.monotonic())))
            except TooLate:
                found.append(Health(name, False, PATIENCE + 1, "TimeoutError"))
        return found
    finally:
        # A thread that hangs on a frozen service ends with it; nobody waits for it here.
        pool.shutdown(wait=False, cancel_futures=True)
