"""Jobs whose worker died with them in hand: back into their queue, so that `kill -9` loses none.

RQ notices by the worker's heartbeat, after a minute and a half, and files the job with those that failed. A job that
failed by itself stays there; one that was never finished is tried again, but not for ever: it may be what kills them.
"""

from __future__ import annotations

import logging

import rq
from ckan.lib import jobs
from rq.exceptions import InvalidJobOperation
from rq.job import Job
from rq.registry import FailedJobRegistry, StartedJobRegistry

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
    found = Job.fetch_many(failed.get_job_ids(-LOOKED_AT, -1), connection=queue.connection)
    count = 0
    for job in filter(None, found):
        last = job.latest_result()
        told = (last.exc_string if last else None) or ""
        lost = int(job.meta.get(_COUNT, 0)) + 1
        if lost > TRIES or not any(sign in told for sign in LOST):
            continue
        job.meta[_COUNT] = lost
        job.save_meta()
        try:
            failed.requeue(job)
        except InvalidJobOperation:  # the other scheduler was quicker
            continue
        count += 1
        log.warning("A job was put back, its worker is gone: %s (%s)", job.id, job.meta.get("title") or job.func_name)
    return count
