"""A chain of rows in which each one vouches for all before it. Pure.

A row's hash is the SHA-256 of its content and of the hash before it, so that a row changed, removed, added or moved
anywhere breaks the chain from there on. Old rows may be pruned: an anchor keeps the place and the hash of the last
one that went, and the chain goes on from it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

#: The hash before the first row.
GENESIS = "0" * 64
#: What a row says, in no particular order: the hash sorts them.
FACTS = (
    "event", "user_id", "org_id", "dataset_id", "resource_id", "policy_id", "agreement_id", "request_id",
    "channel", "outcome", "code", "details",
)  # fmt: skip
OUTCOMES = ("allow", "deny", "done", "failed")
CHANNELS = ("", "page", "api", "gateway", "datastore", "xloader", "cli")

_EVENT = re.compile(r"[a-z]+([._][a-z]+)*")
_ID = re.compile(r"[\w.:-]{0,100}")
_MAX_DETAILS = 2_000


class LedgerError(ValueError):
    """What was to be recorded is not something that the ledger takes."""


@dataclass(frozen=True)
class Link:
    """A place in the chain: the number of a row and its hash."""

    seq: int = 0
    hash: str = GENESIS


@dataclass(frozen=True)
class Row:
    """One row of the ledger.

    Attributes:
        seq: its number; the first is 1, and none is left out.
        at: when, UTC, as `stamp` writes it.
        facts: what happened, see `FACTS`.
        prev_hash: of the row before.
        hash: of this one.
    """

    seq: int
    at: str
    facts: Mapping[str, Any] = field(repr=False)
    prev_hash: str
    hash: str


@dataclass(frozen=True)
class Finding:
    """A place where the chain does not hold.

    Attributes:
        seq: of the row where it shows.
        code: `changed`, `missing`, `unlinked` or `head`.
    """

    seq: int
    code: str


def stamp(moment: datetime) -> str:
    """A moment as the ledger writes it: UTC, to the microsecond."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def clean(event: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a row, complete and checked.

    Args:
        event: what happened, as `noun.verb`.
        facts: the rest of `FACTS`; what is not given is empty.

    Raises:
        LedgerError: an unknown fact, or one that is not an identifier or a short code.
    """
    if not _EVENT.fullmatch(event) or len(event) > 60:
        raise LedgerError(f"not an event: {event[:60]!r}")
    unknown = set(facts) - set(FACTS)
    if unknown:
        raise LedgerError(f"not facts of the ledger: {sorted(unknown)}")
    row = {name: facts.get(name) or "" for name in FACTS if name != "details"}
    row["event"] = event
    for name, value in row.items():
        if not isinstance(value, str) or not _ID.fullmatch(value):
            raise LedgerError(f"not an identifier: {name}")
    if row["outcome"] not in OUTCOMES or row["channel"] not in CHANNELS:
        raise LedgerError("unknown outcome or channel")
    row["details"] = _details(facts.get("details") or {})
    return row


def _details(given: Mapping[str, Any]) -> dict[str, str | int | bool]:
    for name, value in given.items():
        # A float is not written alike everywhere, and so would not hash alike.
        if not isinstance(name, str) or not isinstance(value, (str, int)):
            raise LedgerError(f"details are texts, whole numbers or yes and no: {name!r}")
    details = dict(sorted(given.items()))
    if len(json.dumps(details)) > _MAX_DETAILS:
        raise LedgerError("details are too long")
    return details


def digest(seq: int, at: str, facts: Mapping[str, Any], prev_hash: str) -> str:
    """The hash of a row: SHA-256 over its canonical JSON (sorted keys, no spaces, UTF-8), as in RFC 8785's spirit."""
    content = {**{name: facts[name] for name in FACTS}, "seq": seq, "at": at, "prev_hash": prev_hash}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def append(head: Link, at: str, facts: Mapping[str, Any]) -> Row:
    """The row that comes after `head`."""
    seq = head.seq + 1
    return Row(seq, at, facts, head.hash, digest(seq, at, facts, head.hash))


class Verifier:
    """Walks along a chain, row after row, at constant memory.

    Args:
        start: what the first row must follow: the last anchor, or nothing.
        limit: findings kept; a chain that was rewritten has one per row.
    """

    def __init__(self, start: Link = Link(), limit: int = 100) -> None:
        self.start = self.last = start
        self.rows = 0
        self.findings: list[Finding] = []
        self._limit = limit

    def feed(self, rows: Iterable[Row]) -> None:
        """Walk over some more rows, in the order of their numbers."""
        for row in rows:
            self.rows += 1
            if row.seq != self.last.seq + 1:
                self._found(self.last.seq + 1, "missing")
            elif row.prev_hash != self.last.hash:
                self._found(row.seq, "unlinked")
            if digest(row.seq, row.at, row.facts, row.prev_hash) != row.hash:
                self._found(row.seq, "changed")
            self.last = Link(row.seq, row.hash)

    def finish(self, head: Link) -> list[Finding]:
        """Compare the end with the head that writers keep: rows cut off at the end show only here."""
        if self.last != head:
            self._found(max(self.last.seq, head.seq), "head")
        return self.findings

    def _found(self, seq: int, code: str) -> None:
        if len(self.findings) < self._limit:
            self.findings.append(Finding(seq, code))
