"""The process that works through one of ckanext-harvest's queues.

ckanext-harvest's own consumer waits for Redis without a limit, but redis-py 8,
which CKAN 2.12 pins, gives up after five seconds: an idle consumer dies. This
one asks in short turns, outlives a Redis that is away, and ends cleanly when
told to, after the piece of work in hand.
"""

from __future__ import annotations

import json
import logging
from datetime import datetime
from threading import Event

import redis
from ckan import model
from ckanext.harvest import queue
from ckanext.harvest.model import HarvestObject

log = logging.getLogger(__name__)

#: Seconds that one question to an empty queue lasts; must stay under redis-py's socket timeout.
TURN = 2
#: Seconds to let a failing Redis or database breathe.
PAUSE = 2.0

#: States of a harvest object that is done with.
DONE = ("COMPLETE", "ERROR")


def _fetch(consumer: queue.RedisConsumer, method: queue.FakeMethod, header: None, body: str) -> None:
    """Import one object, unless it is done with.

    ckanext-harvest queues an object again when it meets it between the queue and its first state; the second
    copy would mark as failed what the first one has imported.
    """
    found = model.Session.get(HarvestObject, json.loads(body).get("harvest_object_id"))
    if found is not None and found.state in DONE:
        consumer.basic_ack(method.delivery_tag)
        return
    queue.fetch_callback(consumer, method, header, body)


STAGES = {
    "gather": (queue.get_gather_consumer, queue.gather_callback),
    "fetch": (queue.get_fetch_consumer, _fetch),
}


def consume(stage: str, stop: Event, until_empty: bool = False) -> None:
    """Work until told to stop.

    Args:
        stage: `gather` or `fetch`.
        stop: set from outside to end after the piece of work in hand.
        until_empty: end when the queue has nothing left.

    Raises:
        KeyError: there is no such stage.
    """
    connect, work = STAGES[stage]
    consumer = connect()
    log.info("Harvest consumer ready: %s", stage)
    while not stop.is_set():
        try:
            body = _next(consumer, wait=not until_empty)
            if body is None:
                if until_empty:
                    return
                continue
            # What ckanext-harvest looks at to find work that was begun and never ended.
            consumer.redis.set(consumer.persistance_key(body), str(datetime.now()))
        except (redis.ConnectionError, redis.TimeoutError):
            log.warning("Redis does not answer; trying again")
            stop.wait(PAUSE)
            continue
        try:
            work(consumer, queue.FakeMethod(body), None, body)
        except Exception:
            # One failing piece of work is logged and reported by its job; the consumer goes on.
            log.exception("Harvest %s failed", stage)
            model.Session.rollback()
            stop.wait(PAUSE)
        finally:
            model.Session.remove()


def _next(consumer: queue.RedisConsumer, wait: bool) -> str | None:
    if not wait:
        return consumer.redis.lpop(consumer.routing_key)
    item = consumer.redis.blpop(consumer.routing_key, timeout=TURN)
    return item[1] if item else None
