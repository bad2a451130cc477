"""Read HSDS tables (1.x, 2.x, 3.x): a zip, a folder, plain or gzipped CSV, with or without `datapackage.json`.

Only the tables named here are ever opened: contacts, metadata and the rest stay unread.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from . import hsds_parts as parts
from . import hsds_records as make
from .archive import LIMITS, Limits, Package, Source
from .csvrows import rows
from .errors import DirectoryError
from .hours import group
from .records import Address, Phone
from .sensitive import Raw, Rejected
from .text import append_text, clean, text

Item = Raw[Any] | Rejected
Groups = dict[str, list[Any]]

# Our name of a table: the spellings of its file (and of its resource in datapackage.json).
_SPELLINGS = {
    "organization": "organization organizations",
    "service": "service services",
    "location": "location locations",
    "service_at_location": "service_at_location service_at_locations services_at_location services_at_locations",
    "address": "address addresses",
    "physical_address": "physical_address physical_addresses",
    "postal_address": "postal_address postal_addresses",
    "phone": "phone phones",
    "schedule": "schedule schedules",
    "regular_schedule": "regular_schedule regular_schedules",
    "holiday_schedule": "holiday_schedule holiday_schedules",
    "service_area": "service_area service_areas",
    "language": "language languages",
    "accessibility": "accessibility accessibility_for_disabilities accessibilities",
    "eligibility": "eligibility eligibilities",
    "required_document": "required_document required_documents",
    "payment_accepted": "payment_accepted payments_accepted",
    "cost_option": "cost_option cost_options",
    "taxonomy": "taxonomy",
    "taxonomies": "taxonomies",
    "taxonomy_term": "taxonomy_term taxonomy_terms",
    "service_taxonomy": "service_taxonomy services_taxonomy service_taxonomies",
    "attribute": "attribute attributes service_attribute service_attributes",
}
_TABLE_OF = {spelling: table for table, spellings in _SPELLINGS.items() for spelling in spellings.split()}
_REQUIRED = {
    "service": ("id", "name"),
    "organization": ("id", "name"),
    "location": ("id",),
    "service_at_location": ("service_id", "location_id"),
}


def read(source: Source, language: str, limits: Limits = LIMITS) -> Iterator[Item]:
    """Read the tables of one language feed.

    Args:
        source: a folder, the path of a zip, or the bytes (or open binary file) of a zip.
        language: "fr" or "en": the language of this feed.
        limits: how much the source may hold.

    Yields:
        Sealed records: terms, organisations, locations, services, services at locations.

    Raises:
        DirectoryError: if the source cannot be opened safely, has no table of
            services, or a table lacks a column it cannot do without.
    """
    yield from _Tables(Package(source, limits), language, limits).records()


class _Tables:
    def __init__(self, package: Package, language: str, limits: Limits) -> None:
        self._package = package
        self._language = language
        self._limits = limits
        self._files = self._find(package)
        self._ragged: list[Rejected] = []

    @staticmethod
    def _find(package: Package) -> dict[str, str]:
        present = set(package.names)
        found: dict[str, str] = {}
        resources = package.description().get("resources")
        for resource in resources if isinstance(resources, list) else ():
            if isinstance(resource, dict):
                table = _TABLE_OF.get(str(resource.get("name")).lower())
                name = str(resource.get("path")).replace("\\", "/").rsplit("/", 1)[-1].lower()
                for spelling in (name, f"{name}.gz"):
                    # In 3.x the taxonomies stand in taxonomies.csv under the resource name "taxonomy".
                    if table and spelling in present:
                        found.setdefault("taxonomies" if name.startswith("taxonomies") else table, spelling)
        for name in package.names:
            stem = name.removesuffix(".gz").removesuffix(".csv")
            if name.removesuffix(".gz").endswith(".csv") and stem in _TABLE_OF:
                found.setdefault(_TABLE_OF[stem], name)
        if "service" not in found:
            raise DirectoryError("missing_table", "services")
        return found

    def _rows(self, table: str) -> Iterator[dict[str, str]]:
        if table not in self._files:
            return
        with self._package.open(self._files[table]) as stream:
            yield from rows(
                stream,
                table,
                required=_REQUIRED.get(table, ()),
                limits=self._limits,
                on_ragged=lambda line: self._ragged.append(Rejected(table, f"line {line}", "ragged_row")),
            )

    def records(self) -> Iterator[Item]:
        language = self._language
        yield from self._terms()
        self._phones = self._group_phones()
        self._hours = self._group_hours()
        for row in self._rows("organization"):
            phones = self._phones[f"organization:{clean(row['id'])}"]
            yield make.organization(row, language, phones)
        yield from self._locations()
        areas = self._group("service_area", parts.service_area, ("service_at_location_id", "service_id"))
        yield from self._services(areas)
        for row in self._rows("service_at_location"):
            key = f"service_at_location:{clean(row.get('id'))}"
            yield make.service_at_location(
                row,
                language,
                clean(row["service_id"]),
                clean(row["location_id"]),
                self._phones[key],
                schedules=group(self._hours[key]),
                service_areas=tuple(areas[key]),
            )
        yield from self._ragged

    def _terms(self) -> Iterator[Item]:
        vocabularies = {row.get("id", ""): row.get("name", "") for row in self._rows("taxonomies")}
        for row in self._rows("taxonomy_term"):
            named = row.get("taxonomy") or vocabularies.get(row.get("taxonomy_id", ""), "")
            yield make.taxonomy_term({**row, "taxonomy": named}, self._language)
        for row in self._rows("taxonomy"):
            # 1.x and 2.x: the table of terms, keyed by code.
            yield make.taxonomy_term(row, self._language, code=clean(row.get("id")))

    def _locations(self) -> Iterator[Item]:
        addresses: dict[str, list[tuple[Address, str]]] = defaultdict(list)
        for table, kind in (("address", "physical"), ("physical_address", "physical"), ("postal_address", "postal")):
            for row in self._rows(table):
                if found := parts.address(row, kind):
                    addresses[clean(row.get("location_id"))].append(found)
        if nowhere := addresses.pop("", []):
            yield from (Rejected("address", "", "missing_reference") for _ in nowhere)
        accessible = self._group("accessibility", parts.accessibility, ("location_id",))
        spoken = self._group("language", parts.language_spoken, ("service_id", "location_id"))
        self._spoken = spoken
        for row in self._rows("location"):
            found = clean(row["id"])
            key = f"location:{found}"
            yield make.location(
                row,
                self._language,
                addresses.pop(found, []),
                self._phones[key],
                schedules=group(self._hours[key]),
                accessibility=tuple(accessible[key]),
                languages=tuple(spoken[key]),
            )
        for orphans in addresses.values():
            yield from (Rejected("address", "", "dangling_reference") for _ in orphans)

    def _services(self, areas: Groups) -> Iterator[Item]:
        terms = self._group_terms()
        documents = self._group("required_document", parts.required_document, ("service_id",))
        costs = self._group("cost_option", parts.cost_option, ("service_id",))
        said: dict[str, Any] = defaultdict(dict)
        for row in self._rows("eligibility"):
            key = clean(row.get("service_id"))
            said[key] = append_text(said[key], text(row.get("eligibility"), self._language))
        paid: dict[str, Any] = defaultdict(dict)
        for row in self._rows("payment_accepted"):
            key = clean(row.get("service_id"))
            paid[key] = append_text(paid[key], text(row.get("payment"), self._language), ", ")
        for row in self._rows("service"):
            found = clean(row["id"])
            key = f"service:{found}"
            fees = append_text(text(row.get("fees_description"), self._language), paid.get(found, {}))
            who = row.get("eligibility_description") or said.get(found, {})
            yield make.service(
                {**row, "eligibility_description": who, "fees_description": fees},
                self._language,
                self._phones[key],
                clean(row.get("organization_id")),
                schedules=group(self._hours[key]),
                service_areas=tuple(areas[key]),
                languages=tuple(self._spoken[key]),
                cost_options=tuple(costs[key]),
                required_documents=tuple(documents[key]),
                terms=tuple(dict.fromkeys(terms[found])),
            )

    def _group_terms(self) -> dict[str, list[str]]:
        terms: dict[str, list[str]] = defaultdict(list)
        for row in self._rows("service_taxonomy"):
            terms[clean(row.get("service_id"))].append(clean(row.get("taxonomy_id") or row.get("taxonomy_term_id")))
        for row in self._rows("attribute"):
            entity = clean(row.get("link_entity")).casefold()
            if entity in ("", "service", "services", "link_entity"):
                terms[clean(row.get("link_id") or row.get("service_id"))].append(clean(row.get("taxonomy_term_id")))
        return terms

    def _group_phones(self) -> dict[str, list[tuple[Phone, str]]]:
        """Each line under the most particular record it names; a line of a contact alone is a person's, unread."""
        phones: dict[str, list[tuple[Phone, str]]] = defaultdict(list)
        for row in self._rows("phone"):
            if (key := _owner(row, _OWNERS)) and (found := parts.phone(row, self._language)):
                phones[key].append(found)
        return phones

    def _group_hours(self) -> Groups:
        hours: Groups = defaultdict(list)
        for table in ("schedule", "regular_schedule", "holiday_schedule"):
            for row in self._rows(table):
                if (key := _owner(row, _PLACED)) and (found := parts.schedule(row, self._language)):
                    hours[key].append(found)
        return hours

    def _group(self, table: str, read_one: Callable[[parts.Row, str], Any], owners: tuple[str, ...]) -> Groups:
        grouped: Groups = defaultdict(list)
        for row in self._rows(table):
            if (key := _owner(row, owners)) and (found := read_one(row, self._language)) and found not in grouped[key]:
                grouped[key].append(found)
        return grouped


_PLACED = ("service_at_location_id", "service_id", "location_id")
_OWNERS = (*_PLACED, "organization_id")


def _owner(row: dict[str, str], columns: tuple[str, ...]) -> str:
    for column in columns:
        if found := clean(row.get(column)):
            return f"{column[:-3]}:{found}"
    return ""
