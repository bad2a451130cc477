"""What stands in one cell of a published table, said from the parts of records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .hours import opening_hours
from .records import LANGUAGES, Address, Location, Phone, Schedule, Service, Text
from .text import append_text


def pair(text: Text) -> tuple[str | None, str | None]:
    """Give the French and the English of a text, None where it is absent."""
    return text.get("fr"), text.get("en")


def integer(value: str) -> int | None:
    """Read a whole number, None if there is none."""
    return int(value) if value else None


def phones(*groups: tuple[Phone, ...]) -> str | None:
    """Say telephone numbers once each."""
    said = {}
    for phone in (item for group in groups for item in group):
        number = f"{phone.number} #{phone.extension}" if phone.extension else phone.number
        said.setdefault(number, f"{number} ({phone.type})" if phone.type not in ("", "voice") else number)
    return "; ".join(said.values()) or None


def address(place: Location) -> tuple[str | None, ...]:
    """Give address, municipality, province, postal code and country: the physical address before the postal one."""
    ranked = sorted(place.addresses, key=lambda item: item.address_type != "physical")
    found = ranked[0] if ranked else Address()
    street = ", ".join(part for part in (found.address_1, found.address_2) if part)
    return tuple(part or None for part in (street, found.city, found.state_province, found.postal_code, found.country))


def join(texts: Iterable[Text], separator: str) -> Text:
    """Join texts language by language."""
    joined: Text = {}
    for text in texts:
        joined = append_text(joined, text, separator)
    return joined


def accessibility(place: Location) -> Text:
    """Say the accessibility of a location."""
    return join((part for item in place.accessibility for part in (item.description, item.details)), "\n")


def areas(*records: Any) -> Text:
    """Say the areas served."""
    parts = (area for record in records for area in record.service_areas)
    return join((area.name or area.description for area in parts), "; ")


def fees(service: Service) -> Text:
    """Say what a service costs."""
    said = service.fees_description
    for option in service.cost_options:
        amount = f"{option.amount} {option.currency.upper()}".strip() if option.amount else ""
        for language in LANGUAGES:
            words = (option.option.get(language), amount, option.amount_description.get(language))
            if line := " – ".join(word for word in words if word):
                said = append_text(said, {language: line}, "; ")
    return said


def languages(*records: Service | Location) -> tuple[str | None, str | None, str | None]:
    """Give the codes and the French and English names of the languages of service."""
    found = [item for record in records for item in getattr(record, "languages", ())]
    codes = sorted({item.code for item in found if item.code})
    names = [
        "; ".join(dict.fromkeys(item.name[language] for item in found if item.name.get(language))) or None
        for language in LANGUAGES
    ]
    return ";".join(codes) or None, names[0], names[1]


def said_hours(schedules: Iterable[Schedule]) -> tuple[str | None, str | None, str | None]:
    """Give the compact hours and their words in both languages."""
    found = list(schedules)
    return (opening_hours(found) or None, *pair(join((item.description for item in found), "\n")))
