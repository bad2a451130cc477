"""What a search gives back: the rows of the tables in plain words, the same for the page and for programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ckanext.pole.directory.questions import Question
from ckanext.pole.directory.spoken import spoken

Labels = Mapping[str, Mapping[str, str]]


def entry(row: Mapping[str, Any], dataset: str) -> dict[str, Any]:
    """One entry.

    Args:
        row: of the search or of `searching.show`.
        dataset: name of its dataset.
    """
    sheet = dict(row["sheet"])
    found = {
        "id": row["id"],
        "service_id": row["service_id"],
        "organization_id": row["organization_id"],
        "directory": dataset,
        **sheet,
        "languages_spoken": [
            {"code": code, "label": dict(known.name) if (known := spoken(code, code)) else {}}
            for code in row["languages"]
        ],
        "latitude": row["latitude"],
        "longitude": row["longitude"],
        "minimum_age": row["minimum_age"],
        "maximum_age": row["maximum_age"],
        "free": row["free"],
        "accessible": row["accessible"],
    }
    if "now" in row:
        found["open_now"] = row["now"]
    if row.get("km") is not None:
        found["distance_km"] = round(row["km"], 2)
    return found


def facets(found: Mapping[str, Iterable[tuple[str, int]]], categories: Labels) -> dict[str, list[dict[str, Any]]]:
    """The facets with a label of each value in both languages."""
    return {
        name: [{"value": value, "label": _label(name, value, categories), "count": count} for value, count in rows]
        for name, rows in sorted(found.items())
    }


def asked(question: Question) -> dict[str, Any]:
    """The question as it was understood, without what was not asked."""
    given = {name: value for name, value in vars(question).items() if value not in (None, "", False)}
    if question.latitude is None:
        given.pop("distance", None)
    return {"q" if name == "text" else name: value for name, value in given.items()}


def _label(facet: str, value: str, categories: Labels) -> dict[str, str]:
    if facet == "language":
        known = spoken(value, value)
        return dict(known.name) if known else {"fr": value, "en": value}
    if facet == "category":
        named = categories.get(value) or {}
        return {code: named.get(code) or named.get(other) or value for code, other in (("fr", "en"), ("en", "fr"))}
    return {"fr": value, "en": value}
