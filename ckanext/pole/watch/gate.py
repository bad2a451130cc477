"""The outermost door: health and figures answer here even if CKAN cannot, and a failure says what it is.

An answer that failed while a service was away becomes a 503 in words that asks to come back, for a person, or in
CKAN's form of an error, for a program. One that failed with every service well stays as it is: that is our fault.
"""

from __future__ import annotations

import hmac
import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from html import escape
from importlib.resources import files
from string import Template
from typing import Any, Protocol

from werkzeug.wsgi import ClosingIterator

from ckanext.pole.guard import policy
from ckanext.pole.http.environment import AWAY
from ckanext.pole.watch import requests
from ckanext.pole.watch.services import Health, ask_all

log = logging.getLogger(__name__)

RETRY_AFTER = 30
"""Seconds that a visitor is asked to wait."""
REMEMBERED = 1.0
"""Seconds that one look at the services serves for all: failures come in crowds."""
_PAGE = Template(files(__package__ or "").joinpath("unavailable.html").read_text("utf-8"))
#: The page needs nothing but its own style; its only script is none.
_GUARDED = (
    ("Content-Security-Policy", policy.content_policy(policy.inline(_PAGE.template))),
    *policy.common(secure=False).items(),
)
_SAID = "Un service ne répond pas, réessayez dans un instant · a service does not answer, try again in a moment"

Environ = dict[str, Any]
Start = Callable[..., Any]


class Database(Protocol):
    """What the gate asks of `frozen.Watch`."""

    def is_silent(self, since: float = float("inf")) -> bool:
        """Whether it is known to be frozen, or was at some moment after `since`."""
        ...

    def waiting(self) -> AbstractContextManager[None]:
        """An answer, or a piece of its body, is made inside."""
        ...


