"""How a result of Socrata's discovery API reads in our schema's terms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ckanext.pole.harvest.adapters import fields
from ckanext.pole.harvest.phrases import N_
from ckanext.pole.harvest.records import BadRecord
from ckanext.pole.harvest.source import Source

#: What a table and a map can be exported as: the ending of `/api/views/<id>/rows.<ending>` → our format.
EXPORTS = {"csv": "CSV", "json": "JSON"}
#: Custom fields of a portal's metadata, by what they end in, folded to lower case.
FREQUENCY = ("update frequency", "frequency", "refresh", "update_frequency", "updatefrequency", "update-frequency")
LICENCE = ("license", "licence", "terms of use")


def identity(raw: Mapping[str, Any]) -> str:
    """The four-by-four id of the asset.

    Raises:
        BadRecord: it has none.
    """
    found = fields.first(fields.mapping(raw.get("resource")), ("id",))
    if not found:
        raise BadRecord(N_("The record has no identifier"), "resource.id")
    return found


def dataset(raw: Mapping[str, Any], source: Source) -> dict[str, Any]:
    """A result of the discovery API, in our schema's terms.

    Raises:
        BadRecord: it has no title or no id.
    """
    resource = fields.mapping(raw.get("resource"))
    classed = fields.mapping(raw.get("classification"))
    custom = _custom(classed)
    # Nothing in the answer says the language; these portals are English unless their operator here says otherwise.
    lang = str(source.config.get("language") or "en")
    key = identity(raw)
    title = fields.in_language(resource.get("name"), lang)
    if not title:
        raise BadRecord(N_("The record has no title"))
    tags = fields.strings(classed.get("domain_tags")) or fields.strings(classed.get("tags"))
    category = fields.strings(classed.get("domain_category"))
    page = fields.address(raw.get("permalink")) or f"{source.url}/d/{key}"
    return fields.compact(
        {
            "name": fields.text(resource.get("name")),
            "title_translated": title,
            "notes_translated": fields.in_language(resource.get("description"), lang) or dict(title),
            "keywords": fields.words(tags, lang),
            "themes": fields.themes([*category, *fields.strings(classed.get("categories")), *tags], source),
            "places": fields.places([], source),
            "frequency": fields.frequency(*_ending(custom, FREQUENCY)),
            "data_languages": [lang],
            "license_id": fields.licence_or_default(
                source, fields.mapping(raw.get("metadata")).get("license"), *_ending(custom, LICENCE)
            ),
            "contact_name": fields.first(resource, ("attribution",)),
            "contact_email": fields.email(resource.get("contact_email")),
            "url": page,
            "resources": _resources(resource, key, page, lang, source),
        }
    )


def _custom(classed: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The portal's own fields, `Group_Field` → value."""
    pairs = [fields.mapping(pair) for pair in fields.items(classed.get("domain_metadata"))]
    return [(str(pair.get("key", "")).lower(), str(pair.get("value", ""))) for pair in pairs]


def _ending(custom: list[tuple[str, str]], names: tuple[str, ...]) -> list[str]:
    return [value for key, value in custom if key.replace("-", " ").endswith(names) or key.endswith(names)]


def _resources(resource: Mapping[str, Any], key: str, page: str, lang: str, source: Source) -> list[dict[str, Any]]:
    """The exports of a table; a map's also as GeoJSON; a file or a link as what it is."""
    origin = page.split("/d/", maxsplit=1)[0] if "/d/" in page else source.url
    kind = fields.first(resource, ("lens_view_type",))
    if kind == "blobby":
        url, code = f"{origin}/download/{key}", fields.file_format(resource.get("blob_mime_type"))
        return [_file("file", url, code or "ZIP", lang)]
    if kind == "href":
        return [_file("link", page, "HTML", lang)]
    found = [
        _file(name, f"{origin}/api/views/{key}/rows.{name}?accessType=DOWNLOAD", code, lang)
        for name, code in EXPORTS.items()
    ]
    if kind == "geo" or fields.first(resource, ("type",)) == "map":
        found.append(_file("geojson", f"{origin}/api/geospatial/{key}?method=export&format=GeoJSON", "GEOJSON", lang))
    found.append({**_file("api", f"{origin}/resource/{key}.json", "API", lang), "kind": "api"})
    return found


def _file(name: str, url: str, code: str, lang: str) -> dict[str, Any]:
    return {
        "upstream_id": f"export:{name}",
        "url": url,
        "name_translated": {lang: code},
        "format": code,
        "kind": "data",
        "language": [lang],
    }
