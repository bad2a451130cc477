"""Counting tries in Redis, where all web processes meet and which keeps its figures over a restart.

Windows of the `limits` library for how often; a small script of our own for the wait after wrong passwords, which has
to look and to count in one step, or a thousand tries at the same instant would all find the door open.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import redis
from limits import RateLimitItem
from limits.storage import RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from ckanext.pole.guard import trying

log = logging.getLogger(__name__)

PATIENCE = 1.0
"""Seconds that Redis has to answer: longer than it ever takes, shorter than a visitor would wait."""
PAUSE = 5.0
"""Seconds during which Redis is not asked again after it did not answer: not every request shall wait."""

AT_ONCE, PART, KEPT = 10, 50, 10.0
"""Of a generous limit a process takes several at once: so many, or a fiftieth of it if that is less. What it has not
spent after so many seconds is lost, so the limit is never passed, and may be reached a little early."""
HOLDERS = 10_000
"""Places that a process holds something for at most."""

#: KEYS: tries, wait. ARGV: free tries, forgotten, the waits. Gives the wait before this try, 0 if it may go on.
_TRY = """
local left = redis.call('TTL', KEYS[2])
if left > 0 then return left end
local tries = redis.call('INCR', KEYS[1])
redis.call('EXPIRE', KEYS[1], ARGV[2])
local over = tries - tonumber(ARGV[1])
if over >= 0 then redis.call('SET', KEYS[2], '1', 'EX', ARGV[math.min(3 + over, #ARGV)]) end
return 0
"""


class Away(Exception):
    """Redis does not answer, so nothing can be counted."""


@dataclass
class Counter:
    """Counts in one Redis.

    Attributes:
        url: of Redis.
        prefix: of its keys.
        kept: seconds that what was taken at once is good for, see `AT_ONCE`.
    """

    url: str
    prefix: str
    kept: float = KEPT
    _away_until: float = field(default=0.0, init=False)
    _held: dict[tuple[str, ...], tuple[int, float]] = field(default_factory=dict, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def __post_init__(self) -> None:
        """Open nothing yet: connections are made at the first question, in the process that asks."""
        options: dict[str, Any] = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE}
        self._redis = redis.Redis.from_url(self.url, **options)
        self._script = self._redis.register_script(_TRY)
        storage = RedisStorage(self.url, key_prefix=f"{self.prefix}:window", **options)
        self._windows = SlidingWindowCounterRateLimiter(storage)

    def hit(self, limit: RateLimitItem, *words: str) -> int:
        """Count one, if the limit allows it.

        Returns:
            Seconds until another one is allowed; 0: it was counted.

        Raises:
            Away: Redis does not answer.
        """
        if self._asked(self._windows.hit, limit, *words):
            return 0
        return self._left(limit, *words)

    def spend(self, limit: RateLimitItem, *words: str) -> int:
        """As `hit`, for what is asked often: Redis is not asked each time, see `AT_ONCE`.

        Returns:
            Seconds until another one is allowed; 0: it was counted.

        Raises:
            Away: Redis does not answer.
        """
        many = min(AT_ONCE, limit.amount // PART)
        if many < 2:
            return self.hit(limit, *words)
        key, now = (str(limit), *words), time.monotonic()
        with self._lock:
            left, until = self._held.pop(key, (0, 0.0))
            if left and now < until:
                self._held[key] = left - 1, until
                return 0
        if not self._asked(partial(self._windows.hit, cost=many), limit, *words):
            return self.hit(limit, *words)
        with self._lock:
            if len(self._held) >= HOLDERS:
                self._held.clear()
            left, until = self._held.get(key, (0, 0.0))  # another thread may have asked meanwhile
            self._held[key] = left + many - 1, until if left else now + self.kept
        return 0

    def full(self, limit: RateLimitItem, *words: str) -> int:
        """Seconds until another one would be allowed; 0: now. Counts nothing.

        Raises:
            Away: Redis does not answer.
        """
        return 0 if self._asked(self._windows.test, limit, *words) else self._left(limit, *words)

    def _left(self, limit: RateLimitItem, *words: str) -> int:
        return max(1, round(self._asked(self._windows.get_window_stats, limit, *words).reset_time - time.time()))

    def try_at(self, name: str, free: int) -> int:
        """Count a try, unless one has to wait still.

        Args:
            name: at what, and from where.
            free: tries before the first wait.

        Returns:
            Seconds to wait; 0: go on, and come back with `forget` if it went well.

        Raises:
            Away: Redis does not answer.
        """
        return int(self._asked(self._script, self._keys(name), [free, trying.FORGOTTEN, *trying.WAITS]))

    def forget(self, name: str) -> None:
        """The try went well: the ones before it do not count any more.

        Raises:
            Away: Redis does not answer.
        """
        self._asked(self._redis.delete, *self._keys(name))

    def note(self, name: str, seconds: int) -> None:
        """Remember a name for a while.

        Raises:
            Away: Redis does not answer.
        """
        self._asked(partial(self._redis.set, ex=seconds), f"{self.prefix}:note:{name}", 1)

    def noted(self, name: str) -> bool:
        """Whether a name is remembered still.

        Raises:
            Away: Redis does not answer.
        """
        return bool(self._asked(self._redis.exists, f"{self.prefix}:note:{name}"))

    def _keys(self, name: str) -> list[str]:
        return [f"{self.prefix}:tries:{name}", f"{self.prefix}:wait:{name}"]

    def _asked(self, question: Any, *arguments: Any) -> Any:
        if time.monotonic() < self._away_until:
            raise Away
        try:
            return question(*arguments)
        except redis.RedisError as error:
            self._away_until = time.monotonic() + PAUSE
            log.warning("Nothing is counted: Redis does not answer (%s)", type(error).__name__)
            raise Away from error
