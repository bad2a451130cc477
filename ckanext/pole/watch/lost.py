"""Jobs whose worker died with them in hand: back into their queue, so that `kill -9` loses none.

RQ notices by the worker's heartbeat, after a minute and a half, and files the job with those that failed. A job that
failed by itself stays there; one that was never finished is tried again, later each time, but not for ever: it may be
what kills them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass

import rq
from ckan.lib import jobs
from redis import WatchError
from rq.job import Job
from rq.registry import FailedJobRegistry, StartedJobRegistry
from rq.results import Result

log = logging.getLogger(__name__)

PAUSES = (0, 60, 300)
"""Seconds for which a job that was lost with its worker lies, the first time, the second… before it is put back."""
TRIES = len(PAUSES)
"""How often it is put back; then it is given up."""
LOOKED_AT = 500
"""How many of the jobs that failed last are looked at in a round."""
KEPT = 24 * 3600
"""Seconds that the job in whose place a copy was put can still be looked at."""
LOST = ("AbandonedJobError", "Work-horse terminated unexpectedly", "stuck in intermediate queue")
"""What RQ writes of a job whose worker, or whose worker's child, is gone; the last, of one that had only taken it."""
_COUNT = "pole_lost"
_FIRST = "pole_first"


@dataclass(frozen=True)
class Lost:
    """A job whose worker is gone, where RQ keeps those that failed.

    Attributes:
        job: RQ's.
        at: when RQ noticed, in seconds since 1970.
    """

    job: Job
    at: float

    @property
    def times(self) -> int:
        """How often it was put back."""
        return int(self.job.meta.get(_COUNT, 0))

    @property
    def given_up(self) -> bool:
        """Whether it stays there."""
        return self.times >= TRIES

    @property
    def first(self) -> str:
        """The number that it had when it was queued; each copy that is put back has another one."""
        return str(self.job.meta.get(_FIRST) or self.job.id)


def put_back(at: float | None = None) -> int:
    """Put every job of this site whose worker is gone back into its queue, unless it is given up.

    Args:
        at: the time, in seconds since 1970, at which a worker must have been heard of; now by default.

    Returns:
        How many were put back.
    """
    return sum(_put_back(queue, at) for queue in jobs.get_all_queues())


def lying() -> Iterator[Lost]:
    """The jobs of this site that were lost with their workers and are not put back yet, or not any more."""
    for queue in jobs.get_all_queues():
        yield from _lying(queue)


def _put_back(queue: rq.Queue, at: float | None) -> int:
    StartedJobRegistry(queue=queue).cleanup(at)
    now, count = time.time() if at is None else at, 0
    for lost in _lying(queue):
        if lost.given_up or now < lost.at + PAUSES[lost.times] or not _again(lost, queue):
            continue
        count += 1
        what = lost.job.meta.get("title") or lost.job.func_name
        log.warning("A job was put back, its worker is gone: %s (%s)", lost.job.id, what)
    return count


def _again(lost: Lost, queue: rq.Queue) -> bool:
    """Queue a copy in the job's place, at one stroke; False if the other scheduler was quicker.

    Under a number of its own: xloader takes no job under one that it has begun to work on (`add_pending_job`).
    """
    job, failed = lost.job, FailedJobRegistry(queue=queue)
    meta = {**job.meta, _COUNT: lost.times + 1, _FIRST: lost.first}
    copy = Job.create(
        str(job.func_name), args=job.args, kwargs=job.kwargs, connection=queue.connection, ttl=job.ttl,
        timeout=int(job.timeout) if job.timeout else None, result_ttl=job.result_ttl, failure_ttl=job.failure_ttl,
        description=job.description, origin=queue.name, meta=meta, serializer=queue.serializer,
    )  # fmt: skip
    with queue.connection.pipeline() as both:
        both.watch(failed.key)
        if both.zscore(failed.key, job.id) is None:
            return False
        both.multi()
        queue.enqueue_job(copy, pipeline=both)
        failed.remove(job, pipeline=both)
        both.lrem(queue.intermediate_queue_key, 0, job.id)  # or RQ would find it there, and call it lost once more
        both.expire(job.key, KEPT)  # RQ's own `delete` fails on what a dead worker left half done
        try:
            both.execute()
        except WatchError:
            return False
    return True


def _lying(queue: rq.Queue) -> Iterator[Lost]:
    """Of the jobs that failed last those that were lost; what RQ wrote of them is asked of Redis all at once."""
    last = FailedJobRegistry(queue=queue).get_job_ids(-LOOKED_AT, -1)
    failed = [job for job in Job.fetch_many(last, connection=queue.connection) if job is not None]
    with queue.connection.pipeline(transaction=False) as asked:
        for job in failed:
            asked.xrevrange(Result.get_key(job.id), "+", "-", count=1)
        answers = asked.execute()
    for job, answer in zip(failed, answers, strict=True):
        for number, payload in answer:
            result = Result.restore(job.id, number.decode(), payload, connection=queue.connection)
            if any(sign in (result.exc_string or "") for sign in LOST):
                yield Lost(job, result.created_at.timestamp())
