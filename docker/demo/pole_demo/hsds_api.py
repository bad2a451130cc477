"""The HSDS 3.1 API over one feed: one language of a directory."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from pole_demo.reply import Reply, Request

Row = dict[str, Any]
PER_PAGE, PER_PAGE_MAX = 50, 500
OPENAPI = "https://raw.githubusercontent.com/openreferral/specification/3.1-dev/schema/openapi.json"
PROFILE = "https://docs.openreferral.org/"
TRUE, FALSE = ("true", "1"), ("", "false", "0")


class BadParameter(ValueError):
    """A query parameter that cannot be read."""


@dataclass
class Feed:
    """One language of a directory, as full HSDS objects. Lists may be changed between two calls."""

    services: list[Row]
    organizations: list[Row]
    taxonomies: list[Row] = field(default_factory=list)
    taxonomy_terms: list[Row] = field(default_factory=list)


def answer(feed: Feed, request: Request, path: str) -> Reply:
    """Answer a request; `path` is what follows the feed's address."""
    parts = [part for part in path.split("/") if part]
    try:
        params = request.params()
        if not parts:
            return Reply(data={"version": "3.1", "profile": PROFILE, "openapi_url": OPENAPI})
        if parts[0] in _LISTS and len(parts) == 1:
            return Reply(data=_LISTS[parts[0]](feed, params))
        if parts[0] in _LISTS and len(parts) == 2:
            return _one(feed, parts[0], parts[1])
    except (BadParameter, ValueError) as error:
        return Reply(400, data={"error": "Bad Request", "message": str(error)})
    return Reply(404, data={"error": "Not Found", "message": f"No such path: /{'/'.join(parts)}"})


def brief(row: Row) -> Row:
    """Give an object without its one-to-many children (HSDS's list form)."""
    found = {key: value for key, value in row.items() if not isinstance(value, (list, dict))}
    for parent in ("organization", "program", "location", "service"):
        if row.get(parent):
            found[parent] = brief(row[parent])
    return found


def service_at_locations(feed: Feed) -> list[Row]:
    """Give every service at a location with its service inside."""
    return [
        {**place, "service": {key: value for key, value in service.items() if key != "service_at_locations"}}
        for service in feed.services
        for place in service.get("service_at_locations", [])
    ]


def _services(feed: Feed, params: Row) -> Row:
    """List services: search, taxonomy, organisation, date; `minimal` gives ids and dates on one page."""
    rows = _filtered(feed.services, params)
    if _flag(params, "minimal"):
        short = [{"id": row["id"], "modified_date": row.get("last_modified")} for row in rows]
        return page(short, {**params, "page": "1", "per_page": str(max(1, len(short)))}, cap=len(short) or 1)
    return page(rows if _flag(params, "full") else [brief(row) for row in rows], params)


def _organizations(feed: Feed, params: Row) -> Row:
    """List organisations."""
    rows = [row for row in feed.organizations if _found(row, params)]
    return page(rows if _flag(params, "full") else [brief(row) for row in rows], params)


def _places(feed: Feed, params: Row) -> Row:
    """List services at locations, by the same filters as services."""
    kept = {row["id"] for row in _filtered(feed.services, params)}
    rows = [row for row in service_at_locations(feed) if row["service"]["id"] in kept]
    return page(rows if _flag(params, "full") else [brief(row) for row in rows], params)


def _taxonomies(feed: Feed, params: Row) -> Row:
    """List taxonomies."""
    return page([row for row in feed.taxonomies if _found(row, params)], params)


def _terms(feed: Feed, params: Row) -> Row:
    """List taxonomy terms: all, the top ones, or the children of one."""
    rows = [row for row in feed.taxonomy_terms if _found(row, params)]
    if _flag(params, "top_only"):
        rows = [row for row in rows if not row.get("parent_id")]
    if params.get("parent_id"):
        rows = [row for row in rows if row.get("parent_id") == params["parent_id"]]
    return page(rows, params)


_LISTS = {
    "services": _services,
    "organizations": _organizations,
    "service_at_locations": _places,
    "taxonomies": _taxonomies,
    "taxonomy_terms": _terms,
}


def _one(feed: Feed, kind: str, wanted: str) -> Reply:
    """Show one object in full."""
    rows = service_at_locations(feed) if kind == "service_at_locations" else getattr(feed, kind)
    for row in rows:
        if row["id"] == wanted:
            return Reply(data=row)
    return Reply(404, data={"error": "Not Found", "message": f"No {kind} with id {wanted}"})


def page(rows: list[Row], params: Row, cap: int = PER_PAGE_MAX) -> Row:
    """Cut one page and put HSDS's envelope around it.

    Args:
        rows: every row found.
        params: `page` (from 1) and `per_page`.
        cap: most rows a page may have.

    Raises:
        BadParameter: a number that is none, or below 1, or a page beyond the last.
    """
    number = _number(params, "page", 1)
    size = min(_number(params, "per_page", PER_PAGE), cap)
    pages = math.ceil(len(rows) / size)
    if number > max(1, pages):
        raise BadParameter(f"page {number} is beyond the last page, {pages}")
    contents = rows[(number - 1) * size : number * size]
    return {
        "total_items": len(rows),
        "total_pages": pages,
        "page_number": number,
        "size": len(contents),
        "first_page": number == 1,
        "last_page": number >= pages,
        "empty": not contents,
        "contents": contents,
    }


def _filtered(services: list[Row], params: Row) -> list[Row]:
    """Keep the services that every filter accepts, in the order of their ids."""
    since = moment(str(params["modified_after"])) if params.get("modified_after") else None
    kept = []
    for row in services:
        terms = [link.get("taxonomy_term") or {} for link in row.get("attributes", [])]
        if params.get("taxonomy_term_id") and not any(
            params["taxonomy_term_id"] in (term.get("id"), term.get("code")) for term in terms
        ):
            continue
        if params.get("taxonomy_id") and not any(
            (term.get("taxonomy_detail") or {}).get("id") == params["taxonomy_id"] for term in terms
        ):
            continue
        if params.get("organization_id") and (row.get("organization") or {}).get("id") != params["organization_id"]:
            continue
        if since and (not row.get("last_modified") or moment(row["last_modified"]) < since):
            continue
        if _found(row, params):
            kept.append(row)
    return sorted(kept, key=lambda row: row["id"])


def _found(row: Row, params: Row) -> bool:
    """Tell whether the searched text is in the name or the description."""
    text = str(params.get("search") or "").casefold()
    return text in f"{row.get('name') or ''} {row.get('description') or ''}".casefold()


def moment(text: str) -> datetime:
    """Read an ISO day or time; without a zone it is UTC.

    Raises:
        BadParameter: not a date.
    """
    try:
        when = datetime.fromisoformat(text.strip().replace(" ", "+").replace("Z", "+00:00"))
    except ValueError as error:
        raise BadParameter(f"not a date: {text!r}") from error
    return when if when.tzinfo else when.replace(tzinfo=timezone.utc)


def _number(params: Row, name: str, default: int) -> int:
    """Read a whole number of one or more."""
    value = params.get(name)
    if value in (None, ""):
        return default
    if not str(value).isascii() or not str(value).isdigit() or int(str(value)) < 1:
        raise BadParameter(f"{name} must be a whole number of 1 or more, not {value!r}")
    return int(str(value))


def _flag(params: Row, name: str) -> bool:
    """Read a boolean."""
    value = str(params.get(name, "")).lower()
    if value not in TRUE + FALSE:
        raise BadParameter(f"{name} must be true or false, not {value!r}")
    return value in TRUE
