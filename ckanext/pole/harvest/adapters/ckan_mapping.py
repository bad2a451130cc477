"""How a package of another CKAN reads in our schema's terms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ckanext.pole.bilingual import values
from ckanext.pole.harvest.adapters import fields
from ckanext.pole.harvest.phrases import N_
from ckanext.pole.harvest.records import BadRecord
from ckanext.pole.harvest.source import Source

#: What portals call their fields → ours. The first that holds something wins.
FREQUENCY = ("frequency", "update_frequency", "refresh_rate", "frequence_mise_a_jour")
CONTACT_NAME = ("contact_name", "maintainer", "author", "owner_section", "owner_division")
CONTACT_EMAIL = ("contact_email", "maintainer_email", "author_email", "owner_email")
PERIOD_START = ("period_start", "temporal_start", "time_period_coverage_start")
PERIOD_END = ("period_end", "temporal_end", "time_period_coverage_end")
PLACES = ("territoires", "territories", "territoire", "places")
#: Toronto's own words for groups and tags.
SUBJECTS = ("themes", "topics", "civic_issues", "subject")
#: Texts beside title and notes that our schema has a place for.
TEXTS = {
    "limitations_translated": ("limitations",),
    "collection_method_translated": ("methodologie", "collection_method"),
}
#: Québec's portals name the kind of a resource so.
KINDS = {
    "donnees": "data",
    "données": "data",
    "dataset": "data",
    "data": "data",
    "documentation": "documentation",
    "document": "documentation",
    "guide": "documentation",
    "api": "api",
    "application": "api",
    "dictionnaire": "dictionary",
    "dictionary": "dictionary",
}
#: How Données Québec names what it takes from a city's own portal → where that is; 16 of 16 names tried (HARVEST.md A).
FEDERATED = {"vmtl-": "donnees.montreal.ca/dataset/"}
licence = fields.licence


def dataset(raw: Mapping[str, Any], source: Source) -> dict[str, Any]:
    """A package dict of another CKAN, in our schema's terms.

    Raises:
        BadRecord: it has no title in any language.
    """
    lang = fields.language(raw.get("language"), source)
    title = _bilingual(raw, "title", lang)
    if not title:
        raise BadRecord(N_("The record has no title"))
    # A record without a description still has to say something: its excerpt (Toronto), else its title does.
    notes = _bilingual(raw, "notes", lang) or fields.in_language(raw.get("excerpt"), lang) or dict(title)
    start, end = _period(raw)
    found = {
        "name": str(raw.get("name") or ""),
        "title_translated": title,
        "notes_translated": notes,
        "keywords": _keywords(raw, lang),
        "themes": fields.themes(_subjects(raw), source),
        "places": fields.places(
            [name for key in PLACES for name in fields.strings(raw.get(key))],
            source,
        ),
        "spatial": _spatial(raw),
        "period_start": start,
        "period_end": end,
        "frequency": fields.frequency(*(raw.get(key) for key in FREQUENCY)),
        "data_languages": fields.languages(raw.get("language")) or [lang],
        "license_id": fields.licence_or_default(
            source, raw.get("license_url"), raw.get("license_id"), raw.get("license_title")
        ),
        "contact_name": fields.first(raw, CONTACT_NAME) or _publisher(raw),
        "contact_email": next((mail for key in CONTACT_EMAIL if (mail := fields.email(raw.get(key)))), ""),
        "url": _landing_page(raw, source),
        "personal_information": "none" if raw.get("personal_information") == "none" else "",
        "resources": [
            _resource(resource, lang) for resource in fields.items(raw.get("resources")) if isinstance(resource, dict)
        ],
    }
    for key, names in TEXTS.items():
        found[key] = _bilingual(raw, key.removesuffix("_translated"), lang) or fields.in_language(
            fields.first(raw, names), lang
        )
    return fields.compact(found)


def wanted(raw: Mapping[str, Any], source: Source) -> bool:
    """False for what the operator leaves to its first publisher, and for what its portal has retired.

    Données Québec federates Montréal's datasets as `vmtl-<name>`; they are harvested from Montréal (HARVEST.md A), so
    its source says `skip_name_prefixes`. Toronto marks what it no longer keeps with `is_retired`, as the text "True".
    """
    prefixes = tuple(str(prefix) for prefix in source.config.get("skip_name_prefixes") or ())
    left = bool(prefixes) and str(raw.get("name") or "").startswith(prefixes)
    return not left and not truth(raw.get("is_retired"))


def cross_key(raw: Mapping[str, Any]) -> str:
    """What names a federated dataset at its first publisher: the address of its page there; empty if it is not one."""
    name = str(raw.get("name") or "")
    return next((page + name[len(prefix) :] for prefix, page in FEDERATED.items() if name.startswith(prefix)), "")


def truth(value: Any) -> bool:
    """A boolean that a portal may write as a text: Toronto's "True", Québec's "Oui"."""
    return value is True or (isinstance(value, str) and value.strip().lower() in ("true", "oui", "yes"))


def _bilingual(raw: Mapping[str, Any], field: str, lang: str) -> dict[str, str]:
    """`<field>_translated` where the source has it (federal portal), else its one text in its one language."""
    try:
        translated = values.parse(raw.get(f"{field}_translated"))
    except values.NotBilingual:
        translated = {}
    if translated:
        return translated
    text = raw.get(field)
    return {lang: values.clean(text)} if isinstance(text, str) and values.clean(text) else {}


def _keywords(raw: Mapping[str, Any], lang: str) -> dict[str, list[str]]:
    try:
        words = values.parse_list(raw.get("keywords"))
    except values.NotBilingual:
        words = {}
    if words:
        return words
    tags = [
        tag.get("display_name") or tag.get("name") for tag in fields.items(raw.get("tags")) if isinstance(tag, dict)
    ]
    return values.parse_list({lang: [tag for tag in tags if isinstance(tag, str)]})


def _subjects(raw: Mapping[str, Any]) -> list[str]:
    """Every name under which the source files the record: groups, tags, and lists of its own."""
    names = [name for key in SUBJECTS for name in fields.strings(raw.get(key))]
    for item in (*fields.items(raw.get("groups")), *fields.items(raw.get("tags"))):
        if isinstance(item, dict):
            names += [str(item.get(key) or "") for key in ("name", "title", "display_name")]
    return names


def _spatial(raw: Mapping[str, Any]) -> str:
    """The source's geometry if it is one; words are not."""
    value = raw.get("spatial") or next(
        (
            extra.get("value")
            for extra in fields.items(raw.get("extras"))
            if isinstance(extra, dict) and extra.get("key") == "spatial"
        ),
        None,
    )
    return fields.geometry(value)


