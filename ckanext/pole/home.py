"""Template helpers of the home page: themes, places, what is new and what is read most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import ckan.plugins.toolkit as tk

from ckanext.pole import uses
from ckanext.pole.bilingual import vocabularies
from ckanext.pole.bilingual.helpers import pole_lang

__all__ = ["pole_home", "pole_most_read", "pole_places"]

#: Datasets under "what is new" on the home page, and how many of them leave room for other partners' where the newest
#: are all of one: a great harvest does not hide the others.
LATEST, _OTHERS = 5, 3
#: Datasets under "most read"; fewer are no list.
MOST_READ = 3


def pole_home() -> dict[str, Any]:
    """What the home page shows: true counts and the newest datasets, in two searches at most."""
    search = tk.get_action("package_search")
    facets = ["themes", "places", "organization"]
    found = search(
        {},
        {
            "q": "*:*",
            "fq": "dataset_type:dataset",
            "rows": LATEST,
            "sort": "metadata_modified desc",
            "facet.field": facets,
            "facet.limit": -1,
        },
    )
    counts = {name: found["facets"].get(name, {}) for name in facets}
    return {
        "count": found["count"],
        "organizations": len(counts["organization"]),
        "territories": len(counts["places"]),
        "places": counts["places"],
        "themes": _themes(counts["themes"]),
        "latest": _varied(found["results"], counts["organization"]),
    }


def pole_most_read() -> dict[str, Any]:
    """The datasets that this reader may see and that people read most, each with how often; none before a few were.

    Returns:
        datasets: pairs of a dataset and its count; since: the day from which they are counted.
    """
    counts, since = uses.most_read()
    if len(counts) < MOST_READ:
        return {"datasets": [], "since": since}
    wanted = " OR ".join(f'"{name}"' for name in counts)
    query = {"q": "*:*", "fq": f"dataset_type:dataset id:({wanted})", "rows": len(counts), "facet": "false"}
    found = {dataset["id"]: dataset for dataset in tk.get_action("package_search")({}, query)["results"]}
    shown = [(found[name], count) for name, count in counts.items() if name in found]
    return {"datasets": shown[:MOST_READ], "since": since}


def pole_places(counts: Mapping[str, int] | None = None) -> list[dict[str, Any]]:
    """The places by kind, for a select: those that someone published about, all of them if nobody did yet."""
    counts = counts or {}
    titles = {
        "agglomeration": tk._("The whole territory"),
        "city": tk._("The whole territory"),
        "borough": tk._("Boroughs"),
        "linked_city": tk._("Linked cities"),
        "sociological_district": tk._("Neighbourhoods"),
    }
    groups: dict[str, list[dict[str, Any]]] = {}
    for kind, code, label in _places(pole_lang()):
        if counts and not counts.get(code):
            continue
        entry = {"code": code, "label": label, "count": counts.get(code, 0)}
        groups.setdefault(str(titles.get(kind) or kind), []).append(entry)
    return [{"title": title, "places": entries} for title, entries in groups.items()]


@cache
def _places(lang: str) -> Sequence[tuple[str, str, str]]:
    """Kind, code and name of each place: the kinds in the order of their file, the places of each by their names."""
    kinds = list(dict.fromkeys(place.kind for place in vocabularies.places()))
    return sorted(
        ((place.kind, place.code, place.label[lang]) for place in vocabularies.places()),
        key=lambda place: (kinds.index(place[0]), vocabularies.fold(place[2])),
    )


def _themes(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """The themes in their order, each with its page: the theme's own, or a search where it has no group."""
    groups = set(tk.get_action("group_list")({}, {}))
    lang = pole_lang()
    return [
        {
            "code": term.code,
            "label": term.label[lang],
            "color": term.extra.get("color", ""),
            "count": counts.get(term.code, 0),
            "url": tk.h.url_for("group.read", id=term.code)
            if term.code in groups
            else tk.h.url_for("dataset.search", themes=term.code),
        }
        for term in vocabularies.load("themes")
    ]


def _varied(latest: list[dict[str, Any]], organizations: Mapping[str, int]) -> list[dict[str, Any]]:
    """The newest datasets; where they are all of one partner, the newest of the others beside them."""
    names = {(dataset.get("organization") or {}).get("name") for dataset in latest}
    if len(names) != 1 or len(organizations) < 2 or None in names:
        return latest
    others = tk.get_action("package_search")(
        {},
        {
            "q": "*:*",
            "fq": f'dataset_type:dataset -organization:"{names.pop()}"',
            "rows": _OTHERS,
            "sort": "metadata_modified desc",
        },
    )["results"]
    mixed = latest[: LATEST - len(others)] + others
    return sorted(mixed, key=lambda dataset: dataset["metadata_modified"], reverse=True)
