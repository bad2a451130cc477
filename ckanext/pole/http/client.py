"""The one way out: a client that asks politely, waits patiently, and does not go where it must not."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from ckanext.pole.http import pace, urls
from ckanext.pole.http.answers import Answer, Download, Stream
from ckanext.pole.http.budget import Budget
from ckanext.pole.http.contents import JSON, accept_header
from ckanext.pole.http.exchange import Call, Exchange, clean_headers
from ckanext.pole.http.limits import Limits, StopCheck, never, user_agent
from ckanext.pole.http.logs import mask_urllib3_logs
from ckanext.pole.http.problems import HttpProblem, Refused
from ckanext.pole.http.receivers import to_file, to_memory
from ckanext.pole.http.transport import Pools, Resolver, system_resolver

log = logging.getLogger(__name__)
T = TypeVar("T")
Headers = Mapping[str, str]


class GuardedClient:
    """Every request of this extension to another site goes through one of these. Threads may share it.

    Args:
        limits: how far it goes.
        should_stop: true ends the call. Asked before every read and four times a second during a wait, so it must be
            cheap: one that asks a database remembers the answer for a moment.
        pacer: to share the per-host pace with other clients of this process.
        resolver, clock, sleep: the world, which a test may replace.

    Raises:
        ValueError: an entry of `limits.allow_private` cannot be read.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        should_stop: StopCheck = never,
        pacer: pace.Pace | None = None,
        resolver: Resolver = system_resolver,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.limits = limits or Limits()
        self._should_stop, self._clock, self._sleep = should_stop, clock, sleep
        self._pacer = pacer or pace.Pace(self.limits.per_host_interval, clock)
        self._pools = Pools(self.limits, resolver)
        self._exchange = Exchange(self.limits, self._pools.of, self._pacer)
        self._agent = self.limits.user_agent or user_agent()
        mask_urllib3_logs()

    def __enter__(self) -> GuardedClient:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Drop all kept connections."""
        self._pools.close()

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Headers | None = None,
        accept: Sequence[str] = (),
        max_bytes: int | None = None,
        total_timeout: float | None = None,
        allow_status: Collection[int] = (),
    ) -> Answer:
        """Fetch a document whole.

        Args:
            url: http or https, absolute, without user or password.
            params: query parameters added to those of `url`; None values are left out, lists repeated.
            headers: sent along; those that could be a credential do not follow a redirect to another site.
            accept: media types taken (`text/csv`, `text/*`, `+json`); empty takes any, web pages too.
            max_bytes: instead of `limits.max_bytes`.
            total_timeout: seconds, instead of `limits.total_timeout`.
            allow_status: statuses handed back although they are not a success.

        Raises:
            HttpProblem: one of its subclasses; see `problems`.
        """
        cap = self.limits.max_bytes if max_bytes is None else max_bytes
        full = urls.with_params(url, params)
        call = self._call("GET", full, headers, accept=accept, max_bytes=cap, allow_status=allow_status)
        return self._run(call, total_timeout, lambda stream: to_memory(stream, call))

    def get_json(self, url: str, *, accept: Sequence[str] = JSON, **options: Any) -> Any:
        """Fetch and parse JSON; options as `get`.

        Raises:
            HttpProblem: also `WrongType` for a web page, `BadBody` for what does not parse.
        """
        return self.get(url, accept=accept, **options).json()

    def post_json(
        self,
        url: str,
        payload: Any,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Headers | None = None,
        accept: Sequence[str] = JSON,
        max_bytes: int | None = None,
        total_timeout: float | None = None,
        repeatable: bool = False,
    ) -> Any:
        """Send JSON, parse the JSON answered; options as `get`.

        Args:
            url: as `get`. A redirect is followed only within the same site and when it keeps the method.
            payload: what `json.dumps` takes, without NaN.
            params: as `get`.
            headers: as `get`.
            accept: as `get`.
            max_bytes: as `get`.
            total_timeout: as `get`.
            repeatable: the request only reads (a search, a translation), so that a failed try may be repeated.

        Raises:
            HttpProblem: as `get_json`.
        """
        sent = {**(headers or {}), "Content-Type": "application/json"}
        body = json.dumps(payload, ensure_ascii=False, allow_nan=False).encode("utf-8")
        cap = self.limits.max_bytes if max_bytes is None else max_bytes
        full = urls.with_params(url, params)
        call = self._call("POST", full, sent, accept=accept, max_bytes=cap, body=body, repeatable=repeatable)
        return self._run(call, total_timeout, lambda stream: to_memory(stream, call)).json()

    @contextmanager
    def stream(
        self,
        url: str,
        *,
        headers: Headers | None = None,
        accept: Sequence[str] = (),
        max_bytes: int | None = None,
        total_timeout: float | None = None,
        allow_status: Collection[int] = (),
    ) -> Iterator[Stream]:
        """Open a document and hand its body on in pieces, at constant memory.

        Only the opening is tried again: once bytes were handed on, a failure is raised. `Range` and the conditional
        headers may be among `headers`; then 206 and 304 are answers. A gateway also allows 416.

        Args:
            url: as `get`.
            headers: as `get`.
            accept: as `get`; the body itself is not looked at.
            max_bytes: instead of `limits.max_stream_bytes`.
            total_timeout: as `get`; the reader's own time counts too.
            allow_status: as `get`.

        Yields:
            The answer, with status and headers; iterate it for the body.

        Raises:
            HttpProblem: on opening and, during the iteration, also `TooLarge`, `TooSlow`, `BadBody`…
        """
        cap = self.limits.max_stream_bytes if max_bytes is None else max_bytes
        sent = {"Accept-Encoding": "identity", **(headers or {})}
        call = self._call("GET", url, sent, accept=accept, max_bytes=cap, allow_status=allow_status)
        stream = self._run(call, total_timeout, lambda opened: opened, keep=True)
        try:
            yield stream
        finally:
            stream.close()

    def download(
        self,
        url: str,
        path: str | os.PathLike[str],
        *,
        params: Mapping[str, Any] | None = None,
        headers: Headers | None = None,
        accept: Sequence[str] = (),
        max_bytes: int | None = None,
        total_timeout: float | None = None,
    ) -> Download:
        """Write a document to a file, which appears whole or not at all (readable by this user only).

        Args:
            url: as `get`.
            path: replaced if it exists; its folder must exist.
            params: as `get`.
            headers: as `get`.
            accept: as `get`, except that a web page is never taken unless `text/html` is named.
            max_bytes: instead of `limits.max_stream_bytes`.
            total_timeout: as `get`.

        Raises:
            HttpProblem: as `get`; then `path` is as it was.
            OSError: the disk.
        """
        cap = self.limits.max_stream_bytes if max_bytes is None else max_bytes
        call = self._call("GET", urls.with_params(url, params), headers, accept=accept, max_bytes=cap)
        return self._run(call, total_timeout, lambda stream: to_file(stream, call, Path(path)))

    def _call(
        self, method: str, url: str, headers: Headers | None, *, accept: Sequence[str], max_bytes: int, **rest: Any
    ) -> Call:
        given = clean_headers(headers or {}, url)
        # A part of a packed body cannot be unpacked, so a range is asked for as it is.
        packing = "identity" if "range" in given else "gzip"
        ours = {"user-agent": self._agent, "accept": accept_header(accept), "accept-encoding": packing}
        return Call(method, url, {**ours, **given}, max_bytes=max_bytes, accept=tuple(accept), **rest)

    def _run(self, call: Call, total: float | None, consume: Callable[[Stream], T], *, keep: bool = False) -> T:
        """Try, and try again while that makes sense; `keep` leaves the stream open for the caller."""
        budget = Budget(
            call.url,
            total=self.limits.total_timeout if total is None else total,
            read=self.limits.read_timeout,
            should_stop=self._should_stop,
            clock=self._clock,
            sleep=self._sleep,
        )
        attempt = 0
        while True:
            stream: Stream | None = None
            try:
                stream = self._exchange.open(call, budget)
                return consume(stream)
            except HttpProblem as problem:
                problem.attempts = attempt + 1
                if self.limits.secret:
                    problem.forget_address()
                wait = self._wait(call, problem, attempt)
                if wait is None or not budget.allows(wait):
                    _tell(problem)
                    raise
                log.info("%s; try %d again in %.1f s", problem, attempt + 1, wait)
            finally:
                if stream is not None and not keep:
                    stream.close()
            budget.wait(wait)
            attempt += 1

    def _wait(self, call: Call, problem: HttpProblem, attempt: int) -> float | None:
        """Seconds before the next try, or None when there is to be none."""
        asked = problem.retry_after or 0.0
        if asked:
            host = urls.host_of(call.url)
            self._pacer.hold(host, min(asked, self.limits.max_retry_after))
        if not (problem.retryable and call.repeatable) or attempt >= self.limits.retries:
            return None
        if asked > self.limits.max_retry_after:
            return None
        return max(asked, pace.backoff(attempt, self.limits.backoff, self.limits.max_backoff))


def _tell(problem: HttpProblem) -> None:
    level = logging.WARNING if isinstance(problem, Refused) else logging.INFO
    log.log(level, "%s%s", problem, f" ({problem.detail})" if problem.detail else "")
