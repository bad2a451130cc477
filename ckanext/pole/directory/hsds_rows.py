"""From a redacted directory to the rows of the HSDS 3.1 tables, in one language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from . import hsds_values as v
from .hsds_schema import BY_NAME
from .identifiers import Ids
from .merging import part_keys
from .records import Schedule, Text
from .redacted import Redacted, checked

Values = dict[str, Any]

_SERVICE_TEXTS = (
    "name",
    "alternate_name",
    "description",
    "interpretation_services",
    "application_process",
    "fees_description",
    "wait_time",
    "accreditations",
    "eligibility_description",
    "alert",
)
_UNKNOWN = {"fr": "Organisme non précisé à la source", "en": "Organization not given by the source"}
_CLOSED = {"fr": "Fermé", "en": "Closed"}


class Rows:
    """Gives the rows of each table.

    Args:
        redacted: the directory.
        ids: makes the ids of parts.
        language: the language to write; the other one stands in where it is missing.
    """

    def __init__(self, redacted: Redacted, ids: Ids, language: str) -> None:
        self._directory = checked(redacted).directory
        self._ids = ids
        self._language = language
        self._unknown = ids.of("organization", "pole:unknown")
        self.incomplete: Counter[str] = Counter()

    def of(self, name: str) -> Iterator[Values]:
        """Give the complete rows of a table, sorted by id; a row that lacks a required value is counted, not given."""
        required = BY_NAME[name].required
        rows = []
        for row in getattr(self, f"_{name}_rows")():
            if all(row.get(column) not in (None, "") for column in required):
                rows.append(row)
            else:
                self.incomplete[name] += 1
        return iter(sorted(rows, key=lambda row: row["id"]))

    def say(self, text: Text) -> str:
        """Say a text in the language of this package, else in the other one."""
        return text.get(self._language) or text.get("fr") or text.get("en") or ""

    def _organization_rows(self) -> Iterator[Values]:
        for owner in self._directory.organizations:
            name = self.say(owner.name)
            yield {
                "id": owner.id,
                "name": name,
                "alternate_name": self.say(owner.alternate_name),
                "description": self.say(owner.description) or name,
                "email": v.email(owner.email),
                "website": v.link(owner.website),
                "year_incorporated": owner.year_incorporated,
                "legal_status": owner.legal_status,
                "parent_organization_id": owner.parent_organization_id,
            }
        if any(not service.organization_id for service in self._directory.services):
            said = self.say(_UNKNOWN)
            yield {"id": self._unknown, "name": said, "description": said}

    def _service_rows(self) -> Iterator[Values]:
        for service in self._directory.services:
            yield {
                "id": service.id,
                "organization_id": service.organization_id or self._unknown,
                **{word: self.say(getattr(service, word)) for word in _SERVICE_TEXTS},
                "url": v.link(service.url),
                "email": v.email(service.email),
                "status": service.status,
                "minimum_age": service.minimum_age,
                "maximum_age": service.maximum_age,
                "last_modified": v.moment(service.last_modified),
            }

    def _location_rows(self) -> Iterator[Values]:
        for place in self._directory.locations:
            yield {
                "id": place.id,
                "location_type": place.location_type,
                "url": v.link(place.url),
                "organization_id": place.organization_id,
                **{
                    word: self.say(getattr(place, word))
                    for word in ("name", "alternate_name", "description", "transportation")
                },
                "latitude": place.latitude,
                "longitude": place.longitude,
                "external_identifier": place.source_id if place.source_id != place.id else "",
                "external_identifier_type": "source" if place.source_id != place.id else "",
            }

    def _service_at_location_rows(self) -> Iterator[Values]:
        for link in self._directory.service_at_locations:
            yield {
                "id": link.id,
                "service_id": link.service_id,
                "location_id": link.location_id,
                "description": self.say(link.description),
            }

    def _owners(self, kind: str) -> Iterator[tuple[str, str, Any]]:
        """Give (column of the owner, id of the part, part) for each part of a kind, in all records that have it."""
        directory = self._directory
        for column, records in (
            ("organization_id", directory.organizations),
            ("service_id", directory.services),
            ("location_id", directory.locations),
            ("service_at_location_id", directory.service_at_locations),
        ):
            for record in records:
                parts = getattr(record, kind, ())
                for key, part in zip(part_keys(parts), parts, strict=True):
                    yield column, record.id, (self._ids.child(record.id, kind, repr(key)), part)

    def _address_rows(self) -> Iterator[Values]:
        for column, owner, (key, part) in self._owners("addresses"):
            yield {
                "id": key,
                column: owner,
                "address_1": part.address_1 or part.address_2,
                "address_2": part.address_2 if part.address_1 else "",
                "city": part.city,
                "region": part.region,
                "state_province": part.state_province,
                "postal_code": part.postal_code,
                "country": v.country(part),
                "address_type": part.address_type,
            }

    def _phone_rows(self) -> Iterator[Values]:
        for column, owner, (key, part) in self._owners("phones"):
            yield {
                "id": key,
                column: owner,
                "number": part.number,
                "extension": v.number(part.extension),
                "type": part.type,
                "description": self.say(part.description),
            }

    def _schedule_rows(self) -> Iterator[Values]:
        for column, owner, (key, part) in self._owners("schedules"):
            yield {"id": key, column: owner, **self._hours(part)}

    def _hours(self, part: Schedule) -> Values:
        return {
            "valid_from": v.day(part.valid_from),
            "valid_to": v.day(part.valid_to),
            "dtstart": v.day(part.dtstart),
            "until": v.day(part.until),
            "freq": part.freq if part.freq in ("WEEKLY", "MONTHLY") else "",
            "interval": part.interval,
            "byday": part.byday,
            "byweekno": part.byweekno,
            "bymonthday": part.bymonthday,
            "description": self.say(part.description) or (self.say(_CLOSED) if part.closed else ""),
            "opens_at": v.clock(part.opens_at),
            "closes_at": v.clock(part.closes_at),
        }

    def _service_area_rows(self) -> Iterator[Values]:
        for column, owner, (key, part) in self._owners("service_areas"):
            said = {"name": self.say(part.name), "description": self.say(part.description)}
            yield {
                "id": key,
                column: owner,
                **said,
                "extent": part.extent,
                "extent_type": part.extent_type,
                "uri": part.uri,
            }

    def _language_rows(self) -> Iterator[Values]:
        for column, owner, (key, part) in self._owners("languages"):
            yield {
                "id": key,
                column: owner,
                "name": self.say(part.name),
                "code": part.code,
                "note": self.say(part.note),
            }

    def _accessibility_rows(self) -> Iterator[Values]:
        for column, owner, (key, part) in self._owners("accessibility"):
            said = {"description": self.say(part.description), "details": self.say(part.details)}
            yield {"id": key, column: owner, **said, "url": v.link(part.url)}

    def _cost_option_rows(self) -> Iterator[Values]:
        for column, owner, (key, part) in self._owners("cost_options"):
            said = {"option": self.say(part.option), "amount_description": self.say(part.amount_description)}
            yield {"id": key, column: owner, **said, "currency": part.currency, "amount": v.number(part.amount)}

    def _required_document_rows(self) -> Iterator[Values]:
        for column, owner, (key, part) in self._owners("required_documents"):
            yield {"id": key, column: owner, "document": self.say(part.document)}

    def _taxonomy_rows(self) -> Iterator[Values]:
        for name in sorted({term.taxonomy for term in self._directory.terms if term.taxonomy}):
            yield {"id": self._ids.of("taxonomy", name), "name": name, "description": name}

    def _taxonomy_term_rows(self) -> Iterator[Values]:
        codes: set[str] = set()
        for term in self._directory.terms:
            name = self.say(term.name) or term.code or term.source_id
            code = "" if term.code in codes else term.code  # HSDS wants codes to be unique
            codes.add(term.code)
            yield {
                "id": term.id,
                "code": code,
                "name": name,
                "description": self.say(term.description) or name,
                "parent_id": term.parent_id,
                "taxonomy": term.taxonomy,
                "language": self._language,
                "taxonomy_id": self._ids.of("taxonomy", term.taxonomy),
            }

    def _attribute_rows(self) -> Iterator[Values]:
        for service in self._directory.services:
            for term in service.terms:
                yield {
                    "id": self._ids.child(service.id, "attribute", term),
                    "link_id": service.id,
                    "taxonomy_term_id": term,
                    "link_type": "taxonomy",
                    "link_entity": "service",
                }

    def _meta_table_description_rows(self) -> Iterator[Values]:
        for table in BY_NAME.values():
            yield {
                "id": self._ids.of("meta_table_description", table.name),
                "name": table.name,
                "language": self._language,
                "character_set": "UTF-8",
            }
