"""The time that one call has left, and whether somebody asked it to stop."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import ContextVar

from ckanext.pole.http.limits import StopCheck, never
from ckanext.pole.http.problems import Interrupted, TooSlow

SLICE = 0.25  # seconds: how long any wait goes on before it looks at the clock and at `should_stop` again


class Budget:
    """Shared by all that one call does: waits, connections, redirects, tries, body.

    Args:
        url: for the messages.
        total: seconds for the whole.
        read: seconds of silence allowed on a socket.
        should_stop: asked at least every `SLICE` seconds.
        clock: monotonic seconds.
        sleep: waits that many seconds.
    """

    def __init__(
        self,
        url: str,
        *,
        total: float,
        read: float,
        should_stop: StopCheck = never,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = url
        self.total = total
        self.read = read
        self.clock = clock
        self._should_stop = should_stop
        self._sleep = sleep
        self._end = clock() + total

    def remaining(self) -> float:
        """Seconds left, always more than 0.

        Raises:
            Interrupted: stop was asked for.
            TooSlow: none left.
        """
        if self._should_stop():
            raise Interrupted("interrupted", self.url)
        left = self._end - self.clock()
        if left <= 0:
            raise TooSlow("deadline", self.url, limit=f"{self.total:g}")
        return left

    def patience(self, since: float) -> float:
        """Seconds that a socket silent since `since` may wait before this is asked again.

        Raises:
            Interrupted, TooSlow: as `remaining`, and after `read` seconds of silence.
        """
        left = self.remaining()
        quiet = self.read - (self.clock() - since)
        if quiet <= 0:
            raise TooSlow("read_timeout", self.url, retryable=True, limit=f"{self.read:g}")
        return min(SLICE, left, quiet)

    def allows(self, seconds: float) -> bool:
        """Whether a wait of that length ends before the deadline."""
        return self.clock() + seconds < self._end

    def wait(self, seconds: float) -> None:
        """Sleep in slices, so that a stop is noticed.

        Raises:
            Interrupted, TooSlow: as `remaining`.
        """
        until = self.clock() + seconds
        while (left := until - self.clock()) > 0:
            self._sleep(min(SLICE, left, self.remaining()))


# The call being made on this thread. urllib3 opens connections deep inside; this is how they learn of the deadline.
current: ContextVar[Budget | None] = ContextVar("ckanext_pole_http_budget", default=None)
