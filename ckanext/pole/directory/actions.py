"""API verbs of the directories: search, show one service, read the open counts."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import Context, DataDict

from ckanext.pole.bilingual.helpers import pole_lang
from ckanext.pole.directory import answers, openhours, questions, searching
from ckanext.pole.directory import doors as access

__all__ = ["pole_directory_counts", "pole_directory_entry_show", "pole_directory_search"]


@tk.side_effect_free
def pole_directory_search(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Search the services of the directories that the caller may read.

    Args:
        context: CKAN's.
        data_dict: all optional: `q` (the need, in words of either language), `eligibility` (words of whom it is for),
            `place` (code of a place), `latitude`, `longitude` and `distance` (kilometres, 3 by default), `language`
            (ISO code or name of a language spoken), `age`, `city`, `category`, `code` (of the taxonomy),
            `organization_id`, `free`, `accessible`, `open_now` (true), `directory` (dataset), `sort` (relevance,
            distance, name), `limit` (at most 100), `offset`.

    Returns:
        `count`, `results`, `facets`, `relaxed` (true: no service has all the words, these have some), `search` (as it
        was understood), `directories` searched and `closed`: those that exist but are not open to the caller.

    Raises:
        ValidationError: by field, what is wrong.
    """
    tk.check_access("pole_directory_search", context, data_dict)
    question = _question(data_dict)
    user = context.get("user") or ""
    doors = access.doors(user, question.directory)
    ids = sorted(doors.open)
    found = searching.find(question, ids, pole_lang())
    if found.rows:
        read = {row["package_id"] for row in found.rows}
        access.note([doors.open[id_] for id_ in sorted(read)], user, context.get("pole_channel") or "api")
    return {
        "count": found.total,
        "relaxed": found.relaxed,
        "results": [answers.entry(row, doors.open[row["package_id"]].name) for row in found.rows],
        "facets": answers.facets(found.facets, searching.names(ids)),
        "search": answers.asked(question),
        "directories": [_directory(row) for row in doors.open.values()],
        "closed": [_directory(row) for row in doors.closed.values()],
    }


@tk.side_effect_free
def pole_directory_entry_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Show one service at one place.

    Args:
        context: CKAN's.
        data_dict: `id` of the entry.

    Returns:
        The entry as the search gives it, with `elsewhere`: the other places of the same service.

    Raises:
        ObjectNotFound: there is none, or its directory is not public.
        NotAuthorized: its directory is closed to the caller.
    """
    id_ = tk.get_or_bust(data_dict, "id")
    row = searching.show(str(id_)[:100].replace("\x00", ""))
    user = context.get("user") or ""
    if row is None or not access.may("package_show", user, row["package_id"]):
        raise tk.ObjectNotFound(tk._("This service is not in a directory"))
    tk.check_access("pole_directory_entry_show", context, {"id": id_, "resource_id": row["resource_id"]})
    listing = next(item for item in searching.listings() if item.package_id == row["package_id"])
    access.note([listing], user, context.get("pole_channel") or "api")
    row["now"] = openhours.is_open(openhours.Hours.of(row["sheet"].get("opening")), datetime.now(timezone.utc))
    others = searching.elsewhere(row["package_id"], row["service_id"], row["id"])
    return {
        **answers.entry(row, row["dataset"]),
        "elsewhere": [
            {
                "id": other["id"],
                **{name: other["sheet"].get(name) for name in ("place", "address", "city", "address_withheld")},
            }
            for other in others
        ],
    }


@tk.side_effect_free
def pole_directory_counts(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Read how many services of each category there are: open to all who may read a directory's summary.

    Args:
        context: CKAN's.
        data_dict: `place` (a city as the directory writes it; the whole without it), `category`, `directory`.

    Returns:
        `counts`, each with `directory`, `place`, `category`, `name`, `services` (none where fewer than five) and
        `suppressed`; `places` that may be asked.
    """
    tk.check_access("pole_directory_counts", context, data_dict)
    given = {
        name: str(data_dict.get(name) or "")[:100].replace("\x00", "") for name in ("place", "category", "directory")
    }
    doors = access.doors(context.get("user") or "", given["directory"])
    rows = searching.counts(doors.counted, given["place"], given["category"])
    known = {**doors.open, **doors.closed}
    return {
        "counts": [
            {
                "directory": known[row["package_id"]].name,
                "place": row["place"],
                "category": row["category"],
                "name": {code: name for code in ("fr", "en") if (name := row[f"name_{code}"])},
                "services": row["services"],
                "suppressed": row["suppressed"],
            }
            for row in rows
        ],
        "places": searching.count_places(doors.counted),
    }


def _directory(row: Any) -> dict[str, Any]:
    return {"id": row.package_id, "name": row.name, "resource_id": row.resource_id, "entries": row.entries}


def _question(data_dict: DataDict) -> questions.Question:
    try:
        return questions.read(data_dict)
    except questions.WrongQuestion as error:
        raise tk.ValidationError({field: [_fault(code)] for field, code in error.faults.items()}) from None


def _fault(code: str) -> str:
    return {
        "number": tk._("This is not a number"),
        "range": tk._("This number is too small or too large"),
        "flag": tk._("Write true or false"),
        "sort": tk._("Sort by relevance, distance or name"),
        "place": tk._("This place is not known"),
        "language": tk._("This language is not known"),
        "pair": tk._("A point needs both latitude and longitude"),
        "too_long": tk._("This text is too long"),
    }[code]
