"""How a package of another CKAN reads in our schema's terms."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ckanext.pole.bilingual import values, vocabularies
from ckanext.pole.harvest.records import BadRecord
from ckanext.pole.harvest.source import Source

#: What portals call their fields → ours. The first that holds something wins.
FREQUENCY = ("frequency", "update_frequency", "refresh_rate", "frequence_mise_a_jour")
CONTACT_NAME = ("contact_name", "maintainer", "author", "owner_section", "owner_division")
CONTACT_EMAIL = ("contact_email", "maintainer_email", "author_email", "owner_email")
PERIOD_START = ("period_start", "temporal_start", "time_period_coverage_start")
PERIOD_END = ("period_end", "temporal_end", "time_period_coverage_end")
PLACES = ("territoires", "territories", "territoire", "places")
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
#: Other words for the EU's frequency codes, folded.
FREQUENCIES = {
    "annually": "annual",
    "yearly": "annual",
    "annuelle": "annual",
    "semi annually": "biannual",
    "semiannual": "biannual",
    "trimestrielle": "quarterly",
    "mensuelle": "monthly",
    "hebdomadaire": "weekly",
    "quotidienne": "daily",
    "realtime": "continuous",
    "real time": "continuous",
    "tempsreel": "continuous",
    "temps reel": "continuous",
    "notplanned": "unknown",
    "not planned": "unknown",
    "asneeded": "irregular",
    "as needed": "irregular",
    "as available": "irregular",
    "ponctuelle": "once",
    "one time": "once",
}


def dataset(raw: Mapping[str, Any], source: Source) -> dict[str, Any]:
    """A package dict of another CKAN, in our schema's terms.

    Raises:
        BadRecord: it has no title in any language.
    """
    lang = _language(raw, source)
    title = _bilingual(raw, "title", lang)
    if not title:
        raise BadRecord("no title")
    # A record without a description still has to say something: its title does.
    notes = _bilingual(raw, "notes", lang) or dict(title)
    found = {
        "name": str(raw.get("name") or ""),
        "title_translated": title,
        "notes_translated": notes,
        "keywords": _keywords(raw, lang),
        "themes": _themes(raw, source),
        "places": _places(raw, source),
        "spatial": _spatial(raw),
        "period_start": _date(raw, PERIOD_START),
        "period_end": _date(raw, PERIOD_END),
        "frequency": _frequency(raw),
        "data_languages": _languages(raw.get("language")) or [lang],
        "license_id": licence(raw.get("license_url"), raw.get("license_id"), raw.get("license_title")),
        "contact_name": _first(raw, CONTACT_NAME),
        "contact_email": _email(raw),
        "url": _landing_page(raw, source),
        "personal_information": "none" if raw.get("personal_information") == "none" else "",
        "resources": [
            _resource(resource, lang) for resource in _list(raw.get("resources")) if isinstance(resource, dict)
        ],
    }
    return {key: value for key, value in found.items() if value not in (None, "", [], {})} | {
        "resources": found["resources"]
    }


def wanted(raw: Mapping[str, Any], source: Source) -> bool:
    """False for what the operator leaves to its first publisher: names that begin as `skip_name_prefixes` says.

    Données Québec federates Montréal's datasets as `vmtl-<name>`; they are harvested from Montréal (HARVEST.md A).
    """
    prefixes = tuple(str(prefix) for prefix in source.config.get("skip_name_prefixes") or ())
    return not (prefixes and str(raw.get("name") or "").startswith(prefixes))


def licence(*hints: Any) -> str:
    """The licence that the source's address, id or title names, or `notspecified`: an allow-list, never a guess."""
    for hint in hints:
        if isinstance(hint, str) and hint.strip() and (code := vocabularies.match_licence(hint)):
            return code
    return "notspecified"


def _language(raw: Mapping[str, Any], source: Source) -> str:
    if source.config.get("language") in values.LANGUAGES:
        return source.config["language"]
    said = _languages(raw.get("language"))
    return said[0] if len(said) == 1 and said[0] in values.LANGUAGES else "fr"


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
    tags = [tag.get("display_name") or tag.get("name") for tag in _list(raw.get("tags")) if isinstance(tag, dict)]
    return values.parse_list({lang: [tag for tag in tags if isinstance(tag, str)]})


