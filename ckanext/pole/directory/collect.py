"""Open the envelopes of one reading and lay the records side by side; redaction decides what becomes of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .merging import merge
from .records import KINDS, Location, Organization, Record, Service, ServiceAtLocation, TaxonomyTerm
from .redacted import Report
from .sensitive import NO_FLAGS, Flags, Raw, Rejected, unseal


@dataclass
class Collected:
    """Records by upstream id, and the flags of those that have any."""

    organizations: dict[str, Organization] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    locations: dict[str, Location] = field(default_factory=dict)
    links: dict[str, ServiceAtLocation] = field(default_factory=dict)
    terms: dict[str, TaxonomyTerm] = field(default_factory=dict)
    flags: dict[tuple[str, str], Flags] = field(default_factory=dict)

    def flags_of(self, kind: str, source_id: str) -> Flags:
        """Give the flags of a record."""
        return self.flags.get((kind, source_id), NO_FLAGS)


def collect(items: Iterable[Raw[Any] | Rejected], report: Report) -> Collected:
    """Take in sealed records; two copies of one id become one, hiding what either hides."""
    found = Collected()
    shelves: dict[str, dict[str, Any]] = dict(
        zip(KINDS, (found.organizations, found.services, found.locations, found.links, found.terms), strict=True)
    )
    for item in items:
        if isinstance(item, Rejected):
            report.rejected.append(item)
            continue
        record, flags = unseal(item)
        _shelve(shelves[item.kind], item.kind, record, report)
        if flags is not NO_FLAGS:
            key = (item.kind, record.id)
            found.flags[key] = found.flags.get(key, NO_FLAGS) | flags
    return found


def _shelve(shelf: dict[str, Any], kind: str, record: Record, report: Report) -> None:
    known = shelf.get(record.id)
    if known is None:
        shelf[record.id] = record
        report.read[kind] += 1
    elif known != record:
        report.duplicates[kind] += 1
        shelf[record.id] = merge(known, record)
