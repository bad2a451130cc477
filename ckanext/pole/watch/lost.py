"""Jobs whose worker died with them in hand: back into their queue, so that `kill -9` loses none.

RQ notices by the worker's heartbeat, after a minute and a half, and files the job with those that failed. A job that
failed by itself stays there; one that was never finished is tried again, but not for ever: it may be what kills them.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import rq
from ckan.lib import jobs
from rq.exceptions import InvalidJobOperation
from rq.job import Job
from rq.registry import FailedJobRegistry, StartedJobRegistry
from rq.results import Result

log = logging.getLogger(__name__)

TRIES = 3
"""How often a job that is lost with its worker is put back."""
LOOKED_AT = 500
"""How many of the jobs that failed last are looked at in a round."""
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
        job.meta[_COUNT] = int(job.meta.get(_COUNT, 0)) + 1
        job.save_meta()
        try:
            failed.requeue(job)
        except InvalidJobOperation:  # the other scheduler was quicker
            continue
        count += 1
        log.warning("A job was put back, its worker is gone: %s (%s)", job.id, job.meta.get("title") or job.func_name)
    return count


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
