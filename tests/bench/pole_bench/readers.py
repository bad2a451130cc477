"""Readers who ask one page after another, all at once, in a process of their own.

`python readers.py URL READERS SECONDS COOKIE` reads the paths from standard input, one a line, and prints one line of
JSON. nginx keeps nothing for who has a cookie; without one (an empty word) it answers what it has.
"""

from __future__ import annotations

import json
import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import urllib3

#: What a browser says, so that pages come compressed as they do to a person.
BROWSER = {"Accept-Encoding": "gzip", "Accept-Language": "fr"}


def read(url: str, paths: list[str], readers: int, seconds: float, cookie: str = "") -> dict[str, Any]:
    """Ask for so many seconds.

    Args:
        url: of the portal.
        paths: of one kind of page, asked in turns.
        readers: how many ask at once; each request comes from another address, as nginx counts them by address.
        seconds: how long.
        cookie: that all of them have; empty: none.

    Returns:
        `taken`: seconds of each answer; `other`: how many had another status than 200; `cached`: how many came from
        nginx' cache; `seconds`: how long it lasted.
    """
    turns, pool = count(), urllib3.connection_from_url(url, maxsize=readers, retries=False, timeout=60)
    end, said = time.monotonic() + seconds, {**BROWSER, **({"Cookie": cookie} if cookie else {})}

    def one(reader: int) -> tuple[list[float], int, int]:
        draw = random.Random(reader)
        taken, other, cached = [], 0, 0
        while time.monotonic() < end:
            address = ".".join(str(draw.randrange(1, 255)) for _ in range(3))
            path = paths[next(turns) % len(paths)]
            asked = time.perf_counter()
            answer = pool.request(
                "GET", path, headers={**said, "X-Forwarded-For": f"10.{address}"}, decode_content=False
            )
            taken.append(time.perf_counter() - asked)
            other += answer.status != 200
            cached += answer.headers.get("X-Cache") == "HIT"
        return taken, other, cached

    began = time.monotonic()
    with ThreadPoolExecutor(readers) as threads:
        found = list(threads.map(one, range(readers)))
    return {
        "taken": [seconds for taken, _, _ in found for seconds in taken], "other": sum(other for _, other, _ in found),
        "cached": sum(cached for _, _, cached in found), "seconds": time.monotonic() - began,
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(read(sys.argv[1], sys.stdin.read().split(), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4])))
