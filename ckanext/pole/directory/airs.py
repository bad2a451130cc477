"""Read AIRS XML 3.0 and 3.1: agencies, their sites, and the services of each site.

An agency becomes an organisation, a site a location, a SiteService a service
and its link to the site. `Confidential` is demanded by the format on every
address and telephone: where it is absent or unreadable the part is private.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from . import airs_parts as parts
from .airs_xml import Element, Source, agencies, child, children, words
from .archive import LIMITS, Limits
from .records import Accessibility, Location, Organization, RequiredDocument, Service, ServiceAtLocation, TaxonomyTerm
from .sensitive import Raw, Rejected, Screen
from .text import append_text, clean, coordinates, text

Item = Raw[Any] | Rejected

# Nothing but agencies in agencies goes deeper; a file that nests more is a trap.
_DEPTH = 10


def read(
    source: Source, language: str, *, inactive_prefixes: tuple[str, ...] = ("DEL",), limits: Limits = LIMITS
) -> Iterator[Item]:
    """Read one language file.

    Args:
        source: path, bytes or open binary file of the XML.
        language: "fr" or "en": the language of this file.
        inactive_prefixes: words with which editors begin the name or description of an inactive record
            (British Columbia writes "DEL").
        limits: how big the file may be.

    Yields:
        Sealed records. An agency without key or name is rejected with all it holds.

    Raises:
        DirectoryError: see `airs_xml.agencies`.
    """
    pattern = re.compile(rf"(?:{'|'.join(map(re.escape, inactive_prefixes))})\b") if inactive_prefixes else None
    reader = _Reader(language, pattern)
    for element in agencies(source, limits):
        yield from reader.agency(element, "", 0)


class _Reader:
    def __init__(self, language: str, inactive: re.Pattern[str] | None) -> None:
        self._language = language
        self._inactive = inactive
        self._terms: set[str] = set()

    def agency(self, element: Element, parent: str, depth: int) -> Iterator[Item]:
        key, name = clean(words(element, "Key")), clean(words(element, "Name"))
        if not key or not name or depth > _DEPTH:
            yield Rejected("organization", key, "missing_name" if key else "missing_id")
            return
        description = clean(words(element, "AgencyDescription"))
        screen = Screen()
        screen.drop(parts.dropped_rule(element, self._inactive, name, description))
        yield screen.seal(
            Organization(
                id=key,
                name=text(name, self._language),
                alternate_name=parts.also_known_as(element, self._language),
                description=text(description, self._language),
                email=parts.first_of(element, "Email"),
                website=parts.first_of(element, "URL"),
                legal_status=_known(element.get("LegalStatus")),
                year_incorporated=_year(element.get("YearInc")),
                parent_organization_id=parent,
                phones=screen.phones(parts.phones(element, self._language)),
            )
        )
        office = child(element, "AgencyLocation")
        if office is not None:
            spot = element if child(office, "SpatialLocation") is None else office
            yield self._location(office, f"agency-{key}", key, spot)
        for site in children(element, "Site"):
            yield from self._site(site, key)
        for inner in children(element, "Agency"):
            yield from self.agency(inner, key, depth + 1)

    def _site(self, site: Element, organization: str) -> Iterator[Item]:
        key = clean(words(site, "Key"))
        if not key:
            yield Rejected("location", "", "missing_id")
        else:
            yield self._location(site, key, organization, site)
        for service in children(site, "SiteService"):
            yield from self._service(service, site, key, organization)

    def _location(self, site: Element, key: str, organization: str, spot: Element) -> Item:
        language, screen = self._language, Screen()
        name, description = clean(words(site, "Name")), clean(words(site, "SiteDescription"))
        screen.drop(parts.dropped_rule(site, self._inactive, name, description))
        found = []
        physical = children(site, "PhysicalAddress")
        for tag, kind in (("PhysicalAddress", "physical"), ("OtherAddress", "physical"), ("MailingAddress", "postal")):
            for element in children(site, tag):
                address, rule = parts.address(element, kind)
                if tag == "PhysicalAddress":
                    screen.withhold(rule)
                if address:
                    found.append((address, rule))
        virtual = child(site, "NoPhysicalAddress") is not None
        if not physical:
            screen.withhold("flag_absent")  # a point without an address has no flag to say that it is public
        latitude, longitude = screen.point(*coordinates(*parts.point(spot)))
        access = text(words(site, "DisabilitiesAccess"), language)
        return screen.seal(
            Location(
                id=key,
                organization_id=organization,
                name=text(name, language),
                alternate_name=parts.also_known_as(site, language),
                description=append_text(
                    text(description, language), text(words(site, "PhysicalLocationDescription"), language)
                ),
                transportation=text(words(site, "BusServiceAccess"), language),
                location_type="virtual" if virtual else "physical",
                url=parts.first_of(site, "URL"),
                latitude=latitude,
                longitude=longitude,
                addresses=screen.addresses(found),
                phones=screen.phones(parts.phones(site, language)),
                schedules=parts.schedules(site, language),
                accessibility=(Accessibility(access),) if access else (),
                languages=parts.languages(site, language),
            )
        )

    def _service(self, element: Element, site: Element, site_key: str, organization: str) -> Iterator[Item]:
        language, screen = self._language, Screen()
        key = clean(words(element, "Key"))
        name = clean(words(element, "Name")) or clean(words(site, "Name"))
        if not key or not name:
            yield Rejected("service", key, "missing_name" if key else "missing_id")
            return
        description = clean(words(element, "Description"))
        screen.drop(parts.dropped_rule(element, self._inactive, name, description))
        terms = parts.taxonomy_codes(element)
        for code, facet in terms:
            if code not in self._terms:
                self._terms.add(code)
                taxonomy = "" if facet else "AIRS"
                yield Raw(TaxonomyTerm(code, "" if facet else code, text(facet, language), taxonomy=taxonomy))
        steps = [
            text(words(item, part), language)
            for item in children(element, "ApplicationProcess")
            for part in ("Step", "Description")
        ]
        documents = (
            RequiredDocument(text(words(item, "DocumentsRequired") or words(item, "Description"), language))
            for item in children(element, "DocumentsRequired")
        )
        who, minimum, maximum = parts.eligibility(element, language)
        info = child(element, "ResourceInfo")
        yield screen.seal(
            Service(
                id=key,
                name=text(name, language),
                organization_id=organization,
                alternate_name=parts.also_known_as(element, language),
                description=text(description, language),
                url=parts.first_of(element, "URL"),
                email=parts.first_of(element, "Email"),
                application_process=_lines(steps),
                fees_description=append_text(
                    text(words(element, "FeeStructure"), language),
                    text(words(element, "PaymentMethodAccepted"), language),
                ),
                eligibility_description=who,
                minimum_age=minimum,
                maximum_age=maximum,
                last_modified=clean(info.get("DateOfLastAction")) if info is not None else "",
                phones=screen.phones(parts.phones(element, language)),
                schedules=parts.schedules(element, language),
                service_areas=parts.service_areas(element, language),
                languages=parts.languages(element, language),
                required_documents=tuple(item for item in documents if item.document),
                terms=tuple(code for code, _ in terms),
            )
        )
        if site_key:
            yield Raw(ServiceAtLocation(f"{key}@{site_key}", key, site_key))


def _lines(texts: list[Any]) -> Any:
    said: Any = {}
    for item in texts:
        said = append_text(said, item)
    return said


def _known(value: str | None) -> str:
    said = clean(value)
    return "" if said.casefold() in ("none or unknown", "unknown") else said


def _year(value: str | None) -> str:
    said = clean(value)[:4]
    return said if said.isdigit() else ""
