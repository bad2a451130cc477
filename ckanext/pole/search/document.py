"""From CKAN's index document to ours: texts by language, codes as lists, nothing that Solr would choke on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from shapely.errors import ShapelyError
from shapely.geometry import shape

from ckanext.pole.bilingual import states, values, vocabularies
from ckanext.pole.search import concepts

#: Bilingual dataset fields whose words are searched.
TEXTS = (
    "notes_translated",
    "purpose_translated",
    "limitations_translated",
    "collection_method_translated",
    "provenance_translated",
)
#: Fields that hold several codes, as a JSON list.
LISTS = {
    "themes": "themes",
    "population_groups": "population_groups",
    "places": "places",
    "data_languages": "languages",
}
#: Long or structured values: CKAN's catch-all string field would index them whole, and Solr refuses terms over 32 kB.
DROPPED = ("title_translated", "keywords", "spatial", "config", states.SOURCES, *TEXTS)
#: Degrees given to each side of a point.
POINT = 0.0001
RESOURCE_TEXTS = ("name_translated", "description_translated")


def learn() -> None:
    """Read the vocabularies and the thesaurus now, for processes that are copies of this one."""
    for vocabulary in LISTS.values():
        vocabularies.load(vocabulary)
    for lang in values.LANGUAGES:
        concepts.phrases(lang)
    vocabularies.places()


def enrich(document: dict[str, Any]) -> dict[str, Any]:
    """Add our fields to CKAN's index document.

    Args:
        document: the flat dict that `before_dataset_index` receives; it is changed.

    Returns:
        The same dict.
    """
    dataset = _dataset(document)
    title = _text(dataset.get("title_translated"))
    for key in (*DROPPED, *LISTS):
        document.pop(key, None)
        document.pop(f"extras_{key}", None)
    keywords = _words(dataset.get("keywords"))
    for lang in values.LANGUAGES:
        machine = values.MACHINE[lang]
        own = title.get(lang) or title.get(machine)
        if own:
            document[f"title_{lang}"] = own
        document[f"title_sort_{lang}"] = values.show(title, lang).text or document.get("title") or document.get("name")
        document[f"keywords_{lang}"] = keywords.get(lang, [])
        document[f"text_{lang}"] = _searchable(dataset, lang, machine) + keywords.get(lang, [])
    _add_concepts(document)
    # Near spellings come from these words whoever asks, so that only what everybody may read goes in.
    if document.get("capacity") == "public" and dataset.get("access_tier") != "confidential":
        document["spelling"] = [*title.values(), *document["text_fr"], *document["text_en"]]
    for field, vocabulary in LISTS.items():
        codes = _codes(dataset.get(field))
        document[field] = codes
        _add_labels(document, vocabulary, codes)
    for lang in values.LANGUAGES:
        document[f"text_{lang}"].append((dataset.get("organization") or {}).get("title") or "")
    document["access_tier"] = dataset.get("access_tier") or "open"
    document["pole_translation_state"] = states.summary(dataset)
    _add_envelope(document, dataset)
    # A theme is also a group, its pages and counts included, without a membership row a dataset.
    document["groups"] = list(dict.fromkeys([*document.get("groups", []), *document["themes"]]))
    unsearched = ("_translated", states.SOURCES)
    for key in [key for key in document if key.startswith("res_extras_") and key.endswith(unsearched)]:
        document.pop(key)
    return document


def _dataset(document: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        return json.loads(document.get("validated_data_dict") or "{}")
    except (TypeError, ValueError):
        return {}


def _searchable(dataset: Mapping[str, Any], lang: str, machine: str) -> list[str]:
    fields = [dataset.get(key) for key in TEXTS]
    for resource in dataset.get("resources") or []:
        fields += [resource.get(key) for key in RESOURCE_TEXTS]
    texts = [_text(value) for value in fields]
    return [found for text in texts if (found := text.get(lang) or text.get(machine))]


def _add_labels(document: dict[str, Any], vocabulary: str, codes: list[str]) -> None:
    """Codes are found by their names too: "aînés" finds what is marked `seniors`."""
    terms = vocabularies.load(vocabulary)
    for lang in values.LANGUAGES:
        document[f"text_{lang}"] += [terms.label(code, lang) for code in codes if code in terms]
    if vocabulary == "places":
        known = {place.code: place for place in vocabularies.places()}
        spoken = [name for code in codes if code in known for name in known[code].variants]
        document["text_fr"] += spoken
        document["text_en"] += spoken


def _add_concepts(document: dict[str, Any]) -> None:
    """What the texts speak of; before the labels of codes come in, which are broader than the dataset."""
    for field, source in (("topics_title", "title"), ("topics", "text")):
        found: set[str] = set()
        for lang in values.LANGUAGES:
            texts = document.get(f"{source}_{lang}") or []
            found.update(concepts.of([texts] if isinstance(texts, str) else texts, lang))
        document[field] = sorted(found)


def _add_envelope(document: dict[str, Any], dataset: Mapping[str, Any]) -> None:
    """The box that ckanext-spatial's `solr-bbox` searches: the geometry's, else that of the places chosen.

    Written here and not left to ckanext-spatial's own hook, which gives a point no surface, so that no search finds it.
    """
    bounds = _bounds(dataset.get("spatial"))
    boxes = [bounds] if bounds else [place.bbox for place in vocabularies.places() if place.code in document["places"]]
    if not boxes:
        return
    west, south, east, north = zip(*boxes, strict=True)
    document["minx"], document["maxx"] = _wide(min(west), max(east))
    document["miny"], document["maxy"] = _wide(min(south), max(north))


def _bounds(spatial: Any) -> tuple[float, float, float, float] | None:
    try:
        return shape(json.loads(spatial)).bounds if spatial else None
    except (TypeError, ValueError, KeyError, AttributeError, ShapelyError):
        return None


def _wide(low: float, high: float) -> tuple[float, float]:
    """At least some ten metres, so that a point has a surface."""
    return (low, high) if high - low > POINT else (low - POINT, high + POINT)


def _text(value: Any) -> values.Text:
    try:
        return values.parse(value)
    except values.NotBilingual:
        return {}


def _words(value: Any) -> dict[str, list[str]]:
    try:
        return values.parse_list(value)
    except values.NotBilingual:
        return {}


def _codes(value: Any) -> list[str]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return []
    return [code for code in value if isinstance(code, str)] if isinstance(value, list) else []
