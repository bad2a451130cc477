"""Figures for Prometheus: what each process counts, and what is read from the stores when somebody asks.

Under several web processes `PROMETHEUS_MULTIPROC_DIR` names the folder where they meet (gunicorn.py sets it).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from functools import cache
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY, Collector

log = logging.getLogger(__name__)

REQUESTS = Counter("pole_requests", "Requests answered.", ["method", "endpoint", "status"])
REQUEST_SECONDS = Histogram(
    "pole_request_seconds", "Time to answer.", ["endpoint"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)  # fmt: skip
SEARCH_SECONDS = Histogram(
    "pole_search_seconds", "Time of package_search.", buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

#: Name, help, label, query of (label, number). A table that a site does not have is left out.
QUERIES = (
    ("pole_datasets", "Datasets that are not deleted.", "state",
     "SELECT CASE WHEN private THEN 'private' ELSE 'public' END, count(*) FROM package"
     " WHERE state = 'active' AND type = 'dataset' GROUP BY 1"),
    ("pole_harvest_jobs", "Harvest jobs by state.", "state",
     "SELECT lower(status), count(*) FROM harvest_job GROUP BY 1"),
    ("pole_harvest_errors_day", "Harvest errors of the last 24 hours.", "stage",
     "SELECT stage, count(*) FROM (SELECT 'gather' AS stage FROM harvest_gather_error"
     " WHERE created > now() AT TIME ZONE 'utc' - interval '1 day' UNION ALL SELECT 'object' FROM harvest_object_error"
     " WHERE created > now() AT TIME ZONE 'utc' - interval '1 day') AS errors GROUP BY 1"),
    ("pole_harvest_records_day", "Records of harvests that began in the last 24 hours, by what became of them.", "fate",
     "SELECT fate, sum(number) FROM pole_harvest_run, LATERAL (VALUES ('new', new), ('changed', changed),"
     " ('same', same), ('deleted', deleted), ('failed', failed), ('quarantined', quarantined), ('held', held))"
     " AS counts(fate, number) WHERE started > now() - interval '1 day' GROUP BY 1"),
    ("pole_agreements", "Agreements by state.", "state", "SELECT state, count(*) FROM pole_agreement GROUP BY 1"),
    ("pole_agreements_expiring", "Active agreements that end within so many days.", "days",
     "SELECT days::text, (SELECT count(*) FROM pole_agreement WHERE state = 'active' AND valid_until BETWEEN now()"
     " AND now() + days * interval '1 day') FROM unnest(ARRAY[30, 60, 90]) AS days"),
    ("pole_access_hour", "Reads of closed data in the last hour, by outcome.", "outcome",
     "SELECT outcome, count(*) FROM pole_access_log WHERE at > now() - interval '1 hour' GROUP BY 1"),
)  # fmt: skip


class Stores(Collector):
    """Gauges read from PostgreSQL and Redis at the moment of the question."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """One family a query; a store that is away gives none, which an alert on absence sees."""
        yield from self._tables()
        yield from self._queues()

    def _tables(self) -> Iterator[GaugeMetricFamily]:
        from ckan import model
        from sqlalchemy import text
        from sqlalchemy.exc import DBAPIError, ProgrammingError

        try:
            with model.meta.engine.connect() as connection:  # type: ignore[union-attr]
                connection.execute(text("SET statement_timeout = 2000"))
                connection.commit()
                for name, told, label, query in QUERIES:
                    try:
                        rows = connection.execute(text(query)).all()
                    except ProgrammingError:
                        connection.rollback()  # no such table here
                        continue
                    family = GaugeMetricFamily(name, told, labels=[label])
                    for value, count in rows:
                        family.add_metric([value], count)
                    yield family
                connection.rollback()
                connection.execute(text("RESET statement_timeout"))
                connection.commit()
        except DBAPIError:
            log.warning("No figures from PostgreSQL")

    def _queues(self) -> Iterator[GaugeMetricFamily]:
        from ckan.lib.jobs import get_all_queues
        from ckan.lib.redis import connect_to_redis
        from redis.exceptions import RedisError

        family = GaugeMetricFamily("pole_queue_depth", "Work that waits.", labels=["queue"])
        try:
            for queue in get_all_queues():
                family.add_metric([f"jobs {queue.name.rsplit(':', 1)[-1]}"], len(queue))
            for stage, key in _harvest_queues():
                family.add_metric([f"harvest {stage}"], connect_to_redis().llen(key))  # type: ignore[arg-type]
        except RedisError:
            log.warning("No figures from Redis")
            return
        yield family


def _harvest_queues() -> list[tuple[str, str]]:
    import ckan.plugins as p

    if not p.plugin_loaded("harvest"):
        return []
    from ckanext.harvest import queue

    return [("gather", queue.get_gather_routing_key()), ("fetch", queue.get_fetch_routing_key())]


def exposition() -> bytes:
    """Everything, in Prometheus' text format: the counts of all web processes, and the stores'."""
    registry: Any = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
    stores = CollectorRegistry()
    stores.register(Stores())
    return generate_latest(registry) + generate_latest(stores)


def observe(method: str, endpoint: str, status: int, seconds: float) -> None:
    """Count one answer.

    Args:
        method: of the request; an unknown one is counted as `other`, or a visitor could make figures without end.
        endpoint: Flask's name of the view, `none` when no route matched.
        status: HTTP status.
        seconds: until the answer was ready.
    """
    counted, timed = _of(method if method in METHODS else "other", endpoint, status)
    counted.inc()
    timed.observe(seconds)


@cache
def _of(method: str, endpoint: str, status: int) -> tuple[Any, Any]:
    """The counter and the clock of such answers; the library looks them up by their words anew each time."""
    return REQUESTS.labels(method, endpoint, str(status)), REQUEST_SECONDS.labels(endpoint)
