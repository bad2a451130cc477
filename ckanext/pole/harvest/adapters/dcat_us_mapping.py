"""How a dataset of a DCAT-US 1.1 `data.json` (Project Open Data) reads in our schema's terms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ckanext.pole.harvest.adapters import fields
from ckanext.pole.harvest.phrases import N_
from ckanext.pole.harvest.records import BadRecord
from ckanext.pole.harvest.source import Source


def identity(raw: Mapping[str, Any]) -> str:
    """The identifier; without one the page of the record, which names it as long as it stays where it is.

    Raises:
        BadRecord: it has neither, so that nothing would tell it from another at the next run.
    """
    found = fields.first(raw, ("identifier", "@id")) or fields.address(raw.get("landingPage"))
    if not found:
        raise BadRecord(N_("The record has no identifier"), "identifier")
    return found


def wanted(raw: Mapping[str, Any]) -> bool:
    """What its publisher does not open to the public does not come."""
    return raw.get("accessLevel") in (None, "", "public")


def dataset(raw: Mapping[str, Any], source: Source) -> dict[str, Any]:
    """A dataset of the document, in our schema's terms.

    Raises:
        BadRecord: it has no title.
    """
    lang = _language(raw, source)
    title = fields.in_language(raw.get("title"), lang)
    if not title:
        raise BadRecord(N_("The record has no title"))
    contact = fields.mapping(raw.get("contactPoint"))
    publisher = fields.first(fields.mapping(raw.get("publisher")), ("name",))
    start, end = fields.period(raw.get("temporal"))
    spatial = raw.get("spatial")
    box = fields.box(spatial)
    words = fields.strings(raw.get("keyword"))
    return fields.compact(
        {
            "name": fields.text(raw.get("title")),
            "title_translated": title,
            "notes_translated": fields.in_language(raw.get("description"), lang) or dict(title),
            "keywords": fields.words(words or raw.get("keyword"), lang),
            "themes": fields.themes([*fields.strings(raw.get("theme")), *words], source),
            "places": fields.places([] if box else fields.strings(spatial), source),
            "spatial": box or fields.geometry(spatial),
            "period_start": start,
            "period_end": end,
            "frequency": fields.frequency(raw.get("accrualPeriodicity"), raw.get("modified")),
            "data_languages": fields.languages(raw.get("language")) or [lang],
            "license_id": fields.licence_or_default(source, raw.get("license")),
            "contact_name": fields.first(contact, ("fn",)) or publisher,
            "contact_email": fields.email(contact.get("hasEmail")),
            "url": fields.address(raw.get("landingPage")),
            "resources": _resources(raw, lang),
        }
    )


def _language(raw: Mapping[str, Any], source: Source) -> str:
    """What the operator says, else the record; the standard's own default is American English."""
    said = raw.get("language")
    return fields.language(said if fields.languages(said) else "en", source)


def _resources(raw: Mapping[str, Any], lang: str) -> list[dict[str, Any]]:
    """The distributions: they have no ids, so the address names one; the title too where two share an address."""
    found: list[dict[str, Any]] = []
    seen: set[str] = set()
    for item in fields.items(raw.get("distribution")):
        resource = _resource(fields.mapping(item), lang)
        if resource is None:
            continue
        key = resource["upstream_id"]
        if key in seen:
            # One address may serve several formats (OpenDataPhilly's CSV and SHP).
            key = f"{key}#{resource.get('format', '')}"
        if key in seen:
            key = f"{key}#{resource.get('name_translated', {}).get(lang, '')}"
        if key in seen:
            continue
        seen.add(key)
        found.append({**resource, "upstream_id": key})
    if described := fields.address(raw.get("describedBy")):
        found.append({"upstream_id": f"dictionary:{described}", "url": described, "kind": "dictionary"})
    return found


def _resource(item: Mapping[str, Any], lang: str) -> dict[str, Any] | None:
    download, access = fields.address(item.get("downloadURL")), fields.address(item.get("accessURL"))
    url = download or access
    if not url:
        return None
    code = fields.file_format(item.get("format"), item.get("mediaType"), url if download else "")
    return fields.compact(
        {
            "upstream_id": url,
            "url": url,
            "name_translated": fields.in_language(item.get("title"), lang) or ({lang: code} if code else {}),
            "description_translated": fields.in_language(item.get("description"), lang),
            "format": code,
            "mimetype": fields.first(item, ("mediaType",)),
            "kind": "data" if download else {"API": "api", "HTML": "documentation"}.get(code, "data"),
            "language": [lang],
        }
    )
