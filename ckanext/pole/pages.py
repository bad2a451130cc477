"""Template helpers of the pages: what a dataset's page, a partner's page and an error page say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckan import model
from ckan.lib.datapreview import get_view_plugin
from flask import g
from flask_babel import force_locale
from werkzeug.exceptions import default_exceptions

from ckanext.pole import factsheet
from ckanext.pole.bilingual import values, vocabularies
from ckanext.pole.bilingual.helpers import pole_lang, pole_show
from ckanext.pole.signs import today, zone

__all__ = [
    "pole_closed",
    "pole_contact",
    "pole_count",
    "pole_error",
    "pole_facts",
    "pole_formats",
    "pole_group_ahead",
    "pole_group_show",
    "pole_preview",
    "pole_shapes",
    "pole_tier",
    "pole_updated",
    "pole_view_title",
]


def pole_formats(dataset: Mapping[str, Any]) -> list[str]:
    """The formats of a dataset's resources, each once."""
    return factsheet.formats(dataset)


def pole_tier(code: str | None) -> Any:
    """The term of an access tier; an unknown or absent one is the most closed that a page may name."""
    tiers = vocabularies.load("tiers")
    code = code or "open"
    return tiers[code] if code in tiers else tiers["confidential"]


def pole_group_show(group: Mapping[str, Any] | None, field: str = "title") -> values.Shown:
    """A text of an organisation or a theme in the page's language.

    Lists carry only the core fields of a group: what else it has is read, of a whole list by `pole_group_ahead`.

    Args:
        group: what CKAN gives, of which `name` is enough.
        field: `title` or `description`.
    """
    if not group:
        return values.Shown("", pole_lang())
    name = str(group.get("name", ""))
    shown = pole_show(group, field) if group.get(f"{field}_translated") else None
    if not shown or not shown.text:
        stored = _group_texts(name).get(field)
        shown = pole_show({**group, f"{field}_translated": stored}, field)
    return shown if shown.text or field != "title" else values.Shown(name, shown.lang)


def pole_count(kind: str, name: str) -> int:
    """How many datasets a partner or a theme has, for this reader; a harvest source is no dataset.

    Args:
        kind: `organization` or `group`.
        name: its name.
    """
    counts = g.get("pole_counts")
    if counts is None:
        wanted = {"q": "*:*", "fq": "dataset_type:dataset", "rows": 0, "facet.limit": -1}
        found = tk.get_action("package_search")({}, {**wanted, "facet.field": ["organization", "groups"]})["facets"]
        g.pole_counts = counts = {"organization": found.get("organization", {}), "group": found.get("groups", {})}
    return counts[kind].get(name, 0)


def pole_closed(dataset: Mapping[str, Any], resource: Mapping[str, Any] | None = None) -> bool:
    """Whether something stands between the reader and the data.

    What the access slice decides; without it, what the tier lets expect. A resource may be more open or more closed
    than its dataset; who may edit the dataset reads it.
    """
    if p.plugin_loaded("pole_access"):
        return tk.h.pole_access_closed(dataset, resource)
    tier = (resource or {}).get("access_tier") or dataset.get("access_tier")
    if pole_tier(tier).code not in ("agreement", "confidential"):
        return False
    return not tk.h.check_access("package_update", {"id": dataset["id"]})


def pole_preview(resource_id: str, rows: int = 10) -> dict[str, Any] | None:
    """The first rows of a table that the DataStore holds; None if it holds none, or not for this reader.

    Returns:
        columns, rows (cells as texts) and total (rows of the whole table).
    """
    if not p.plugin_loaded("datastore"):
        return None
    try:
        found = tk.get_action("datastore_search")({}, {"resource_id": resource_id, "limit": rows})
    except (tk.ObjectNotFound, tk.NotAuthorized, tk.ValidationError):
        return None
    columns = [field["id"] for field in found["fields"] if field["id"] != "_id"]
    return {
        "columns": columns,
        "rows": [["" if row[name] is None else str(row[name]) for name in columns] for row in found["records"]],
        "total": found.get("total", len(found["records"])),
    }


def pole_updated(dataset: Mapping[str, Any]) -> date | None:
    """The day a dataset's data last changed."""
    return factsheet.updated(dataset, zone())


