"""The directory's pages: a search with list and map, and the printable sheet of a service."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan.lib.helpers import Page
from flask import Blueprint, request
from werkzeug.wrappers import Response

from ckanext.pole.directory import questions, showing

pole_directory = Blueprint("pole_directory", __name__)

PAGE = 20


def search() -> str | tuple[str, int]:
    """Search the directories."""
    given = {name: request.args.get(name, "").strip() for name in showing.FIELDS}
    page = _page()
    context: Any = {"user": tk.g.user, "pole_channel": "page"}
    asked = {**given, "limit": PAGE, "offset": (page - 1) * PAGE}
    errors: dict[str, Any] = {}
    try:
        found = tk.get_action("pole_directory_search")(context, asked)
    except tk.ValidationError as error:
        errors = error.error_dict
        found = {"count": 0, "results": [], "facets": {}, "relaxed": False, "directories": [], "closed": []}
    counts = tk.get_action("pole_directory_counts")(context, {"directory": given["directory"]})
    body = tk.render(
        "pole/directory/search.html",
        {
            "given": given,
            "found": found,
            "errors": errors,
            "counts": counts["counts"],
            "closed": [_closed(row, tk.g.user) for row in found["closed"]],
            "facets": showing.facets(found["facets"], given),
            "chips": showing.chips(given, found["facets"]),
            "points": showing.points(found["results"], asked["offset"] + 1),
            "first": asked["offset"] + 1,
            "page": Page(
                collection=found["results"], page=page, item_count=min(found["count"], questions.MAX_OFFSET),
                items_per_page=PAGE, presliced_list=True,
            ),
            "outline": showing.OUTLINE,
            "box": questions.places()["mtl"].bbox,
            "api": tk.h.pole_api_url("pole_directory_search", **given),
        },
    )  # fmt: skip
    return (body, 400) if errors else body


def entry(id: str) -> str:
    """The sheet of one service at one place."""
    context: Any = {"user": tk.g.user, "pole_channel": "page"}
    try:
        found = tk.get_action("pole_directory_entry_show")(context, {"id": id})
    except tk.ObjectNotFound:
        return tk.abort(404, tk._("This service is not in a directory"))
    except tk.NotAuthorized as error:
        return tk.abort(403, error.message or tk._("This directory is not open to you"))
    dataset = tk.get_action("package_show")(context, {"id": found["directory"]})
    return tk.render(
        "pole/directory/entry.html",
        {
            "entry": found,
            "dataset": dataset,
            "points": showing.points([found], 1),
            "outline": showing.OUTLINE,
            "api": tk.h.pole_api_url("pole_directory_entry_show", id=id),
        },
    )


def french() -> Response:
    """The page's French name leads to it."""
    return tk.redirect_to("pole_directory.search", **request.args.to_dict())


def _page() -> int:
    """The page asked for; what is no number is the first."""
    said = request.args.get("page", "")
    number = int(said) if said.isascii() and said.isdigit() and len(said) < 6 else 1
    return max(1, min(number, questions.MAX_OFFSET // PAGE))


def _closed(row: dict[str, Any], user: str) -> dict[str, Any]:
    """A directory that is not open to this person: its dataset, whose page says why and what to do."""
    return tk.get_action("package_show")({"user": user}, {"id": row["id"]})


pole_directory.add_url_rule("/directory", endpoint="search", view_func=search)
pole_directory.add_url_rule("/directory/<id>", endpoint="entry", view_func=entry)
pole_directory.add_url_rule("/repertoire", endpoint="french", view_func=french)
