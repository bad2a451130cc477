"""Fault switches: what a source does on a bad day, on demand.

A fault waits for matching requests and spoils their answers a given number of
times. Faults on the data (a page too short, an id twice) change the reply
before it is written; faults on the wire (slow, endless, dropped) are told to
the HTTP loop, which carries them out.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from fnmatch import fnmatch
from typing import Any

from pole_demo.reply import Reply, Request

WIRE = ("cut", "endless", "slow", "drop")


@dataclass
class Fault:
    """One fault.

    Args:
        kind: one of `KINDS`.
        path: shell pattern of the request's path (`*` matches all).
        params: parameters the request must carry, with these values.
        times: how many answers to spoil; None spoils them all.
        after: how many matching requests to let through first.
        retry_after: seconds announced by a 429 or 503.
        status: HTTP status of `error`.
        location: where `redirect` sends.
        delay: seconds between two pieces of a `slow` body, and before the first.
        chunk: bytes of one piece of a `slow` body.
        limit: bytes after which an `endless` body stops all the same.
    """

    kind: str
    path: str = "*"
    params: dict[str, str] = field(default_factory=dict)
    times: int | None = None
    after: int = 0
    retry_after: int = 1
    status: int = 500
    location: str = "http://127.0.0.1:1/"
    delay: float = 0.2
    chunk: int = 64
    limit: int = 512 * 1024 * 1024
    seen: int = 0

    def __post_init__(self) -> None:
        """Refuse an unknown kind at once.

        Raises:
            ValueError: `kind` is not known.
        """
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault {self.kind!r}; known: {', '.join(KINDS)}")

    def takes(self, request: Request) -> bool:
        """Tell whether this fault spoils `request`, and count it."""
        if not fnmatch(request.path, self.path):
            return False
        if self.params:
            given = request.params()
            if any(str(given.get(name)) != str(value) for name, value in self.params.items()):
                return False
        self.seen += 1
        return self.seen > self.after and (self.times is None or self.seen <= self.after + self.times)


class Faults:
    """The faults in force on one server. Safe to change from another thread."""

    def __init__(self, faults: list[Fault] | None = None) -> None:
        """Start with `faults`, tried in order: the first that matches wins."""
        self._lock = threading.Lock()
        self._faults = list(faults or [])

    def add(self, kind: str, **options: Any) -> Fault:
        """Put a fault in force.

        Raises:
            ValueError: unknown kind.
            TypeError: unknown option.
        """
        fault = Fault(kind, **options)
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Take every fault away."""
        with self._lock:
            self._faults.clear()

    def list(self) -> list[dict[str, Any]]:
        """Give the faults in force as plain data."""
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def match(self, request: Request) -> Fault | None:
        """Find the fault that spoils `request`, if one does."""
        with self._lock:
            return next((fault for fault in self._faults if fault.takes(request)), None)


def spoil(fault: Fault, reply: Reply) -> Reply:
    """Give the spoilt answer; a fault of the wire leaves the answer as it is."""
    return KINDS[fault.kind](fault, reply)


#: How lists look: the key of the records, and the key of their number where the protocol tells it.
SHAPES = (
    ("contents", "total_items"),  # HSDS
    ("results", "count"),  # CKAN
    ("results", "total_count"),  # Opendatasoft
    ("results", "resultSetSize"),  # Socrata
    ("features", "numberMatched"),  # ArcGIS Hub
    ("dataset", None),  # DCAT-US
    ("datasets", "total"),  # a catalogue in RDF, before it is written
)


def _records(data: Any) -> tuple[dict[str, Any], str, str | None] | None:
    """Find the list of records of a page: its holder, the list's key and the total's key."""
    for page in (data, data.get("result") if isinstance(data, dict) else None):
        for rows, total in SHAPES:
            if isinstance(page, dict) and isinstance(page.get(rows), list) and (total is None or total in page):
                return page, rows, total
    return None


def _edit(change: Callable[[dict[str, Any], str, str | None], None]) -> Callable[[Fault, Reply], Reply]:
    """Turn a change of the page into a fault that works on a copy of the data."""

    def apply(_fault: Fault, reply: Reply) -> Reply:
        data = copy.deepcopy(reply.data)
        found = _records(data)
        if found:
            change(*found)
        return replace(reply, data=data)

    return apply


def _short_page(page: dict[str, Any], rows: str, total: str | None) -> None:
    del page[rows][len(page[rows]) // 2 :]


def _duplicate(page: dict[str, Any], rows: str, total: str | None) -> None:
    if len(page[rows]) > 1:
        page[rows][-1] = copy.deepcopy(page[rows][0])


def _empty(page: dict[str, Any], rows: str, total: str | None) -> None:
    page[rows] = []
    if total:
        page[total] = 0
    if "empty" in page:
        page.update(empty=True, size=0, total_pages=0, first_page=True, last_page=True)


def _drift(page: dict[str, Any], rows: str, total: str | None) -> None:
    if total:
        page[total] += 7


def _bad_record(page: dict[str, Any], rows: str, total: str | None) -> None:
    if page[rows]:
        page[rows][0] = {"id": page[rows][0].get("id"), "name": None, "title": 17, "resources": "?", "status": []}


def _as_is(_fault: Fault, reply: Reply) -> Reply:
    return reply


def _limited(fault: Fault, _reply: Reply) -> Reply:
    return Reply(429, data={"message": "Too Many Requests"}, headers={"Retry-After": str(fault.retry_after)})


def _unavailable(fault: Fault, _reply: Reply) -> Reply:
    return Reply(503, data={"message": "Service Unavailable"}, headers={"Retry-After": str(fault.retry_after)})


def _error(fault: Fault, _reply: Reply) -> Reply:
    return Reply(fault.status, data="Internal Server Error")


def _html(_fault: Fault, _reply: Reply) -> Reply:
    page = b"<!DOCTYPE html><html><head><title>Maintenance</title></head><body>Maintenance en cours</body></html>"
    return Reply(200, body=page, content_type="text/html; charset=utf-8")


def _rbac(_fault: Fault, _reply: Reply) -> Reply:
    return Reply(200, body=b"RBAC: access denied", content_type="text/plain")


def _broken_json(_fault: Fault, reply: Reply) -> Reply:
    whole = reply.content()
    return Reply(reply.status, body=whole[: max(1, len(whole) // 2)], content_type=reply.content_type)


def _no_body(_fault: Fault, reply: Reply) -> Reply:
    return Reply(reply.status, body=b"", content_type=reply.content_type)


def _unsuccessful(_fault: Fault, _reply: Reply) -> Reply:
    return Reply(200, data={"help": "help", "success": False, "result": None})


def _redirect(fault: Fault, _reply: Reply) -> Reply:
    return Reply(302, body=b"", content_type="text/plain", headers={"Location": fault.location})


#: Every kind of fault. The first rows are answers, then pages, then the wire.
KINDS: dict[str, Callable[[Fault, Reply], Reply]] = {
    "rate-limit": _limited,
    "unavailable": _unavailable,
    "error": _error,
    "html": _html,
    "rbac": _rbac,
    "redirect": _redirect,
    "unsuccessful": _unsuccessful,
    "no-body": _no_body,
    "broken-json": _broken_json,
    "short-page": _edit(_short_page),
    "duplicate-ids": _edit(_duplicate),
    "empty": _edit(_empty),
    "count-drift": _edit(_drift),
    "bad-record": _edit(_bad_record),
    "cut": _as_is,
    "endless": _as_is,
    "slow": _as_is,
    "drop": _as_is,
}
