"""How an item of an ArcGIS Hub reads in our schema's terms, from its search API or its DCAT-US feed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from ckanext.pole.harvest.adapters import dcat_us_mapping, fields
from ckanext.pole.harvest.phrases import N_
from ckanext.pole.harvest.records import BadRecord
from ckanext.pole.harvest.source import Source

#: The one thing that does not drift: the item's 32 hexadecimal digits, and the layer in one of its spellings.
_KEY = re.compile(
    r"(?<![0-9a-f])([0-9a-f]{32})(?![0-9a-f])(?:_(\d+)|[^ ]*?[?&](?:sublayer|layers)=(\d+))?", re.IGNORECASE
)
#: What the Hub can export of a layer: `/api/download/v1/items/<id>/<name>` → our format.
EXPORTS = {"csv": "CSV", "geojson": "GEOJSON", "shapefile": "SHP"}
#: Types of item that are layers, and so can be exported.
LAYERS = frozenset({"Feature Service", "Feature Layer", "Table", "Map Service"})


def hub(source: Source) -> str:
    """The Hub's own address: an operator may have given that of its feed."""
    return source.url.split("/api/", maxsplit=1)[0].rstrip("/")


def item_key(text: str) -> str:
    """`<item>` or `<item>_<layer>` from any identifier or address that holds it; empty if none does."""
    found = _KEY.search(text)
    if not found:
        return ""
    layer = found[2] or found[3]
    return found[1].lower() + (f"_{layer}" if layer else "")


def identity(raw: Mapping[str, Any]) -> str:
    """The item's id and layer, found wherever the answer has it: identifiers turned from `hash_0` to slugs once.

    Raises:
        BadRecord: it has no id at all.
    """
    if "properties" in raw:
        item = fields.mapping(raw["properties"])
        found = fields.first(raw, ("id",)) or fields.first(item, ("id", "itemid"))
        if not found:
            raise BadRecord(N_("The record has no identifier"), "id")
        return item_key(found) or found
    places = [raw.get("identifier"), raw.get("landingPage")]
    for item in fields.items(raw.get("distribution")):
        places += [fields.mapping(item).get(name) for name in ("accessURL", "downloadURL")]
    return next((key for text in places if isinstance(text, str) and (key := item_key(text))), "") or (
        dcat_us_mapping.identity(raw)
    )


def wanted(raw: Mapping[str, Any]) -> bool:
    """What its owner does not share with everybody does not come."""
    if "properties" in raw:
        return fields.mapping(raw["properties"]).get("access") in (None, "public")
    return dcat_us_mapping.wanted(raw)


def dataset(raw: Mapping[str, Any], source: Source) -> dict[str, Any]:
    """An item, in our schema's terms.

    Raises:
        BadRecord: it has no title or no id.
    """
    return _from_search(raw, source) if "properties" in raw else _from_feed(raw, source)


def _from_feed(raw: Mapping[str, Any], source: Source) -> dict[str, Any]:
    """The feed is DCAT-US; resources are named by their format, since their addresses change with the Hub's version."""
    found = dcat_us_mapping.dataset(raw, source)
    seen: set[str] = set()
    for resource in found["resources"]:
        key = _resource_key(resource.get("format", ""))
        if key and key not in seen:
            seen.add(key)
            resource["upstream_id"] = key
    return found


def _resource_key(code: str) -> str:
    """The id that a resource has in both ways of reading a Hub."""
    named = {"HTML": "page", "API": "service", "ZIP": "export:shapefile", "SHP": "export:shapefile"}
    return named.get(code) or {form: f"export:{name}" for name, form in EXPORTS.items()}.get(code, "")


def _from_search(raw: Mapping[str, Any], source: Source) -> dict[str, Any]:
    item = fields.mapping(raw["properties"])
    # Esri's `culture` is the language of the account, `en-us` even where texts are French: the operator may say better.
    lang = fields.language(item.get("culture"), source)
    key = identity(raw)
    title = fields.in_language(fields.first(item, ("title", "name")), lang)
    if not title:
        raise BadRecord(N_("The record has no title"))
    words = fields.strings(item.get("tags"))
    subjects = [category.rsplit("/", 1)[-1] for category in fields.strings(item.get("categories"))]
    page = f"{hub(source)}/datasets/{quote(fields.first(item, ('slug',)) or key, safe=':')}"
    return fields.compact(
        {
            "name": fields.first(item, ("title", "name")),
            "title_translated": title,
            "notes_translated": fields.in_language(item.get("description"), lang)
            or fields.in_language(item.get("snippet"), lang)
            or dict(title),
            "keywords": fields.words(words, lang),
            "themes": fields.themes([*subjects, *words], source),
            "places": fields.places([], source),
            "spatial": _spatial(raw, item),
            "data_languages": [lang],
            "license_id": fields.licence_or_default(
                source,
                fields.mapping(item.get("structuredLicense")).get("url"),
                item.get("license"),
                item.get("licenseInfo"),
            ),
            "contact_name": fields.first(item, ("source", "orgName", "organization")) or fields.first(item, ("owner",)),
            "url": page,
            "resources": _resources(item, key, page, lang, source),
        }
    )


def _spatial(raw: Mapping[str, Any], item: Mapping[str, Any]) -> str:
    """The item's envelope, else the feature's own shape."""
    corners = fields.mapping(item.get("extent")).get("coordinates") or item.get("itemExtent")
    pairs = [pair for pair in fields.items(corners) if isinstance(pair, list) and len(pair) == 2]
    if len(pairs) == 2 and (box := fields.box([*pairs[0], *pairs[1]])):
        return box
    return fields.geometry(raw.get("geometry"))


def _resources(item: Mapping[str, Any], key: str, page: str, lang: str, source: Source) -> list[dict[str, Any]]:
    """The exports of a layer, its service, its page. An export answers 202 while the Hub prepares it."""
    found: list[dict[str, Any]] = []
    number, _, layer = key.partition("_")
    kind = fields.first(item, ("type",))
    if kind in LAYERS and item_key(key):
        for name, code in EXPORTS.items():
            url = f"{hub(source)}/api/download/v1/items/{number}/{name}?layers={layer or 0}"
            found.append(_file(f"export:{name}", url, code, "data", lang))
    if service := fields.address(item.get("url")):
        is_service = kind.endswith(("Service", "Layer", "Table"))
        code = "API" if is_service else fields.file_format(service) or "HTML"
        found.append(_file("service", service, code, "api" if is_service else "data", lang))
    found.append(_file("page", page, "HTML", "documentation", lang))
    return found


def _file(key: str, url: str, code: str, kind: str, lang: str) -> dict[str, Any]:
    return {
        "upstream_id": key,
        "url": url,
        "name_translated": {lang: code},
        "format": code,
        "kind": kind,
        "language": [lang],
    }