def pole_shapes(codes: Iterable[str] | None) -> list[str]:
    """The parts of the territory's outline that places cover: ids in `public/pole/territory.svg`."""
    wanted = {code for code in codes or () if code in vocabularies.load("places")}
    if "mtl" in wanted:
        return ["territory"]
    drawn = [place for place in vocabularies.places() if place.kind in ("borough", "linked_city")]
    return [place.code for place in drawn if place.code in wanted or wanted & set(place.part_of)]


def pole_facts(dataset: Mapping[str, Any]) -> dict[str, Any]:
    """What the top of a dataset's page says.

    Returns:
        tier, lead and rest of the description (`lang` as they really are), freshness, day of the last change,
        criteria of documentation, `only` (the one language that the record has, if it has one only).
    """
    notes = pole_show(dataset, "notes")
    first, rest = factsheet.lead(notes.text)
    updated = factsheet.updated(dataset, zone())
    frequency = dataset.get("frequency") or "unknown"
    frequencies = vocabularies.load("frequencies")
    days = frequencies[frequency].extra.get("days") if frequency in frequencies else None
    criteria = factsheet.criteria(dataset)
    title = pole_show(dataset, "title")
    return {
        "tier": pole_tier(dataset.get("access_tier")),
        "title": title,
        "notes": notes,
        "lead": first,
        "rest": rest,
        "updated": updated,
        "freshness": factsheet.freshness(updated, frequency, days, today()).value,
        "criteria": criteria,
        "met": sum(criterion.met for criterion in criteria),
        "fallback": title.fallback or (notes.fallback and bool(notes.text)),
        "machine": title.machine or notes.machine,
    }


def pole_error(code: Any, content: Any) -> dict[str, Any]:
    """What an error page may say: the code as a number, and the reason where CKAN gave one of its own."""
    number = code[0] if isinstance(code, list) else code
    # A page that broke half-way has its assets marked as given: without this the error page has no style.
    g.pop("_webassets", None)
    standard = getattr(default_exceptions.get(number), "description", None)
    own = number != 500 and content and content != standard
    return {"code": number, "reason": str(content) if own else ""}


def pole_contact() -> dict[str, str]:
    """Who answers for the portal, from the settings; what is not set is empty."""
    prefix = "ckanext.pole.contact."
    return {name: tk.config[prefix + name] or "" for name in ("operator", "email", "privacy_officer", "privacy_email")}


def pole_group_ahead(names: Iterable[str | None]) -> None:
    """Read the texts of the organisations or themes that a list is about to name, by one statement.

    Args:
        names: of them; what this request has read is not read again.
    """
    known: dict[str, dict[str, values.Text]] = g.setdefault("pole_group_texts", {})
    wanted = {name for name in names if name} - known.keys()
    if not wanted:
        return
    columns = (model.Group.name, model.Group.title, model.Group.extras)  # pyright: ignore[reportAttributeAccessIssue]
    rows = model.Session.query(*columns).filter(model.Group.state == model.State.ACTIVE, model.Group.name.in_(wanted))
    known |= {name: {} for name in wanted} | {
        name: {"title": _text(extras, "title") or {"fr": title or name}, "description": _text(extras, "description")}
        for name, title, extras in rows
    }


def _group_texts(name: str) -> dict[str, values.Text]:
    """Title and description of an active organisation or theme."""
    pole_group_ahead([name])
    return g.pole_group_texts.get(name, {})


def _text(extras: Mapping[str, Any] | None, field: str) -> values.Text:
    try:
        return values.parse((extras or {}).get(f"{field}_translated"))
    except values.NotBilingual:
        return {}


def pole_view_title(view: Mapping[str, Any]) -> str:
    """The title of a resource's view; one that CKAN gave it ("Table") is said in the page's language.

    CKAN stores it in the language of whoever, or whatever, made the view.
    """
    title = str(view.get("title") or "")
    plugin = get_view_plugin(view.get("view_type"))
    if plugin is None:
        return title
    given = set()
    for lang in values.LANGUAGES:
        with force_locale(lang):
            given.add(str(plugin.info().get("default_title")))
    return str(plugin.info()["default_title"]) if title in given else title