def _themes(raw: Mapping[str, Any], source: Source) -> list[str]:
    """Our themes, where the operator's table names one of the source's groups or tags, or the source uses our codes."""
    table = {vocabularies.fold(key): code for key, code in (source.config.get("themes") or {}).items()}
    known = vocabularies.load("themes")
    names: list[str] = []
    for item in (*_list(raw.get("groups")), *_list(raw.get("tags"))):
        if isinstance(item, dict):
            names += [str(item.get(key) or "") for key in ("name", "title", "display_name")]
    found = {table[vocabularies.fold(name)] for name in names if vocabularies.fold(name) in table}
    found |= {name for name in (*names, *_strings(raw.get("themes"))) if name in known}
    return [code for code in known.terms if code in found]


def _places(raw: Mapping[str, Any], source: Source) -> list[str]:
    names: list[str] = list(source.config.get("places") or [])
    for key in PLACES:
        names += _strings(raw.get(key))
    found = {vocabularies.match_place(name) for name in names}
    return [code for code in vocabularies.load("places").terms if code in found]


def _spatial(raw: Mapping[str, Any]) -> str:
    """The source's geometry if it is one; words are not."""
    value = raw.get("spatial") or next(
        (
            extra.get("value")
            for extra in _list(raw.get("extras"))
            if isinstance(extra, dict) and extra.get("key") == "spatial"
        ),
        None,
    )
    try:
        geometry = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return ""
    return json.dumps(geometry) if isinstance(geometry, dict) and geometry.get("type") else ""


def _frequency(raw: Mapping[str, Any]) -> str:
    word = vocabularies.fold(_first(raw, FREQUENCY))
    code = FREQUENCIES.get(word) or word
    return code if code in vocabularies.load("frequencies") else ""


def _date(raw: Mapping[str, Any], keys: Iterable[str]) -> str:
    text = _first(raw, keys)[:10]
    return text if len(text) == 10 and text[4] == text[7] == "-" and text.replace("-", "").isdigit() else ""


def _email(raw: Mapping[str, Any]) -> str:
    """An address fit to print; anything else would fail validation and lose the whole record."""
    text = _first(raw, CONTACT_EMAIL)
    return text if text.count("@") == 1 and " " not in text and "." in text.split("@")[1] else ""


def _landing_page(raw: Mapping[str, Any], source: Source) -> str:
    """The record's page at its source: what it says, else where CKAN puts it."""
    said = _first(raw, ("landing_page", "ckan_url"))
    if said.startswith(("http://", "https://")):
        return said
    return f"{source.url.removesuffix('/recherche')}/dataset/{raw.get('name') or raw.get('id')}"


def _resource(raw: Mapping[str, Any], lang: str) -> dict[str, Any]:
    name = _bilingual(raw, "name", lang)
    found = {
        "upstream_id": str(raw.get("id") or raw.get("url") or ""),
        "url": raw.get("url") or "",
        "name_translated": name,
        "description_translated": _bilingual(raw, "description", lang),
        "format": str(raw.get("format") or "").strip(),
        "kind": KINDS.get(str(raw.get("resource_type") or raw.get("kind") or "").strip().casefold(), ""),
        "language": _languages(raw.get("language")) or [lang],
        "mimetype": raw.get("mimetype") or "",
    }
    # CKAN's view plugins read a resource's address without asking whether it has one.
    return {key: value for key, value in found.items() if key == "url" or value not in (None, "", [], {})}


def _languages(value: Any) -> list[str]:
    """`FR`, `["fr", "en"]`, `fr_CA` → codes of our vocabulary."""
    known = vocabularies.load("languages")
    codes = [text.strip().lower().replace("_", "-").split("-")[0] for text in _strings(value)]
    return [code for code in dict.fromkeys(codes) if code in known]


def _first(raw: Mapping[str, Any], keys: Iterable[str]) -> str:
    return next((text for key in keys if isinstance(text := raw.get(key), str) and (text := text.strip())), "")


def _strings(value: Any) -> list[str]:
    """A text, a list of texts, JSON of either, or dicts with a name: as texts."""
    if isinstance(value, str):
        if value.startswith("["):
            try:
                return _strings(json.loads(value))
            except ValueError:
                return []
        return [value] if value.strip() else []
    if isinstance(value, list):
        texts = [item.get("name") or item.get("title") if isinstance(item, dict) else item for item in value]
        return [text for text in texts if isinstance(text, str) and text.strip()]
    return []


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
