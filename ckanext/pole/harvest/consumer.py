"""The process that works through one of ckanext-harvest's queues.

ckanext-harvest's own consumer waits for Redis without a limit, but redis-py 8,
which CKAN 2.12 pins, gives up after five seconds: an idle consumer dies. This
one asks in short turns, outlives a Redis that is away, and ends cleanly when
told to, after the piece of work in hand. It imports in batches, and looks by
itself for work that a crash left behind: in the database, which remembers, not
in the queue, which may have lost it.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from threading import Event
from typing import Any

import redis
from ckan import model
from ckanext.harvest import queue
from ckanext.harvest.model import HarvestJob, HarvestObject, HarvestSource

from ckanext.pole import settings
from ckanext.pole.harvest import indexing, objects, recovery
from ckanext.pole.harvest.importing import BATCH, Importer
from ckanext.pole.harvest.lease import Busy, Lease, Lost
from ckanext.pole.harvest.runs import DONE
from ckanext.pole.harvest.source import Source

log = logging.getLogger(__name__)

#: Seconds that one question to an empty queue lasts; must stay under redis-py's socket timeout.
TURN = 2
#: Seconds to let a failing Redis or database breathe.
PAUSE = 2.0
#: Seconds between two looks for what a crash left behind, at most.
LOOK = 5.0


class Gatherers:
    """Reads sources."""

    connect = staticmethod(queue.get_gather_consumer)
    at_once = 1

    def work(self, consumer: queue.RedisConsumer, bodies: Sequence[str]) -> None:
        """Read the source of each job."""
        for body in bodies:
            self._one(consumer, body)

    def left_behind(self, consumer: queue.RedisConsumer) -> int:
        """Read again the sources whose reading was cut."""
        jobs = recovery.cut_readings(queued(consumer, "harvest_job_id"))
        self.work(consumer, [json.dumps({"harvest_job_id": job_id}) for job_id in jobs])
        return len(jobs)

    def rest(self) -> None:
        """Nothing to end: a reading is whole when it is over."""

    def _one(self, consumer: queue.RedisConsumer, body: str) -> None:
        job: Any = model.Session.get(HarvestJob, json.loads(body).get("harvest_job_id"))
        harvester: Any = queue.get_harvester(job.source.type) if job is not None else None
        if not recovery.is_ours(harvester):
            queue.gather_callback(consumer, queue.FakeMethod(body), None, body)
            return
        if job is not None and job.status != "Finished":
            # Without ckanext-harvest's own steps around it, which end a job that a database took down.
            job.gather_started = datetime.utcnow()
            model.Session.commit()
            harvester.gather_stage(job)
            if recovery.reading_is_over(job.id):
                job.gather_finished = datetime.utcnow()
                model.Session.commit()
                send(objects.waiting_ids(job.id))
        consumer.basic_ack(body)


class Fetchers:
    """Imports objects, in batches where their harvester allows it."""

    connect = staticmethod(queue.get_fetch_consumer)
    at_once = BATCH

    def __init__(self) -> None:
        self.sender = indexing.Sender()

    def work(self, consumer: queue.RedisConsumer, bodies: Sequence[str]) -> None:
        """Import objects, unless they are done with.

        ckanext-harvest queues an object again when it meets it between the queue and its first state; the second
        copy would mark as failed what the first one has imported.
        """
        by_id = {json.loads(body)["harvest_object_id"]: body for body in bodies}
        found: list[Any] = model.Session.query(HarvestObject).filter(HarvestObject.id.in_(by_id)).all()
        batches: dict[str, list[str]] = {}
        alone = []
        for item in found:
            if item.state in DONE:
                continue
            harvester: Any = queue.get_harvester(item.source.type)
            if recovery.is_ours(harvester) and not harvester.writes_alone:
                batches.setdefault(item.harvest_source_id, []).append(item.id)
            else:
                alone.append(item.id)
        for source_id, ids in batches.items():
            source = Source.of(model.Session.get(HarvestSource, source_id))
            Importer(source, self.sender).run(ids)
            for id_ in ids:
                consumer.basic_ack(by_id[id_])
        for id_ in alone:
            self._one(consumer, id_, by_id[id_])
        for id_ in set(by_id) - {id_ for ids in batches.values() for id_ in ids} - set(alone):
            consumer.basic_ack(by_id[id_])

    def left_behind(self, consumer: queue.RedisConsumer) -> int:
        """Import what was planned and is in no queue, and send what is in no index."""
        ids = recovery.cut_imports(queued(consumer, "harvest_object_id"))
        for at in range(0, len(ids), BATCH):
            self.work(consumer, [json.dumps({"harvest_object_id": id_}) for id_ in ids[at : at + BATCH]])
        self.rest()
        recovery.close_runs()
        return len(ids) + indexing.drain()

    def rest(self) -> None:
        """Nothing more for the moment: see that what was written is in the index."""
        self.sender.rest()

    def _one(self, consumer: queue.RedisConsumer, object_id: str, body: str) -> None:
        """One object by ckanext-harvest's own steps; whoever is at it already goes on with it."""
        try:
            with Lease(f"object:{object_id}"):
                model.Session.rollback()
                item: Any = model.Session.get(HarvestObject, object_id)
                job_id = item.harvest_job_id
                if item.state not in DONE:
                    queue.fetch_callback(consumer, queue.FakeMethod(body), None, body)
        except Busy:
            return
        recovery.close_run(job_id)


