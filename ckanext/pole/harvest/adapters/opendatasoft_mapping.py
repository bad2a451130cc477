"""How a dataset of an Opendatasoft portal (Explore 2.0 and 2.1) reads in our schema's terms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from ckanext.pole.bilingual import values
from ckanext.pole.harvest.adapters import fields
from ckanext.pole.harvest.phrases import N_
from ckanext.pole.harvest.records import BadRecord
from ckanext.pole.harvest.source import Source

#: Under this key the adapter puts the same record as the portal gives it in another language.
OTHERS = "pole_languages"
#: What every table, and every map, can be exported as: `/exports/<name>` → our format.
EXPORTS = {"csv": "CSV", "xlsx": "XLSX", "json": "JSON"}
MAP_EXPORTS = {"geojson": "GEOJSON", "shp": "SHP"}


def unwrapped(row: Any) -> Mapping[str, Any]:
    """The dataset in a row of the list: v2.1 gives it bare, v2.0 under `dataset`, with its links beside."""
    row = fields.mapping(row)
    return fields.mapping(row.get("dataset")) or row


def join(rows: list[Any], others: list[Any], lang: str) -> None:
    """Put beside each record the same one in another language, found by its id: the order may differ."""
    found = {str(fields.mapping(other).get("dataset_id")): other for other in others}
    for row in rows:
        other = found.get(str(row.get("dataset_id")))
        if other is not None:
            row.setdefault(OTHERS, {})[lang] = other


def identity(raw: Mapping[str, Any]) -> str:
    """`dataset_uid`, which never changes; the id in the address, which may, only where a portal gives no uid.

    Raises:
        BadRecord: it has neither.
    """
    found = fields.first(raw, ("dataset_uid", "dataset_id"))
    if not found:
        raise BadRecord(N_("The record has no identifier"), "dataset_uid, dataset_id")
    return found


def wanted(raw: Mapping[str, Any]) -> bool:
    """What a portal shows only to its own people does not come."""
    return raw.get("visibility", "domain") == "domain" and raw.get("data_visible") is not False


def dataset(raw: Mapping[str, Any], source: Source) -> dict[str, Any]:
    """A dataset of the catalogue, in our schema's terms.

    Raises:
        BadRecord: it has no title or no id.
    """
    meta = _metas(raw, "default")
    dcat = _metas(raw, "dcat")
    lang = fields.language(meta.get("language") or meta.get("metadata_languages"), source)
    title = _translated(raw, "title", lang)
    if not title:
        raise BadRecord(N_("The record has no title"))
    name = fields.first(raw, ("dataset_id",)) or identity(raw)
    start, end = fields.period(dcat.get("temporal"))
    return fields.compact(
        {
            "name": name,
            "title_translated": title,
            "notes_translated": _translated(raw, "description", lang) or dict(title),
            "keywords": _keywords(raw, lang),
            "themes": fields.themes([*fields.strings(meta.get("theme")), *fields.strings(meta.get("keyword"))], source),
            "places": fields.places(
                [*fields.strings(meta.get("territory")), *fields.strings(dcat.get("spatial"))], source
            ),
            "spatial": _spatial(meta),
            "period_start": start,
            "period_end": end,
            "frequency": fields.frequency(meta.get("update_frequency"), dcat.get("accrualperiodicity")),
            "data_languages": fields.languages(meta.get("language")) or [lang],
            "license_id": fields.licence_or_default(source, meta.get("license_url"), meta.get("license")),
            "contact_name": fields.first(dcat, ("contact_name", "creator")) or fields.first(meta, ("publisher",)),
            "contact_email": fields.email(dcat.get("contact_email")),
            "url": f"{source.url}/explore/dataset/{quote(name)}/",
            "resources": _resources(raw, name, lang, source),
        }
    )


def _metas(raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return fields.mapping(fields.mapping(raw.get("metas")).get(name))


def _translated(raw: Mapping[str, Any], field: str, lang: str) -> dict[str, str]:
    """The field in the record's language, and in those that the portal says it is written in.

    A portal asked for a language that a record lacks answers in another one without a word: only a language that
    `metadata_languages` names counts, and only where the text differs.
    """
    meta = _metas(raw, "default")
    found = fields.in_language(meta.get(field), lang)
    said = fields.languages(meta.get("metadata_languages"))
    for other, record in fields.mapping(raw.get(OTHERS)).items():
        text = fields.text(_metas(record, "default").get(field))
        if other in values.LANGUAGES and other in said and other not in found and text not in ("", found.get(lang)):
            found[other] = text
    return found


def _keywords(raw: Mapping[str, Any], lang: str) -> dict[str, list[str]]:
    meta = _metas(raw, "default")
    found = fields.words(meta.get("keyword"), lang)
    said = fields.languages(meta.get("metadata_languages"))
    for other, record in fields.mapping(raw.get(OTHERS)).items():
        there = fields.words(_metas(record, "default").get("keyword"), other).get(other)
        if other in said and other not in found and there and there != found.get(lang):
            found[other] = there
    return found


def _spatial(meta: Mapping[str, Any]) -> str:
    """The box of the data, as GeoJSON or as a feature that holds it."""
    box = fields.mapping(meta.get("bbox"))
    return fields.geometry(fields.mapping(box.get("geometry")) or box)


def _resources(raw: Mapping[str, Any], name: str, lang: str, source: Source) -> list[dict[str, Any]]:
    """The exports of its records, then its attachments and other exports."""
    base = f"{source.url}/api/explore/v2.1/catalog/datasets/{quote(name)}"
    found: list[dict[str, Any]] = []
    if raw.get("has_records") is not False:
        exports = {**EXPORTS, **(MAP_EXPORTS if _has_map(raw) else {})}
        found = [
            {
                # The portal gives exports no id: the kind of export names them, whatever their address becomes.
                "upstream_id": f"export:{kind}",
                "url": f"{base}/exports/{kind}",
                "name_translated": {lang: code},
                "format": code,
                "kind": "data",
                "language": fields.languages(_metas(raw, "default").get("language")) or [lang],
            }
            for kind, code in exports.items()
        ]
    for group, kind in (("attachments", "documentation"), ("alternative_exports", "data")):
        for item in fields.items(raw.get(group)):
            if resource := _attachment(fields.mapping(item), group, kind, base, lang):
                found.append(resource)
    return found


def _attachment(item: Mapping[str, Any], group: str, kind: str, base: str, lang: str) -> dict[str, Any] | None:
    """A file beside the records; its inner `odsfile://` address is served by the API under its id."""
    key = fields.first(item, ("id",))
    url = fields.address(item.get("url"))
    if not url and key:
        url = f"{base}/{group}/{quote(key)}"
    if not url:
        return None
    return fields.compact(
        {
            "upstream_id": f"{group}:{key or url}",
            "url": url,
            "name_translated": fields.in_language(item.get("title"), lang),
            "description_translated": fields.in_language(item.get("description"), lang),
            "format": fields.file_format(item.get("mimetype"), url, item.get("url")),
            "mimetype": fields.first(item, ("mimetype",)),
            "kind": kind,
            "language": [lang],
        }
    )


def _has_map(raw: Mapping[str, Any]) -> bool:
    if "geo" in fields.strings(raw.get("features")):
        return True
    return any(
        fields.mapping(column).get("type") in ("geo_shape", "geo_point_2d")
        for column in fields.items(raw.get("fields"))
    )
