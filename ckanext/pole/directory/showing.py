"""Template helpers and view models of the directories' pages: hours in words, links of filters, points of a map."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import time
from typing import Any

import ckan.plugins.toolkit as tk
from babel.dates import format_time, get_day_names

from ckanext.pole.bilingual import values
from ckanext.pole.bilingual.helpers import pole_lang
from ckanext.pole.directory import openhours, searching
from ckanext.pole.directory.questions import places

__all__ = ["pole_directory_any", "pole_directory_hours", "pole_directory_said"]

#: The outline of `public/pole/territory.svg`: its size, and the agglomeration's box that it fills.
OUTLINE = (1000, 880)
#: What a filter's link keeps of the page's address.
FIELDS = (
    "q", "eligibility", "place", "latitude", "longitude", "distance", "language", "age", "city", "category", "code",
    "organization_id", "free", "accessible", "open_now", "directory", "sort",
)  # fmt: skip


def pole_directory_any() -> bool:
    """Is there a directory to search? Without one, no page speaks of it."""
    return searching.any_listing()


def pole_directory_said(text: Mapping[str, str] | None) -> values.Shown:
    """A text of a directory for this page, marked with its real language."""
    return values.show(text or {}, pole_lang())


def pole_directory_hours(opening: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The days of a week with their hours, Monday first, then those of a season; empty if they are unknown."""
    hours = openhours.Hours.of(opening)
    if not hours.rules:
        return []
    locale = _locale()
    names = get_day_names("wide", locale=locale)
    always = [rule for rule in hours.rules if rule.always]
    found = [{"day": names[day].capitalize(), "spans": _spans(always, day), "season": ""} for day in range(7) if always]
    for rule in hours.rules:
        if not rule.always:
            found.extend(
                {"day": names[day].capitalize(), "spans": _spans([rule], day), "season": _season(rule)}
                for day in sorted(rule.days)
            )
    return found


def filter_url(given: Mapping[str, Any], **changes: str) -> str:
    """This search with other values; empty ones are taken away, and the first page is shown."""
    wanted = {name: given[name] for name in FIELDS if given.get(name)}
    wanted |= changes
    return tk.h.url_for("pole_directory.search", **{name: value for name, value in wanted.items() if value})


def facets(found: Mapping[str, Iterable[Mapping[str, Any]]], given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The filters beside the results, each value with the link that takes or leaves it."""
    titles = {"category": tk._("Kind of service"), "language": tk._("Language spoken"), "city": tk._("City")}
    return [
        {
            "name": name,
            "title": title,
            "items": [
                {
                    "label": pole_directory_said(item["label"]).text or item["value"],
                    "count": item["count"],
                    "active": given.get(name) == item["value"],
                    "href": filter_url(given, **{name: "" if given.get(name) == item["value"] else item["value"]}),
                }
                for item in items[:12]
            ],
        }
        for name, title in titles.items()
        if (items := _named(name, found.get(name, ())))
    ]


def _named(name: str, items: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The values of a filter; a category that no directory names is a code, which says nothing to a person."""
    return [item for item in items if name != "category" or pole_directory_said(item["label"]).text != item["value"]]


def chips(given: Mapping[str, Any], found: Mapping[str, Iterable[Mapping[str, Any]]]) -> list[dict[str, str]]:
    """The chosen filters, each with the link that takes it away."""
    lang = pole_lang()
    titles = {
        "category": tk._("Kind of service"),
        "language": tk._("Language spoken"),
        "city": tk._("City"),
        "place": tk._("Place"),
        "age": tk._("Age"),
        "eligibility": tk._("For whom"),
    }
    flags = {
        "open_now": tk._("Open now"),
        "free": tk._("Free of charge"),
        "accessible": tk._("Accessible by wheelchair"),
    }
    chosen = []
    for name, title in titles.items():
        if value := given.get(name):
            label = next(
                (pole_directory_said(item["label"]).text for item in found.get(name, ()) if item["value"] == value),
                value,
            )
            if name == "place" and value in places():
                label = places()[value].label[lang]
            text = tk._("{field}: {value}").format(field=title, value=label)
            chosen.append({"text": text, "href": filter_url(given, **{name: ""})})
    chosen += [
        {"text": title, "href": filter_url(given, **{name: ""})} for name, title in flags.items() if given.get(name)
    ]
    if given.get("latitude") and given.get("longitude"):
        chosen.append(
            {"text": tk._("Around a point"), "href": filter_url(given, latitude="", longitude="", distance="")}
        )
    return chosen


def points(results: Iterable[Mapping[str, Any]], first: int) -> list[dict[str, Any]]:
    """The results that have a point inside the outline, with their number in the list and their place on it."""
    west, south, east, north = places()["mtl"].bbox
    width, height = OUTLINE
    found = []
    for number, item in enumerate(results, first):
        latitude, longitude = item["latitude"], item["longitude"]
        if latitude is None or not (south <= latitude <= north and west <= longitude <= east):
            continue
        found.append(
            {
                "number": number,
                "name": pole_directory_said(item.get("name")).text,
                "latitude": latitude,
                "longitude": longitude,
                "x": round((longitude - west) / (east - west) * width, 1),
                "y": round((north - latitude) / (north - south) * height, 1),
                "url": tk.h.url_for("pole_directory.entry", id=item["id"]),
            }
        )
    return found


def _spans(rules: Iterable[openhours.Rule], day: int) -> list[str]:
    return [
        tk._("{opens} to {closes}").format(opens=_clock(rule.opens), closes=_clock(rule.closes))
        for rule in sorted(rules, key=lambda rule: rule.opens)
        if day in rule.days
    ]


def _season(rule: openhours.Rule) -> str:
    first = "" if rule.first == openhours.Rule.first else tk.h.pole_date(rule.first.isoformat())
    last = "" if rule.last == openhours.Rule.last else tk.h.pole_date(rule.last.isoformat())
    if first and last:
        return tk._("from {first} to {last}").format(first=first, last=last)
    return tk._("from {first}").format(first=first) if first else tk._("until {last}").format(last=last)


def _clock(minutes: int) -> str:
    """An hour as people write it: `9 h` and `13 h 30` in French, where CLDR pads with zeros."""
    clock = time(minutes // 60 % 24, minutes % 60)
    french = "H\u00a0'h'\u00a0mm" if clock.minute else "H\u00a0'h'"
    return format_time(clock, french if pole_lang() == "fr" else "short", locale=_locale())


def _locale() -> str:
    return "fr_CA" if pole_lang() == "fr" else "en_CA"
