"""From a redacted directory to what people search: one entry a service at a place, and one for a service without."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from . import lexicon, openhours
from .cells import accessibility, address, areas, fees, integer, join, languages, phones
from .records import LANGUAGES, Location, Organization, Schedule, Service, Text
from .redacted import Redacted
from .tables import View, category
from .text import fold

_NO_PLACE = Location("", location_type="virtual")
_FREE = re.compile(r"\b(gratuit\w*|sans frais|aucuns? frais|no (?:fee|charge|cost)s?|free)\b")
_NOT_FREE = re.compile(r"\b(non gratuit\w*|pas gratuit\w*|not free|toll[- ]free|\w+-free|free of)\b")
_ACCESS = re.compile(r"\b(accessib\w+|fauteuil\w*|wheelchair\w*|rampe\w*|ramps?|adapte\w*|elevator|ascenseur)\b")
_NO_ACCESS = re.compile(
    r"\b(inaccessib\w*|non accessib\w*|pas accessib\w*|not (?:wheelchair )?accessib\w*|partiel\w*|partial\w*)\b"
)


def entries(redacted: Redacted) -> Iterator[dict[str, Any]]:
    """Give the entries, sorted by id.

    Each has the columns of the table `pole_directory_entry` and, under `sheet`, all that its page shows. `digest`
    changes when anything of it does.
    """
    view = View(redacted)
    linked = [link for links in view.links.values() for link in links]
    rows = [_entry(view, view.by_id[link.service_id], view.places[link.location_id], link) for link in linked]
    rows += [
        _entry(view, service, _NO_PLACE, None) for service in view.directory.services if not view.links[service.id]
    ]
    yield from sorted(rows, key=lambda row: row["id"])


def is_free(service: Service) -> bool | None:
    """Tell whether a service costs nothing; None if that is not said."""
    amounts = [option.amount for option in service.cost_options if option.amount]
    if amounts:
        return not any(_amount(amount) for amount in amounts)
    said = fold(" ".join(service.fees_description.values()))
    if not said:
        return None
    return bool(_FREE.search(_NOT_FREE.sub(" ", said)))


def is_accessible(place: Location) -> bool | None:
    """Tell whether a person in a wheelchair can come in; None if that is not said, or said of a part only."""
    said = fold(" ".join(accessibility(place).values()))
    if not said or _NO_ACCESS.search(said):
        return None if not said or "parti" in said else False
    return True if _ACCESS.search(said) else None


def _entry(view: View, service: Service, place: Location, link: Any) -> dict[str, Any]:
    owner = view.owners.get(service.organization_id) or Organization("", {})
    schedules: tuple[Schedule, ...] = (link.schedules if link else ()) or service.schedules or place.schedules
    hours = openhours.read(schedules)
    street, city, province, postal, country = address(place)
    withheld = place.id in view.redacted.withheld
    terms = _terms(view, service)
    codes, spoken_fr, spoken_en = languages(service, place)
    said = {
        "name": service.name,
        "alternate_name": service.alternate_name,
        "organization": owner.name,
        "place": place.name,
        "description": service.description,
        "here": link.description if link else {},
        "application_process": service.application_process,
        "eligibility": service.eligibility_description,
        "fees": fees(service),
        "required_documents": join((part.document for part in service.required_documents), "; "),
        "wait_time": service.wait_time,
        "interpretation": service.interpretation_services,
        "languages": {"fr": spoken_fr or "", "en": spoken_en or ""},
        "hours": join((item.description for item in schedules), "\n"),
        "accessibility": accessibility(place),
        "transportation": place.transportation,
        "service_area": areas(*(part for part in (link, service) if part)),
        "alert": service.alert,
    }
    row: dict[str, Any] = {
        "id": link.id if link else service.id,
        "service_id": service.id,
        "organization_id": owner.id or None,
        "name_fr": service.name.get("fr"),
        "name_en": service.name.get("en"),
        "city": city,
        "latitude": place.latitude,
        "longitude": place.longitude,
        "languages": codes.split(";") if codes else [],
        "categories": sorted({term["category"] for term in terms} - {""}),
        "codes": sorted({term["code"] for term in terms}),
        "minimum_age": integer(service.minimum_age),
        "maximum_age": integer(service.maximum_age),
        "free": is_free(service),
        "accessible": is_accessible(place),
        "week": _multirange(hours),
        "dated": hours.dated,
        "words": _words(said, terms, city, owner),
        "sheet": {
            **{name: dict(text) for name, text in said.items() if any(text.values())},
            "address": street,
            "city": city,
            "state_province": province,
            "postal_code": postal,
            "country": country,
            "address_withheld": withheld,
            "phones": phones(*((link.phones,) if link else ()), service.phones, place.phones),
            "url": service.url or owner.website or None,
            "email": service.email or owner.email or None,
            "opening": hours.as_dict() if hours.rules else None,
            "status": service.status,
            "terms": [{key: term[key] for key in ("code", "name", "category", "category_name")} for term in terms],
            "last_modified": service.last_modified or None,
        },
    }
    row["digest"] = hashlib.sha256(json.dumps(row, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
    return row


def _terms(view: View, service: Service) -> list[dict[str, Any]]:
    found = []
    for key in service.terms:
        term = view.terms[key]
        code = term.code or term.source_id
        group = category(code)
        named = view.by_code.get(group)
        found.append(
            {
                "code": code,
                "name": dict(term.name),
                "category": group,
                "category_name": dict(named.name) if named else {},
            }
        )
    return sorted(found, key=lambda term: term["code"])


def _words(said: Mapping[str, Text], terms: list[dict[str, Any]], city: str | None, owner: Organization) -> str:
    def texts(*names: str) -> list[str]:
        return [said[name][code] for name in names for code in LANGUAGES if said[name].get(code)]

    classes = [text for term in terms for part in ("name", "category_name") for text in term[part].values()]
    return lexicon.vector(
        {
            "A": [*texts("name", "alternate_name"), *classes],
            "B": [*texts("organization", "place"), *owner.alternate_name.values(), *([city] if city else [])],
            "C": texts("description", "here", "service_area", "application_process"),
            "D": texts("eligibility"),
        }
    )


def _multirange(hours: openhours.Hours) -> str | None:
    """Give the ordinary week as the text of an int4multirange, None if the hours are unknown."""
    if not hours.rules:
        return None
    return "{" + ",".join(f"[{start},{end})" for start, end in openhours.week(hours)) + "}"


def _amount(words: str) -> float:
    try:
        return float(words)
    except ValueError:
        return 1.0  # a price that cannot be read is a price