STAGES: dict[str, Callable[[], Gatherers | Fetchers]] = {"gather": Gatherers, "fetch": Fetchers}


def consume(stage: str, stop: Event, until_empty: bool = False) -> None:
    """Work until told to stop.

    Args:
        stage: `gather` or `fetch`.
        stop: set from outside to end after the piece of work in hand.
        until_empty: end when the queue has nothing left.

    Raises:
        KeyError: there is no such stage.
    """
    worker = STAGES[stage]()
    consumer: Any = worker.connect()
    log.info("Harvest consumer ready: %s", stage)
    looked, look = 0.0, min(LOOK, settings.harvest_takeover())
    while not stop.is_set():
        try:
            bodies = _next(consumer, worker.at_once)
            if not bodies:
                worker.rest()
                bodies = [] if until_empty else _next(consumer, worker.at_once, wait=True)
            if bodies:
                worker.work(consumer, bodies)
                continue
            if until_empty or time.monotonic() - looked > look:
                looked = time.monotonic()
                if not worker.left_behind(consumer) and until_empty:
                    return
        except (redis.ConnectionError, redis.TimeoutError):
            log.warning("Redis does not answer; trying again")
            stop.wait(PAUSE)
        except Lost as lost:
            log.warning("Somebody else went on with %s while this process was frozen", lost)
            model.Session.rollback()
        except Exception:
            # One failing piece of work is logged and reported by its job; the consumer goes on.
            log.exception("Harvest %s failed", stage)
            model.Session.rollback()
            stop.wait(PAUSE)
            if until_empty:
                return
        finally:
            model.Session.remove()
    try:
        worker.rest()
    except Exception:
        log.exception("Harvest %s: what was written last comes to the index later", stage)
    finally:
        model.Session.remove()


def send(object_ids: Sequence[str]) -> None:
    """Queue objects for the import stage, in few words with Redis."""
    connection, key = queue.get_connection_redis(), queue.get_fetch_routing_key()
    for at in range(0, len(object_ids), 1000):
        connection.rpush(key, *(json.dumps({"harvest_object_id": id_}) for id_ in object_ids[at : at + 1000]))


def queued(consumer: queue.RedisConsumer, key: str) -> set[str]:
    """Ids that stand in a queue."""
    return {json.loads(body)[key] for body in consumer.redis.lrange(consumer.routing_key, 0, -1)}


def _next(consumer: queue.RedisConsumer, number: int, wait: bool = False) -> list[str]:
    """Take up to so many messages, and leave the mark by which ckanext-harvest finds work that never ended."""
    if wait:
        item = consumer.redis.blpop([consumer.routing_key], timeout=TURN)
        bodies = [item[1]] if item else []
    else:
        body = consumer.redis.lpop(consumer.routing_key)
        bodies = [body] if body else []
    if bodies and number > 1:
        bodies += consumer.redis.lpop(consumer.routing_key, number - 1) or []
    for body in bodies:
        consumer.redis.set(consumer.persistance_key(body), str(datetime.now()))
    return bodies
