"""Template helpers of the pages: icons, the language switch, dates in words, what home and dataset pages show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timezone
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import unquote_plus, urlencode, urlsplit

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from babel.dates import format_date, format_timedelta
from babel.numbers import format_decimal
from ckan import model
from flask import g
from markupsafe import Markup
from werkzeug.exceptions import default_exceptions

from ckanext.pole import factsheet
from ckanext.pole.bilingual import values, vocabularies
from ckanext.pole.bilingual.helpers import pole_lang, pole_show

__all__ = [
    "pole_activity_url",
    "pole_ago",
    "pole_api_text",
    "pole_api_url",
    "pole_closed",
    "pole_contact",
    "pole_date",
    "pole_error",
    "pole_facts",
    "pole_formats",
    "pole_group_show",
    "pole_home",
    "pole_icon",
    "pole_languages",
    "pole_number",
    "pole_page_url",
    "pole_period",
    "pole_places",
    "pole_preview",
    "pole_rdf_url",
    "pole_search_api",
    "pole_shapes",
    "pole_size",
    "pole_tier",
    "pole_updated",
    "pole_url_without",
]

#: Partners shown with the newest datasets of the home page, so that one great harvest does not hide the others.
LATEST = 5
_OTHERS = 3


@cache
def _drawing(name: str) -> str:
    """The inside of a vendored icon."""
    path = files("ckanext.pole") / "public" / "pole" / "icons" / f"{name}.svg"
    svg = path.read_text("utf-8")
    return svg[svg.index(">") + 1 : svg.rindex("</svg>")].strip()


def pole_icon(name: str, size: int = 16) -> Markup:
    """An icon of `public/pole/icons`, inline and hidden from screen readers: a word always stands beside it.

    Args:
        name: file name without its ending.
        size: side in CSS pixels.
    """
    return Markup(  # noqa: S704 - the drawing is a file of ours, the size a number
        f'<svg class="pole-icon" width="{int(size)}" height="{int(size)}" viewBox="0 0 16 16" fill="currentColor" '
        f'aria-hidden="true" focusable="false">{_drawing(name)}</svg>'
    )


def pole_languages() -> list[dict[str, Any]]:
    """The site's languages, each with this very page's address in it: path and query stay."""
    default = tk.config["ckan.locale_default"]
    here = pole_lang()
    found = []
    for locale in tk.h.get_available_locales():
        code = str(locale.short_name)
        prefix = "default" if code == default else code
        found.append(
            {
                "code": code.replace("_", "-"),
                "name": (locale.display_name or locale.english_name or code).capitalize(),
                "url": tk.h.url_for(tk.h.current_url(), locale=prefix),
                "absolute": tk.h.url_for(tk.h.current_url(), locale=prefix, qualified=True),
                "current": code.startswith(here),
                "default": code == default,
            }
        )
    return found


def pole_number(number: int) -> str:
    """A number as the page's language writes it."""
    return format_decimal(number, locale=_locale())


def pole_date(value: Any) -> str:
    """A day in words: "30 avril 2026", "April 30, 2026"; what is no date comes back as it is."""
    found = factsheet.day(value)
    return format_date(found, "long", locale=_locale()) if found else str(value or "")


def pole_ago(value: Any) -> str:
    """How long ago a day was, in words: "il y a 3 jours", "today"."""
    found = value if isinstance(value, date) else factsheet.day(value)
    if not found:
        return ""
    days = (_today() - found).days
    if days <= 0:
        return tk._("today")
    if days == 1:
        return tk._("yesterday")
    return format_timedelta(-(_today() - found), add_direction=True, locale=_locale())


def pole_period(start: Any, end: Any) -> str:
    """A period in words; whole years stay years."""
    first, last = factsheet.day(start), factsheet.day(end)
    if first and last and (first.month, first.day, last.month, last.day) == (1, 1, 12, 31):
        return str(first.year) if first.year == last.year else f"{first.year} – {last.year}"
    if first and last:
        return tk._("{start} to {end}").format(start=pole_date(first), end=pole_date(last))
    if first:
        return tk._("since {start}").format(start=pole_date(first))
    return tk._("until {end}").format(end=pole_date(last)) if last else ""


