"""How often the pages of datasets are read: a count a month and nothing else, no person, address or hour.

The counts lie in Redis, one sorted set a month, and are gone after two months. Where CKAN's Redis is away nothing is
counted, and nothing breaks.
"""

from __future__ import annotations

import logging
import re
from datetime import date, timedelta
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.lib.redis import connect_to_redis
from flask import Response, g
from redis.exceptions import RedisError

from ckanext.pole.signs import today

log = logging.getLogger(__name__)

#: Programs that say what they are; the others cannot be told from people.
_ROBOTS = re.compile(r"bot\b|crawl|spider|slurp|monitor|curl|wget|python|java/|go-http|headless", re.IGNORECASE)
_KEPT = timedelta(days=62)
#: Entries of a month that count for the list.
_BEST = 50


def note(response: Response) -> Response:
    """Count a dataset's page that somebody has just read; the answer goes on as it is."""
    request = tk.request
    if request.endpoint != "dataset.read" or request.method != "GET" or response.status_code != 200:
        return response
    dataset = g.get("pkg_dict")
    agent = request.headers.get("User-Agent", "")
    if not dataset or dataset.get("private") or not agent or _ROBOTS.search(agent):
        return response
    try:
        with connect_to_redis().pipeline() as pipe:
            key = _key(today())
            pipe.zincrby(key, 1, dataset["id"])
            pipe.expire(key, _KEPT)
            pipe.execute()
    except RedisError as problem:
        log.warning("A reading is not counted: %s", type(problem).__name__)
    return response


def most_read() -> tuple[dict[str, int], date]:
    """Dataset id → readings since the first day of last month, most first; and that day."""
    this_month = today().replace(day=1)
    since = (this_month - timedelta(days=1)).replace(day=1)
    counts: dict[str, int] = {}
    try:
        redis: Any = connect_to_redis()
        for month in (since, this_month):
            for name, score in redis.zrevrange(_key(month), 0, _BEST - 1, withscores=True):
                counts[name.decode()] = counts.get(name.decode(), 0) + int(score)
    except RedisError as problem:
        log.warning("Readings cannot be counted: %s", type(problem).__name__)
    return dict(sorted(counts.items(), key=lambda pair: -pair[1])), since


def _key(day: date) -> str:
    return f"ckan:{tk.config['ckan.site_id']}:pole:reads:{day:%Y-%m}"
