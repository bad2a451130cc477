"""The CKAN action API of a portal, read only, over a list of package dicts.

Answers, errors and quirks follow what the live portal of Montréal answers:
rows above 1,000 are cut without a word, an unknown sort is passed over, a
malformed filter is a 409.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from pole_demo.ckan_query import BadQuery, matches, ordered, words
from pole_demo.reply import Reply, Request

Params = dict[str, Any]
ROWS_MAX = 1000


class ActionError(Exception):
    """An error with CKAN's status and body."""

    def __init__(self, status: int, error: dict[str, Any]) -> None:
        super().__init__(error)
        self.status = status
        self.error = error


class Portal:
    """The catalogue behind the API. `packages` may be changed between two calls."""

    def __init__(self, packages: list[dict[str, Any]], site: dict[str, Any], licences: list[dict[str, Any]]) -> None:
        """Take package dicts, the site's title and description, and its licences."""
        self.packages = packages
        self.site = site
        self.licences = licences

    def answer(self, request: Request, prefix: str, name: str) -> Reply:
        """Answer one action call.

        Args:
            request: the call.
            prefix: URL of the portal, for the help key.
            name: the action's name.
        """
        body: dict[str, Any] = {"help": f"{prefix}/api/3/action/help_show?name={quote(name)}"}
        action = _ACTIONS.get(name)
        if action is None:
            return Reply(400, data=f"Bad request - Action name not known: {name}")
        try:
            params = request.params()
        except ValueError as error:
            return Reply(400, data=f"Bad request - JSON Error: {error}")
        try:
            result = action(self, params)
        except ActionError as error:
            return Reply(error.status, data={**body, "error": error.error, "success": False})
        return Reply(data={**body, "success": True, "result": result})

    def package(self, key: str) -> dict[str, Any] | None:
        """Find a package by its id or its name."""
        return next((row for row in self.packages if key in (row["id"], row["name"])), None)


def package_search(portal: Portal, params: Params) -> dict[str, Any]:
    """Search: q, fq, fq_list, sort, rows, start, facet.field, fl."""
    rows = min(_natural(params, "rows", 10), ROWS_MAX)
    start = _natural(params, "start", 0)
    filters = [params.get("fq") or "", *_many(params.get("fq_list"))]
    try:
        tests = [words(str(params.get("q") or "")), *(matches(str(text)) for text in filters)]
    except BadQuery as error:
        raise ActionError(
            409, {"__type": "Search Error", "message": f"Search error: malformed query: {error}"}
        ) from error
    found = [package for package in portal.packages if all(test(package) for test in tests)]
    page = ordered(found, str(params.get("sort") or "metadata_modified desc"))[start : start + rows]
    facets = {field: _facet(found, field) for field in _many(params.get("facet.field"))}
    wanted = _many(params.get("fl"))
    return {
        "count": len(found),
        "facets": facets,
        "results": [{key: row.get(key) for key in wanted} for row in page] if wanted else page,
        "sort": params.get("sort") or "metadata_modified desc",
        "search_facets": {
            field: {"title": field, "items": [{"name": n, "display_name": n, "count": c} for n, c in counts.items()]}
            for field, counts in facets.items()
        },
    }


def package_show(portal: Portal, params: Params) -> dict[str, Any]:
    """Show one package by id or name."""
    found = portal.package(_needed(params, "id"))
    if found is None:
        raise _not_found()
    return found


def resource_show(portal: Portal, params: Params) -> dict[str, Any]:
    """Show one resource."""
    wanted = _needed(params, "id")
    for package in portal.packages:
        for resource in package["resources"]:
            if resource["id"] == wanted:
                return resource
    raise _not_found()


def package_list(portal: Portal, params: Params) -> list[str]:
    """List the names of all packages."""
    names = sorted(package["name"] for package in portal.packages)
    return _slice(names, params)


def _listing(kind: str) -> Callable[[Portal, Params], list[Any]]:
    """Make `organization_list` or `group_list`."""

    def action(portal: Portal, params: Params) -> list[Any]:
        rows = _owners(portal, kind)
        names = sorted(rows)
        if str(params.get("all_fields", "")).lower() in ("true", "1"):
            return _slice([rows[name] for name in names], params)
        return _slice(names, params)

    return action