class Gate:
    """WSGI middleware around CKAN.

    Args:
        app: what is inside.
        settings: CKAN's configuration, for the services' addresses.
        token: what a reader of the figures must show; empty: nobody may read them.
        figures: gives the figures in Prometheus' text format.
        ask: how the services are asked.
        database: knows whether the database is frozen, and is told who may wait for it.
        failed: called when what is inside has raised instead of answering. CKAN lets go of its session with an answer:
            without one the thread's next visitor, and everyone after, would be given its broken transaction.
    """

    def __init__(
        self,
        app: Callable[[Environ, Start], Iterable[bytes]],
        settings: Mapping[str, object],
        token: str = "",
        figures: Callable[[], bytes] = bytes,
        ask: Callable[[Mapping[str, object]], list[Health]] = ask_all,
        *,
        database: Database | None = None,
        failed: Callable[[], object] = lambda: None,
    ) -> None:
        self.app, self.settings, self.token, self.figures, self.ask = app, settings, token, figures, ask
        self.database, self.failed = database, failed
        self._lock = threading.Lock()
        self._seen: tuple[float, list[Health]] = (float("-inf"), [])

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """Answer one request."""
        number = requests.number(environ.get("HTTP_X_REQUEST_ID"))
        requests.current.set(number)
        path = environ.get("PATH_INFO", "")
        if path.startswith("/pole/health"):
            return self._health(path, start, number)
        if path == "/pole/metrics":
            return self._metrics(environ, start, number)
        if self.database is None:
            return self._inside(environ, start, number)
        if self.database.is_silent():  # a crowd would take every thread to find out what one has
            return self._unavailable(environ, start, number)
        with self.database.waiting():
            body = self._inside(environ, start, number)
        if isinstance(body, environ.get("wsgi.file_wrapper", ())):
            return body  # a file, which the server sends in its own way
        return ClosingIterator(_flow(body, self.database), getattr(body, "close", None))

    def services(self, *, after_failure: bool = False) -> list[Health]:
        """The state of the services, at most a second old.

        Args:
            after_failure: something has just failed: that all was well a moment ago is no answer.
        """
        with self._lock:
            stale = time.monotonic() - self._seen[0] > REMEMBERED
            if stale or (after_failure and all(found.ok for found in self._seen[1])):
                self._seen = (time.monotonic(), self.ask(self.settings))
            return self._seen[1]

    def _inside(self, environ: Environ, start: Start, number: str) -> Iterable[bytes]:
        told: list[Any] = []
        started = time.monotonic()

        def hold(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
            told[:] = [status, headers, exc_info]
            return lambda _: None  # CKAN's views return their bodies; nothing writes

        try:
            body = self.app(environ, hold)
        except Exception:
            # CKAN's page of errors asks the database too, and fails in its turn.
            self.failed()
            if not self._away(environ, started):
                raise
            log.exception("Answered 503")
            return self._unavailable(environ, start, number)
        status, headers, exc_info = told
        if self._is_ours(status) and (away := self._away(environ, started)):
            getattr(body, "close", lambda: None)()
            log.error("Answered 503: %s away", ", ".join(away))
            return self._unavailable(environ, start, number)
        start(status, [*headers, (requests.HEADER, number)], *([exc_info] if exc_info else []))
        return body

    def _away(self, environ: Environ, started: float) -> list[str]:
        """The services that a request failed for: frozen, away now, or away when they were asked."""
        if self.database is not None and self.database.is_silent(started):
            return ["postgresql"]
        asked = [found.name for found in self.services(after_failure=True) if not found.ok]
        return asked or list(environ.get(AWAY, ()))

    @staticmethod
    def _is_ours(status: str) -> bool:
        # 502, 503 and 504 were said on purpose, by the gateway or a limit.
        return status[:1] == "5" and status[:3] not in ("502", "503", "504")

    def _unavailable(self, environ: Environ, start: Start, number: str) -> Iterable[bytes]:
        if environ.get("PATH_INFO", "").startswith("/api/"):
            error = {"__type": "Service Unavailable", "message": _SAID, "request": number}
            kind, text = "application/json;charset=utf-8", json.dumps({"success": False, "error": error})
        else:
            kind, text = "text/html; charset=utf-8", _PAGE.substitute(request=escape(number))
        more = [("Retry-After", str(RETRY_AFTER)), *_GUARDED]
        return _answer(start, "503 Service Unavailable", kind, text.encode(), number=number, more=more)

    def _health(self, path: str, start: Start, number: str) -> Iterable[bytes]:
        """`/live`: this process answers. `/ready` and the bare path: so does all that it needs; each service named."""
        if path == "/pole/health/live":
            return _answer(start, "200 OK", "application/json", b'{"ok": true}', number=number)
        if path not in ("/pole/health", "/pole/health/ready"):
            return _answer(start, "404 Not Found", "application/json", b'{"ok": false}', number=number)
        found = self.services()
        well = all(one.ok for one in found)
        told = {
            "ok": well,
            "services": {
                one.name: {"ok": one.ok, "seconds": round(one.seconds, 4)} | ({"error": one.error} if one.error else {})
                for one in found
            },
        }
        status = "200 OK" if well else "503 Service Unavailable"
        return _answer(start, status, "application/json", json.dumps(told).encode(), number=number)

    def _metrics(self, environ: Environ, start: Start, number: str) -> Iterable[bytes]:
        given = environ.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")
        if not self.token or not hmac.compare_digest(given.encode("utf-8", "replace"), self.token.encode()):
            return _answer(start, "403 Forbidden", "text/plain; charset=utf-8", b"403\n", number=number)
        from prometheus_client import CONTENT_TYPE_LATEST

        return _answer(start, "200 OK", CONTENT_TYPE_LATEST, self.figures(), number=number)


def _flow(body: Iterable[bytes], database: Database) -> Iterator[bytes]:
    """A body, each piece of which may have to come from the database; how long its reader takes is nobody's wait."""
    pieces = iter(body)
    while True:
        with database.waiting():
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece


def _answer(
    start: Start, status: str, kind: str, body: bytes, *, number: str, more: Iterable[tuple[str, str]] = ()
) -> list[bytes]:
    start(status, [
        ("Content-Type", kind), ("Content-Length", str(len(body))), ("Cache-Control", "no-store"),
        (requests.HEADER, number), *more,
    ])  # fmt: skip
    return [body]