def pole_size(number: Any) -> str:
    """A file's size as the page's language writes it: "1,2 Mo", "1.2 MB"; empty if unknown."""
    try:
        size = float(number)
    except (TypeError, ValueError):
        return ""
    units = ("o", "ko", "Mo", "Go", "To") if pole_lang() == "fr" else ("bytes", "kB", "MB", "GB", "TB")
    step = 0
    while size >= 1000 and step < len(units) - 1:
        size, step = size / 1000, step + 1
    pattern = "#,##0" if step == 0 or size >= 100 else "#,##0.#"
    return f"{format_decimal(size, pattern, locale=_locale())}\N{NO-BREAK SPACE}{units[step]}" if size else ""


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

    Lists carry only the core fields of a group: the texts of all are read once a request.

    Args:
        group: what CKAN gives, of which `name` is enough.
        field: `title` or `description`.
    """
    if not group:
        return values.Shown("", pole_lang())
    name = str(group.get("name", ""))
    shown = pole_show(group, field) if group.get(f"{field}_translated") else None
    if not shown or not shown.text:
        stored = _group_texts().get(name, {}).get(field)
        shown = pole_show({**group, f"{field}_translated": stored}, field)
    return shown if shown.text or field != "title" else values.Shown(name, shown.lang)


def pole_closed(dataset: Mapping[str, Any], resource: Mapping[str, Any] | None = None) -> bool:
    """Whether something stands between the reader and the data: an agreement or an authorisation.

    A resource may be more open or more closed than its dataset; who may edit the dataset reads it.
    """
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
    return factsheet.updated(dataset)


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
    updated = factsheet.updated(dataset)
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
        "freshness": factsheet.freshness(updated, frequency, days, _today()).value,
        "criteria": criteria,
        "met": sum(criterion.met for criterion in criteria),
        "fallback": title.fallback or (notes.fallback and bool(notes.text)),
        "machine": title.machine or notes.machine,
    }


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
    for place in vocabularies.places():
        if counts and not counts.get(place.code):
            continue
        entry = {"code": place.code, "label": place.label[pole_lang()], "count": counts.get(place.code, 0)}
        groups.setdefault(titles.get(place.kind, place.kind), []).append(entry)
    return [
        {"title": title, "places": sorted(entries, key=lambda entry: vocabularies.fold(entry["label"]))}
        for title, entries in groups.items()
    ]


def pole_api_url(action: str, **params: Any) -> str:
    """The address of an action that answers the same as the page."""
    path = tk.h.url_for("api.action", ver=3, logic_function=action, locale="default", qualified=True)
    given = {name: value for name, value in params.items() if value not in (None, "")}
    return f"{path}?{urlencode(given)}" if given else path


def pole_api_text(url: str) -> str:
    """The address of a call as people read it: without the host, its signs as written."""
    parts = urlsplit(url)
    return f"{parts.path}?{unquote_plus(parts.query)}" if parts.query else parts.path


def pole_search_api(query: str, fields: Mapping[str, Iterable[str]] | None, sort: str | None) -> str:
    """The `package_search` call behind a page of results."""
    pairs = [(name, value.replace('"', '\\"')) for name, values_ in (fields or {}).items() for value in values_]
    chosen = " ".join(f'+{name}:"{value}"' for name, value in pairs)
    return pole_api_url("package_search", q=query, fq=chosen, sort=sort)


def pole_page_url(number: int) -> str:
    """This page's address with another page number."""
    return _here(page=[str(number)])


def pole_url_without(*names: str) -> str:
    """This page's address without some parameters of its query, and from its first page."""
    return _here(page=None, **dict.fromkeys(names))


def pole_activity_url(kind: str, name: str) -> str:
    """The address of a record's history; empty where nobody keeps one."""
    return tk.h.url_for(f"activity.{kind}_activity", id=name) if p.plugin_loaded("activity") else ""


def pole_rdf_url(dataset_id: str) -> str:
    """The address of a dataset's RDF; empty where ckanext-dcat is not loaded."""
    return tk.h.url_for("dcat.read_dataset", _id=dataset_id, _format="ttl") if p.plugin_loaded("dcat") else ""


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


def _here(**changes: list[str] | None) -> str:
    query = {**tk.request.args.to_dict(flat=False), **changes}
    path = urlsplit(tk.h.current_url()).path
    kept = {name: all_ for name, all_ in query.items() if all_}
    return tk.h.url_for(f"{path}?{urlencode(kept, doseq=True)}" if kept else path)


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


def _group_texts() -> dict[str, dict[str, values.Text]]:
    """Name → title and description of every active organisation and theme, read once a request."""
    texts = g.get("pole_group_texts")
    if texts is None:
        columns = (model.Group.name, model.Group.title, model.Group.extras)
        rows = model.Session.query(*columns).filter(model.Group.state == model.State.ACTIVE)
        texts = {
            name: {
                "title": _text(extras, "title") or {"fr": title or name},
                "description": _text(extras, "description"),
            }
            for name, title, extras in rows
        }
        g.pole_group_texts = texts
    return texts


def _text(extras: Mapping[str, Any] | None, field: str) -> values.Text:
    try:
        return values.parse((extras or {}).get(f"{field}_translated"))
    except values.NotBilingual:
        return {}


def _locale() -> str:
    """Babel's name of the page's language, with Canada's conventions."""
    return "fr_CA" if pole_lang() == "fr" else "en_CA"


def _today() -> date:
    return datetime.now(timezone.utc).date()
