"""Jobs whose worker died with them in hand: back into their queue, so that `kill -9` loses none.

RQ notices by the worker's heartbeat, after a minute and a half, and files the job with those that failed. A job that
failed by itself stays there; one that was never finished is tried again, but not for ever: it may be what kills them.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import rq
from ckan.lib import jobs
from redis import WatchError
from rq.job import Job
from rq.registry import FailedJobRegistry, StartedJobRegistry
from rq.results import Result

log = logging.getLogger(__name__)

TRIES = 3
"""How often a job that is lost with its worker is put back."""
LOOKED_AT = 500
"""How many of the jobs that failed last are looked at in a round."""
KEPT = 24 * 3600
"""Seconds that the job in whose place a copy was put can still be looked at."""
LOST = ("AbandonedJobError", "Work-horse terminated unexpectedly")
"""What RQ writes of a job whose worker, or whose worker's child, is gone."""
_COUNT = "pole_lost"


def put_back(at: float | None = None) -> int:
    """Put every job of this site whose worker is gone back into its queue.

    Args:
        at: the time, in seconds since 1970, at which a worker must have been heard of; now by default.

    Returns:
        How many were put back.
    """
    return sum(_put_back(queue, at) for queue in jobs.get_all_queues())


def _put_back(queue: rq.Queue, at: float | None) -> int:
    StartedJobRegistry(queue=queue).cleanup(at)
    failed = FailedJobRegistry(queue=queue)
    found = filter(None, Job.fetch_many(failed.get_job_ids(-LOOKED_AT, -1), connection=queue.connection))
    tried = [job for job in found if int(job.meta.get(_COUNT, 0)) < TRIES]
    count = 0
    for job, told in zip(tried, _told(tried, queue), strict=True):
        if not any(sign in told for sign in LOST):
            continue
        if _again(job, queue, failed):
            count += 1
            what = job.meta.get("title") or job.func_name
            log.warning("A job was put back, its worker is gone: %s (%s)", job.id, what)
    return count


def _again(job: Job, queue: rq.Queue, failed: FailedJobRegistry) -> bool:
    """Queue a copy in the job's place, at one stroke; False if the other scheduler was quicker.

    Under a number of its own: xloader takes no job under one that it has begun to work on (`add_pending_job`).
    """
    meta = {**job.meta, _COUNT: int(job.meta.get(_COUNT, 0)) + 1}
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
        both.expire(job.key, KEPT)  # RQ's own `delete` fails on what a dead worker left half done
        try:
            both.execute()
        except WatchError:
            return False
    return True


def _told(failed: Sequence[Job], queue: rq.Queue) -> list[str]:
    """What RQ last wrote of each job, asked of Redis all at once; RQ itself asks once a job."""
    with queue.connection.pipeline(transaction=False) as asked:
        for job in failed:
            asked.xrevrange(Result.get_key(job.id), "+", "-", count=1)
        answers = asked.execute()
    told = []
    for job, answer in zip(failed, answers, strict=True):
        said = ""
        for number, payload in answer:
            said = Result.restore(job.id, number.decode(), payload, connection=queue.connection).exc_string or ""
        told.append(said)
    return told
