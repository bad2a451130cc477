"""One request and its answer: send, follow redirects by the rules, turn a bad status into a problem."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from urllib3 import PoolManager
from urllib3.response import BaseHTTPResponse
from urllib3.util import Timeout, Url

from ckanext.pole.http import pace, urls
from ckanext.pole.http.answers import Stream
from ckanext.pole.http.bodies import read_chunks, translated
from ckanext.pole.http.budget import Budget, current
from ckanext.pole.http.contents import check_type, is_refusal
from ckanext.pole.http.limits import Limits
from ckanext.pole.http.problems import (
    BadBody,
    ClientFailed,
    HttpProblem,
    Refused,
    ServerFailed,
    Throttled,
)

log = logging.getLogger(__name__)

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MAX_ERROR_BODY = 65_536  # bytes kept of an error page

# Headers that may follow a redirect to another site. All others may hold a key under any name, so they stay behind.
_HARMLESS = frozenset(
    {"accept", "accept-encoding", "accept-language", "user-agent", "range"}
    | {"if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range"}
)
# Ours to set; from a caller they would break framing or the check of the host.
_OURS = frozenset({"host", "connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "expect"})
_CONDITIONAL = frozenset({"if-none-match", "if-modified-since"})
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\x20-\x7e\t]*")
_CODES = {401: "login_required", 403: "forbidden", 404: "not_found", 410: "not_found"}


@dataclass(frozen=True)
class Call:
    """What is asked for, the same over all tries.

    Attributes:
        method: GET or POST.
        url: as the caller gave it.
        headers: lower-case names.
        body: of a POST.
        accept: media types taken, see `contents.takes`; none means any.
        allow_status: statuses handed back that would else be problems.
        max_bytes: cap of the body.
        repeatable: whether asking twice does no harm.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    max_bytes: int
    body: bytes | None = None
    accept: tuple[str, ...] = ()
    allow_status: Collection[int] = field(default_factory=frozenset)
    repeatable: bool = True

    @property
    def conditional(self) -> bool:
        """Whether "nothing new" (304) is an answer to it."""
        return not _CONDITIONAL.isdisjoint(self.headers)


def clean_headers(headers: Mapping[str, str], url: str) -> dict[str, str]:
    """Check the caller's headers and give them lower-case names.

    Raises:
        Refused: `bad_header`, without repeating the value: it may be a key.
        ValueError: a header that the client itself sets (a fault of our code, not of the source).
    """
    clean: dict[str, str] = {}
    for name, value in headers.items():
        if name.lower() in _OURS or name.lower().startswith("proxy-"):
            raise ValueError(f"the client sets the header {name!r} itself")
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise Refused("bad_header", url, detail=f"header {name[:40]!r}")
        clean[name.lower()] = value
    return clean


class Exchange:
    """Carries one `Call` out, once.

    Args:
        limits: the numbers.
        pools: gives the pool manager for an address (direct, or through a proxy).
        pacer: spreads requests over time.
    """

    def __init__(self, limits: Limits, pools: Callable[[Url, Budget], PoolManager], pacer: pace.Pace) -> None:
        self._limits = limits
        self._pools = pools
        self._pacer = pacer

    def open(self, call: Call, budget: Budget) -> Stream:
        """Send and follow redirects until an answer that can be used.

        Raises:
            HttpProblem: whatever went wrong; no connection stays behind.
        """
        url = _acceptable(urls.read_url, call.url, call.url)
        headers = dict(call.headers)
        for _ in range(self._limits.max_redirects + 1):
            response = self._send(call, url, headers, budget)
            location = response.headers.get("Location")
            if response.status not in REDIRECTS or response.status in call.allow_status or not location:
                return self._judge(call, url, response, budget)
            response.close()
            target = _acceptable(urls.redirect_target, call.url, url, location)
            if call.method != "GET" and (response.status not in (307, 308) or not urls.same_owner(url, target)):
                raise Refused("redirected_post", call.url, status=response.status)
            if not urls.same_owner(url, target):
                headers = {name: value for name, value in headers.items() if name in _HARMLESS}
            url = target
        raise Refused("too_many_redirects", call.url, limit=self._limits.max_redirects)

    def _send(self, call: Call, url: Url, headers: Mapping[str, str], budget: Budget) -> BaseHTTPResponse:
        host = url.host or ""
        delay = self._pacer.reserve(host)
        if not budget.allows(delay):
            raise Throttled("throttled", call.url, retry_after=delay, detail="the pause outlasts this call")
        budget.wait(delay)
        manager = self._pools(url, budget)
        timeout = Timeout(connect=self._limits.connect_timeout, read=self._limits.read_timeout)
        token = current.set(budget)
        try:
            with translated(call.url):
                response = manager.urlopen(
                    call.method,
                    url.url,
                    body=call.body,
                    headers=dict(headers),
                    redirect=False,
                    retries=False,
                    timeout=timeout,
                    preload_content=False,
                    decode_content=False,
                )
        finally:
            current.reset(token)
        log.debug("%s %s: %s", call.method, "…" if self._limits.secret else urls.mask_url(url.url), response.status)
        return response

    def _judge(self, call: Call, url: Url, response: BaseHTTPResponse, budget: Budget) -> Stream:
        stream = Stream(response, url.url, call.max_bytes, budget)
        try:
            self._check(call, stream)
        except BaseException:
            stream.close()
            raise
        return stream

    def _check(self, call: Call, stream: Stream) -> None:
        status = stream.status
        if status in call.allow_status or (status == 304 and call.conditional):
            return
        if status == 206 and "range" not in call.headers:
            raise BadBody("partial", call.url, status=status)
        if status == 202 and call.repeatable:  # ArcGIS Hub, while it prepares an export
            wait = pace.retry_after(stream.headers)
            raise ServerFailed("not_ready", call.url, status=status, retryable=True, retry_after=wait)
        if 200 <= status < 300:
            check_type(stream.headers.get("Content-Type") or "", call.accept, call.url)
            return
        raise self._failure(call, stream)

    def _failure(self, call: Call, stream: Stream) -> HttpProblem:
        status, retryable = stream.status, stream.status in pace.PASSING
        wait = pace.retry_after(stream.headers) if retryable else None
        if status == 429:
            return Throttled("throttled", call.url, status=status, retryable=True, retry_after=wait)
        if status >= 500:
            return ServerFailed("server_failed", call.url, status=status, retryable=retryable, retry_after=wait)
        body = _start_of(stream)
        code = "portal_refusal" if is_refusal(body) else _CODES.get(status, "client_failed")
        return ClientFailed(code, call.url, status=status, retryable=retryable, retry_after=wait, body=body)


def _acceptable(reader: Callable[..., Url], shown: str, *args: object) -> Url:
    """Read an address, or say why it is refused."""
    try:
        return reader(*args)
    except urls.BadUrl as error:
        raise Refused(str(error), shown) from None


def _start_of(stream: Stream) -> bytes:
    """First bytes of an error page; a damaged one does not hide the status."""
    kept = bytearray()
    try:
        for chunk in read_chunks(stream.response, stream.url, MAX_ERROR_BODY * 16):
            kept += chunk
            if len(kept) >= MAX_ERROR_BODY:
                break
    except HttpProblem as problem:
        if problem.code == "interrupted":
            raise
    return bytes(kept[:MAX_ERROR_BODY])
