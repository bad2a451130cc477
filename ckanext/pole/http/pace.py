"""When the next request may leave: per-host pace, backoff between tries, and what `Retry-After` means."""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

# Worth another try: overload and passing failures, Cloudflare's own among them (520-524).
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
_MANY = 1000  # hosts remembered before the stale ones are forgotten


class Pace:
    """Keeps requests to one host apart, over all threads that share this object.

    Args:
        interval: least seconds between two starts.
        clock: monotonic seconds.
    """

    def __init__(self, interval: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.interval = interval
        self._clock = clock
        self._next: dict[str, float] = {}
        self._lock = threading.Lock()

    def reserve(self, host: str) -> float:
        """Take the host's next free moment; returns the seconds to wait for it."""
        with self._lock:
            now = self._clock()
            if len(self._next) > _MANY:
                self._next = {name: at for name, at in self._next.items() if at > now}
            at = max(now, self._next.get(host, now))
            self._next[host] = at + self.interval
            return at - now

    def hold(self, host: str, seconds: float) -> None:
        """Keep every thread away from a host that asked for a pause."""
        with self._lock:
            self._next[host] = max(self._next.get(host, 0.0), self._clock() + seconds)


def backoff(attempt: int, first: float, most: float, rng: Callable[[], float] = random.random) -> float:
    """Seconds before the repeat after try number `attempt` (from 0): doubling, with jitter down to half."""
    return min(most, first * 2.0 ** min(attempt, 30)) * (0.5 + 0.5 * rng())


def retry_after(headers: Mapping[str, str], now: Callable[[], float] = time.time) -> float | None:
    """Seconds that a site asks us to wait.

    Args:
        headers: of the answer; `Retry-After` in seconds or as an HTTP date, else `X-RateLimit-Reset` (seconds,
            Unix time or ISO 8601: portals differ).
        now: Unix time.

    Returns:
        Seconds, at least 0; `None` when nothing readable was said.
    """
    for name, read_date in (("Retry-After", parsedate_to_datetime), ("X-RateLimit-Reset", _read_iso)):
        text = (headers.get(name) or "").strip()
        if not text:
            continue
        try:
            seconds = float(text)
            if name == "X-RateLimit-Reset" and seconds > 1e9:
                seconds -= now()
        except ValueError:
            try:
                moment = read_date(text)
                if moment.tzinfo is None:
                    moment = moment.replace(tzinfo=timezone.utc)
                seconds = moment.timestamp() - now()
            except (ValueError, TypeError, IndexError, OverflowError):
                continue
        if math.isfinite(seconds):
            return max(0.0, seconds)
    return None


def _read_iso(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
