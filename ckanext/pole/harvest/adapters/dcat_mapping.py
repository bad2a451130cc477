"""How a dataset of a DCAT-AP catalogue reads in our schema's terms.

ckanext-dcat's profile reads what has one value (contact, period, place, distributions); texts are read from the graph
itself, since the profile does not keep apart a text without a language from one in the site's language.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCAT, DCTERMS, RDFS, SKOS
from rdflib.term import Node

from ckanext.pole.bilingual import values
from ckanext.pole.harvest.adapters import fields
from ckanext.pole.harvest.phrases import N_
from ckanext.pole.harvest.records import BadRecord
from ckanext.pole.harvest.source import Source

Parsed = Mapping[str, Any]


def identity(graph: Graph, dataset: Node) -> str:
    """The dataset's URI; of a blank node its identifier, else its page.

    Raises:
        BadRecord: it has none of them.
    """
    if isinstance(dataset, URIRef) and fields.address(str(dataset).split(" ")[0]):
        return str(dataset)
    for predicate in (DCTERMS.identifier, DCAT.landingPage):
        found = sorted(str(value).strip() for value in graph.objects(dataset, predicate))
        if found and found[0]:
            return found[0]
    raise BadRecord(N_("The record has no identifier"), "URI, dct:identifier, dcat:landingPage")


def dataset(parsed: Parsed, graph: Graph, node: Node, source: Source) -> dict[str, Any]:
    """A dataset of the catalogue, in our schema's terms.

    Args:
        parsed: what ckanext-dcat's profile made of it.
        graph: the dataset's own graph.
        node: the dataset in it.
        source: where it comes from.

    Raises:
        BadRecord: it has no title in French, in English or without a language.
    """
    said = fields.languages(_list(parsed, "language"))
    lang = fields.language(said if len(said) == 1 else None, source)
    title = _texts(graph, node, (DCTERMS.title,), lang)
    if not title:
        raise BadRecord(N_("The record has no title in French, in English or without a language"))
    themes = [*_list(parsed, "theme"), *_labels(graph, graph.objects(node, DCAT.theme))]
    words = _keywords(graph, node, lang)
    start, end = _period(parsed, graph, node)
    places = [_one(parsed, "spatial_text"), *_labels(graph, graph.objects(node, DCTERMS.spatial))]
    return fields.compact(
        {
            "name": values.default_text(title),
            "title_translated": title,
            "notes_translated": _texts(graph, node, (DCTERMS.description, DCTERMS.abstract), lang) or dict(title),
            "keywords": words,
            "themes": fields.themes([*themes, *(word for found in words.values() for word in found)], source),
            "places": fields.places(places, source),
            "spatial": fields.geometry(_one(parsed, "spatial")) or fields.geometry(_one(parsed, "spatial_bbox")),
            "period_start": start,
            "period_end": end,
            "frequency": fields.frequency(_one(parsed, "frequency")),
            "data_languages": said or [lang],
            "license_id": _licence(graph, node, source),
            "contact_name": _contact(parsed, "name"),
            "contact_email": fields.email(_contact(parsed, "email")),
            "url": fields.address(_one(parsed, "url")) or fields.address(str(node)),
            "resources": _resources(parsed, graph, lang),
        }
    )


def _one(parsed: Parsed, key: str) -> str:
    """A value that the profile put at the root, or among the extras."""
    found = parsed.get(key)
    if found in (None, "", [], {}):
        found = next((extra.get("value") for extra in parsed.get("extras") or () if extra.get("key") == key), "")
    return found.strip() if isinstance(found, str) else json.dumps(found) if found else ""


def _list(parsed: Parsed, key: str) -> list[str]:
    return fields.strings(_one(parsed, key))


def _contact(parsed: Parsed, part: str) -> str:
    """The contact's name or address, else the publisher's, else the creator's."""
    return next(
        (found for role in ("contact", "publisher", "creator") if (found := _one(parsed, f"{role}_{part}"))), ""
    )


