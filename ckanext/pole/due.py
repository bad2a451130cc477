"""Work that comes round: queued once an interval, however many schedulers and rounds ask for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.lib.redis import connect_to_redis


def enqueue(name: str, seconds: int, work: Callable[[], Any], *, title: str, timeout: int = 3600) -> bool:
    """Queue some work unless it was queued within the interval.

    Args:
        name: of the work, in Redis.
        seconds: the interval; 0 or less: never.
        work: what the worker calls.
        title: of the job.
        timeout: seconds that the job may take.

    Returns:
        Whether it was queued now.

    Raises:
        redis.RedisError: Redis is away; the next round asks again.
    """
    redis, marker = connect_to_redis(), f"ckan:{tk.config['ckan.site_id']}:pole:{name}"
    if seconds <= 0 or not redis.set(marker, "1", nx=True, ex=seconds):
        return False
    try:
        tk.enqueue_job(work, title=title, rq_kwargs={"timeout": timeout})
    except Exception:
        redis.delete(marker)  # not queued: the interval has not begun
        raise
    return True
