"""From one HSDS object or row to a sealed record: organisation, service, location, taxonomy term."""

from __future__ import annotations

from typing import Any

from .hsds_parts import Row, private_rule, status
from .records import Address, Location, Organization, Phone, Service, ServiceAtLocation, TaxonomyTerm
from .sensitive import Raw, Rejected, Screen
from .text import append_text, clean, coordinates, text, whole_number


def organization(row: Row, language: str, phones: list[tuple[Phone, str]]) -> Raw[Organization] | Rejected:
    """Read an organisation; one without id or name is rejected."""
    screen = Screen()
    found = clean(row.get("id"))
    name = text(row.get("name"), language)
    if not found or not name:
        return Rejected("organization", found, "missing_name" if found else "missing_id")
    screen.drop("excluded" if private_rule(row) else status(row)[1])
    return screen.seal(
        Organization(
            id=found,
            name=name,
            alternate_name=text(row.get("alternate_name"), language),
            description=text(row.get("description"), language),
            email=clean(row.get("email")),
            website=clean(row.get("website") or row.get("url")),
            legal_status=clean(row.get("legal_status")),
            year_incorporated=whole_number(row.get("year_incorporated")),
            parent_organization_id=clean(row.get("parent_organization_id")),
            phones=screen.phones(phones),
        )
    )


def service(
    row: Row, language: str, phones: list[tuple[Phone, str]], organization_id: str, **children: Any
) -> Raw[Service] | Rejected:
    """Read a service with its `children` (schedules, service_areas, languages, terms…)."""
    screen = Screen()
    found = clean(row.get("id"))
    name = text(row.get("name"), language)
    if not found or not name:
        return Rejected("service", found, "missing_name" if found else "missing_id")
    state, rule = status(row)
    screen.drop("excluded" if private_rule(row) else rule)
    return screen.seal(
        Service(
            id=found,
            name=name,
            organization_id=organization_id,
            alternate_name=text(row.get("alternate_name"), language),
            description=text(row.get("description"), language),
            url=clean(row.get("url")),
            email=clean(row.get("email")),
            status=state,
            interpretation_services=text(row.get("interpretation_services"), language),
            application_process=text(row.get("application_process"), language),
            fees_description=append_text(text(row.get("fees_description"), language), text(row.get("fees"), language)),
            wait_time=text(row.get("wait_time"), language),
            accreditations=text(row.get("accreditations"), language),
            eligibility_description=text(row.get("eligibility_description"), language),
            minimum_age=whole_number(row.get("minimum_age")),
            maximum_age=whole_number(row.get("maximum_age")),
            alert=text(row.get("alert"), language),
            last_modified=clean(row.get("last_modified")),
            phones=screen.phones(phones),
            **children,
        )
    )


def location(
    row: Row,
    language: str,
    addresses: list[tuple[Address, str]],
    phones: list[tuple[Phone, str]],
    **children: Any,
) -> Raw[Location] | Rejected:
    """Read a location; a private physical address takes its coordinates with it."""
    screen = Screen()
    found = clean(row.get("id"))
    if not found:
        return Rejected("location", "", "missing_id")
    kind = clean(row.get("location_type")).casefold()
    screen.withhold(private_rule(row) or ("flag_private" if kind in ("redacted", "confidential", "private") else ""))
    for address, rule in addresses:
        if address.address_type != "postal":
            screen.withhold(rule)
    public = screen.addresses(addresses)
    latitude, longitude = screen.point(*coordinates(row.get("latitude"), row.get("longitude")))
    return screen.seal(
        Location(
            id=found,
            organization_id=clean(row.get("organization_id")),
            name=text(row.get("name"), language),
            alternate_name=text(row.get("alternate_name"), language),
            description=text(row.get("description"), language),
            transportation=text(row.get("transportation"), language),
            location_type=kind if kind in ("physical", "postal", "virtual") else "physical",
            url=clean(row.get("url")),
            latitude=latitude,
            longitude=longitude,
            addresses=public,
            phones=screen.phones(phones),
            **children,
        )
    )


def service_at_location(
    row: Row, language: str, service_id: str, location_id: str, phones: list[tuple[Phone, str]], **children: Any
) -> Raw[ServiceAtLocation] | Rejected:
    """Read the link of a service to a location."""
    screen = Screen()
    found = clean(row.get("id")) or f"{service_id}@{location_id}"
    if not (service_id and location_id):
        return Rejected("service_at_location", found, "missing_reference")
    screen.drop("excluded" if private_rule(row) else "")
    return screen.seal(
        ServiceAtLocation(
            id=found,
            service_id=service_id,
            location_id=location_id,
            description=text(row.get("description"), language),
            phones=screen.phones(phones),
            **children,
        )
    )


def taxonomy_term(row: Row, language: str, code: str = "") -> Raw[TaxonomyTerm] | Rejected:
    """Read a class; in 1.x and 2.x its id is its code and `vocabulary` names its taxonomy."""
    found = clean(row.get("id"))
    if not found:
        return Rejected("taxonomy_term", "", "missing_id")
    said = row.get("taxonomy") or row.get("vocabulary")
    detail = row.get("taxonomy_detail")
    if not said and isinstance(detail, dict):
        said = detail.get("name")
    return Raw(
        TaxonomyTerm(
            id=found,
            code=clean(row.get("code")) or code,
            name=text(row.get("name") or row.get("term"), language),
            description=text(row.get("description"), language),
            parent_id=clean(row.get("parent_id")),
            taxonomy=clean(said),
        )
    )