def _texts(graph: Graph, node: Node, predicates: Iterable[URIRef], lang: str) -> dict[str, str]:
    """The literals of the first predicate that has any of use, by language; one without a tag is in `lang`."""
    for predicate in predicates:
        found: dict[str, str] = {}
        # Sorted: a language given twice reads the same at each run. Tags sort after none, so they win over it.
        for literal in sorted(_literals(graph, node, predicate), key=lambda item: (item.language or "", str(item))):
            tag = (literal.language or lang).lower().split("-")[0]
            text = fields.text(str(literal))
            if tag in values.LANGUAGES and text:
                found[tag] = text
        if found:
            return values.parse(found)
    return {}


def _keywords(graph: Graph, node: Node, lang: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for literal in sorted(_literals(graph, node, DCAT.keyword), key=lambda item: (item.language or "", str(item))):
        tag = (literal.language or lang).lower().split("-")[0]
        if tag in values.LANGUAGES:
            found.setdefault(tag, []).extend(piece.strip() for piece in str(literal).split(","))
    return values.parse_list(found)


def _literals(graph: Graph, node: Node, predicate: URIRef) -> list[Literal]:
    return [item for item in graph.objects(node, predicate) if isinstance(item, Literal)]


def _labels(graph: Graph, nodes: Iterable[Node]) -> list[str]:
    """What things are called: their labels, else their own text or address."""
    found: list[str] = []
    for node in nodes:
        names = [str(name) for label in (SKOS.prefLabel, RDFS.label) for name in graph.objects(node, label)]
        found += names or [str(node)]
    return sorted(found)


def _period(parsed: Parsed, graph: Graph, node: Node) -> tuple[str, str]:
    start, end = fields.date(_one(parsed, "temporal_start")), fields.date(_one(parsed, "temporal_end"))
    if start or end:
        return ("", "") if start and end and end < start else (start, end)
    # GeoNetwork writes `A / B` as a text.
    written = sorted("".join(str(item).split()) for item in _literals(graph, node, DCTERMS.temporal))
    return fields.period(written[0]) if written else ("", "")


def _licence(graph: Graph, node: Node, source: Source) -> str:
    """The one licence that the dataset names, else the one that its distributions agree on."""
    own = _hints(graph, [node])
    hints = own or _hints(graph, sorted(graph.objects(node, DCAT.distribution), key=str))
    if not hints:
        return fields.licence_or_default(source)
    found = {code for hint in hints if (code := fields.licence(hint)) != "notspecified"}
    return found.pop() if len(found) == 1 else "notspecified"


def _hints(graph: Graph, nodes: Iterable[Node]) -> list[str]:
    given = [item for node in nodes for key in (DCTERMS.license, DCTERMS.rights) for item in graph.objects(node, key)]
    return [text for item in given for text in (str(item), *_labels(graph, [item]))]


def _resources(parsed: Parsed, graph: Graph, lang: str) -> list[dict[str, Any]]:
    """The distributions, named by their URI, else by their address; in an order that their document does not change."""
    by_reference = {str(item): item for item in graph.objects(None, DCAT.distribution)}
    found: dict[str, dict[str, Any]] = {}
    for resource in parsed.get("resources") or ():
        node = by_reference.get(str(resource.get("distribution_ref") or ""))
        read = _resource(resource, graph, node, lang)
        if read is not None:
            found.setdefault(read["upstream_id"], read)
    return [found[key] for key in sorted(found)]


def _resource(resource: Mapping[str, Any], graph: Graph, node: Node | None, lang: str) -> dict[str, Any] | None:
    download = fields.address(resource.get("download_url"))
    url = download or fields.address(resource.get("url")) or fields.address(resource.get("access_url"))
    if not url:
        return None
    uri = str(resource.get("uri") or "")
    code = fields.file_format(resource.get("format"), resource.get("mimetype"), download)
    said = fields.languages(resource.get("language"))
    name = _texts(graph, node, (DCTERMS.title, RDFS.label), lang) if node is not None else {}
    return fields.compact(
        {
            # Two distributions may share an address and differ in format.
            "upstream_id": uri if fields.address(uri) else f"{url}#{code}" if code else url,
            "url": url,
            "name_translated": name or ({lang: code} if code else {}),
            "description_translated": _texts(graph, node, (DCTERMS.description,), lang) if node is not None else {},
            "format": code,
            "mimetype": str(resource.get("mimetype") or ""),
            "kind": "data"
            if download
            else {"API": "api", "WMS": "api", "WFS": "api", "HTML": "documentation"}.get(code, ""),
            "language": said or [lang],
        }
    )