def _showing(kind: str) -> Callable[[Portal, Params], dict[str, Any]]:
    """Make `organization_show` or `group_show`."""

    def action(portal: Portal, params: Params) -> dict[str, Any]:
        wanted = _needed(params, "id")
        for row in _owners(portal, kind).values():
            if wanted in (row["id"], row["name"]):
                if str(params.get("include_datasets", "")).lower() in ("true", "1"):
                    row["packages"] = [p for p in portal.packages if row["name"] in _names(p, kind)]
                return row
        raise _not_found()

    return action


def tag_list(portal: Portal, _params: Params) -> list[str]:
    """List the names of all tags."""
    return sorted({tag["name"] for package in portal.packages for tag in package["tags"]})


def license_list(portal: Portal, _params: Params) -> list[dict[str, Any]]:
    """List the licences the portal knows."""
    return portal.licences


def status_show(portal: Portal, _params: Params) -> dict[str, Any]:
    """Say what the site is."""
    return {
        "ckan_version": "2.11.3",
        "site_url": portal.site.get("url"),
        "site_title": portal.site.get("title"),
        "site_description": portal.site.get("description"),
        "locale_default": "fr",
        "extensions": [],
    }


def site_read(_portal: Portal, _params: Params) -> bool:
    """Tell whether the site may be read."""
    return True


def help_show(_portal: Portal, params: Params) -> str | None:
    """Give the description of an action."""
    action = _ACTIONS.get(_needed(params, "name"))
    if action is None:
        raise _not_found()
    return action.__doc__


_ACTIONS: dict[str, Callable[[Portal, Params], Any]] = {
    "package_search": package_search,
    "package_show": package_show,
    "package_list": package_list,
    "resource_show": resource_show,
    "organization_list": _listing("organization"),
    "organization_show": _showing("organization"),
    "group_list": _listing("group"),
    "group_show": _showing("group"),
    "tag_list": tag_list,
    "license_list": license_list,
    "status_show": status_show,
    "site_read": site_read,
    "help_show": help_show,
}


def _owners(portal: Portal, kind: str) -> dict[str, dict[str, Any]]:
    """Give organisations or groups by name, as the packages name them, with their counts."""
    found: dict[str, dict[str, Any]] = {}
    for package in portal.packages:
        rows = [package["organization"]] if kind == "organization" else package["groups"]
        for row in rows:
            entry = found.setdefault(row["name"], {"description": "", **row, "package_count": 0})
            entry["display_name"] = row["title"]
            entry["package_count"] += 1
    return found


def _names(package: dict[str, Any], kind: str) -> set[str]:
    rows = [package["organization"]] if kind == "organization" else package["groups"]
    return {row["name"] for row in rows}


def _facet(packages: list[dict[str, Any]], field: str) -> dict[str, int]:
    """Count the values of one field."""
    counts: Counter[str] = Counter()
    for package in packages:
        if field == "organization":
            counts.update(_names(package, "organization"))
        elif field in ("groups", "tags"):
            counts.update(row["name"] for row in package[field])
        elif field == "res_format":
            counts.update({resource["format"] for resource in package["resources"]})
        elif package.get(field):
            counts[str(package[field])] += 1
    return dict(counts.most_common())


def _many(value: Any) -> list[str]:
    """Read a list given as a list, as JSON-like text `["a"]` or as `a,b`."""
    if value is None or value == "":
        return []
    if isinstance(value, list):
        return [str(item) for item in value]
    return [part.strip().strip("[]\"' ") for part in str(value).split(",")]


def _slice(rows: list[Any], params: Params) -> list[Any]:
    offset = _natural(params, "offset", 0)
    limit = _natural(params, "limit", len(rows))
    return rows[offset : offset + limit]


def _natural(params: Params, name: str, default: int) -> int:
    """Read a whole number of zero or more."""
    value = params.get(name)
    if value in (None, ""):
        return default
    try:
        number = int(str(value))
    except ValueError as error:
        raise ActionError(409, {"__type": "Validation Error", name: ["Invalid integer"]}) from error
    if number < 0:
        raise ActionError(409, {"__type": "Validation Error", name: ["Must be a natural number"]})
    return number


def _needed(params: Params, name: str) -> str:
    value = params.get(name)
    if not value:
        raise ActionError(409, {"__type": "Validation Error", name: ["Missing value"]})
    return str(value)


def _not_found() -> ActionError:
    return ActionError(404, {"__type": "Not Found Error", "message": "Indisponible"})