def _period(raw: Mapping[str, Any]) -> tuple[str, str]:
    """Two fields, or one written `A/B` as Québec's portals do."""
    start = fields.date(fields.first(raw, PERIOD_START))
    end = fields.date(fields.first(raw, PERIOD_END))
    if start or end:
        return ("", "") if start and end and end < start else (start, end)
    return fields.period(raw.get("temporal"))


def _publisher(raw: Mapping[str, Any]) -> str:
    """The organisation's name; the French one of the federal portal's `EN | FR`."""
    title = fields.first(fields.mapping(raw.get("organization")), ("title", "name"))
    return fields.split_title(title).get("fr") or title


def _landing_page(raw: Mapping[str, Any], source: Source) -> str:
    """The record's page at its source: what it says, else where CKAN puts it."""
    said = fields.address(fields.first(raw, ("landing_page", "ckan_url")))
    return said or f"{source.url.removesuffix('/recherche')}/dataset/{raw.get('name') or raw.get('id')}"


def _resource(raw: Mapping[str, Any], lang: str) -> dict[str, Any]:
    found = {
        "upstream_id": str(raw.get("id") or raw.get("url") or ""),
        "url": raw.get("url") or "",
        "name_translated": _bilingual(raw, "name", lang),
        "description_translated": _bilingual(raw, "description", lang),
        "format": str(raw.get("format") or "").strip(),
        "kind": KINDS.get(str(raw.get("resource_type") or raw.get("kind") or "").strip().casefold(), ""),
        "language": fields.languages(raw.get("language")) or [lang],
        "mimetype": raw.get("mimetype") or "",
    }
    # CKAN's view plugins read a resource's address without asking whether it has one.
    return fields.compact(found, keep=("url",))
