"""From a redacted directory to the rows of the published tables, in a fixed order."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from . import columns as c
from .cells import accessibility, address, areas, fees, integer, join, languages, pair, phones, said_hours
from .identifiers import uuid5
from .records import Service, Text
from .redacted import Redacted, checked

Row = tuple[Any, ...]

_ROWS = uuid.UUID("0c7f6a1e-8a57-5d0c-9c1c-6d2b0f6f7a55")
_NOTHING: Text = {}
_CATEGORY = re.compile(r"([A-Z]{1,2})(?:-\d{4}|$)")


@dataclass(frozen=True)
class Table:
    """One published table.

    Attributes:
        name: file name without ending, and key of the resource.
        kind: "csv", or "geojson" for a table whose rows end with latitude and longitude.
        columns: the declared columns; a row has one value for each.
        make: gives the rows, anew at each call.
    """

    name: str
    kind: str
    columns: tuple[c.Column, ...]
    make: Callable[[], Iterator[Row]]

    def rows(self) -> Iterator[Row]:
        """Give the rows, sorted by id."""
        return self.make()

    def records(self) -> Iterator[dict[str, Any]]:
        """Give the rows as dictionaries, for the DataStore."""
        names = [column.id for column in self.columns]
        for row in self.make():
            yield dict(zip(names, row, strict=True))


def table_hash(rows: Iterable[Row]) -> tuple[str, int]:
    """Give the sha256 of rows, the same for the same content whatever file they are written to, and their number."""
    digest = hashlib.sha256()
    count = 0
    for row in rows:
        digest.update(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode("utf-8"))
        digest.update(b"\n")
        count += 1
    return digest.hexdigest(), count


def content_hash(redacted: Redacted) -> str:
    """Give the sha256 of all records, those parts included that only the HSDS package shows."""
    digest = hashlib.sha256()
    for name in ("organizations", "services", "locations", "service_at_locations", "terms"):
        for record in getattr(checked(redacted).directory, name):
            digest.update(repr(record).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def tables(redacted: Redacted) -> tuple[Table, ...]:
    """Give the published tables of a redacted directory."""
    view = View(redacted)
    return (
        Table("services", "csv", c.SERVICES, view.services),
        Table("organizations", "csv", c.ORGANIZATIONS, view.organizations),
        Table("locations", "geojson", (*c.LOCATIONS, *c.POINT), view.locations),
        Table("service_at_location", "geojson", (*c.SERVICE_AT_LOCATION, *c.POINT), view.service_at_locations),
        Table("taxonomy", "csv", c.TAXONOMY, view.taxonomy),
    )


def category(code: str) -> str:
    """Give the main category of an AIRS code: "BD" of "BD-1800.2000"; "" for a term of another taxonomy."""
    found = _CATEGORY.match(code)
    return found[1] if found else ""


class View:
    """Looks up what a row needs from other records."""

    def __init__(self, redacted: Redacted) -> None:
        directory = checked(redacted).directory
        self.redacted = redacted
        self.directory = directory
        self.owners = {owner.id: owner for owner in directory.organizations}
        self.by_id = {service.id: service for service in directory.services}
        self.places = {place.id: place for place in directory.locations}
        self.terms = {term.id: term for term in directory.terms}
        self.by_code = {term.code: term for term in directory.terms if term.code}
        self.links: dict[str, list[Any]] = defaultdict(list)
        for link in directory.service_at_locations:
            self.links[link.service_id].append(link)

    def services(self) -> Iterator[Row]:
        """Give the rows of services."""
        for service in self.directory.services:
            links = self.links[service.id]
            hours = [*service.schedules, *(item for link in links for item in link.schedules)]
            owner = self.owners.get(service.organization_id)
            yield (
                service.id,
                service.source_id,
                service.organization_id or None,
                *pair(owner.name if owner else _NOTHING),
                *pair(service.name),
                *pair(service.alternate_name),
                *pair(service.description),
                service.status,
                service.url or None,
                service.email or None,
                phones(service.phones, *(link.phones for link in links)),
                *pair(service.application_process),
                *self._eligibility(service),
                *pair(fees(service)),
                *pair(join((part.document for part in service.required_documents), "; ")),
                *pair(service.wait_time),
                *pair(service.interpretation_services),
                *languages(service),
                *said_hours(hours),
                *pair(areas(service, *links)),
                self._codes(service),
                *pair(service.alert),
                len({link.location_id for link in links}),
                service.last_modified or None,
            )

    def organizations(self) -> Iterator[Row]:
        """Give the rows of organisations."""
        counts = Counter(service.organization_id for service in self.directory.services)
        for owner in self.directory.organizations:
            yield (
                owner.id,
                owner.source_id,
                *pair(owner.name),
                *pair(owner.alternate_name),
                *pair(owner.description),
                owner.website or None,
                owner.email or None,
                phones(owner.phones),
                owner.legal_status or None,
                integer(owner.year_incorporated),
                owner.parent_organization_id or None,
                counts[owner.id],
            )

    def locations(self) -> Iterator[Row]:
        """Give the rows of locations, the point last."""
        counts = Counter(link.location_id for link in self.directory.service_at_locations)
        for place in self.directory.locations:
            yield (
                place.id,
                place.source_id,
                place.organization_id or None,
                *pair(place.name),
                *pair(place.alternate_name),
                *pair(place.description),
                place.location_type,
                *address(place),
                place.id in self.redacted.withheld,
                phones(place.phones),
                *pair(place.transportation),
                *pair(accessibility(place)),
                *said_hours(place.schedules),
                counts[place.id],
                place.latitude,
                place.longitude,
            )

    def service_at_locations(self) -> Iterator[Row]:
        """Give the rows of services at locations, the point last."""
        for link in self.directory.service_at_locations:
            service, place = self.by_id[link.service_id], self.places[link.location_id]
            owner = self.owners.get(service.organization_id)
            hours = link.schedules or service.schedules or place.schedules
            yield (
                link.id,
                link.source_id,
                link.service_id,
                link.location_id,
                service.organization_id or None,
                *pair(service.name),
                *pair(owner.name if owner else _NOTHING),
                *pair(place.name),
                *pair(link.description or service.description),
                *address(place),
                place.id in self.redacted.withheld,
                phones(link.phones, service.phones, place.phones),
                service.url or None,
                *self._eligibility(service),
                *pair(fees(service)),
                *languages(service, place),
                *said_hours(hours),
                *pair(accessibility(place)),
                *pair(areas(link, service)),
                self._codes(service),
                place.latitude,
                place.longitude,
            )

    def taxonomy(self) -> Iterator[Row]:
        """Give one row for each term of each service, sorted by id."""
        return iter(sorted(self._taxonomy()))

    def _taxonomy(self) -> Iterator[Row]:
        for service in self.directory.services:
            for key in service.terms:
                term = self.terms[key]
                code = term.code or term.source_id
                group = category(code)
                named = self.by_code.get(group)
                yield (
                    uuid5(_ROWS, f"{service.id}/{key}"),
                    service.id,
                    key,
                    code,
                    *pair(term.name),
                    group or None,
                    *pair(named.name if named else _NOTHING),
                    term.taxonomy or None,
                )

    def _codes(self, service: Service) -> str | None:
        codes = sorted({self.terms[key].code or self.terms[key].source_id for key in service.terms})
        return ";".join(codes) or None

    def _eligibility(self, service: Service) -> tuple[Any, ...]:
        return (*pair(service.eligibility_description), integer(service.minimum_age), integer(service.maximum_age))
