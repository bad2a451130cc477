"""Template helpers for signs: icons, and numbers, days and sizes as the page's language writes them."""

from __future__ import annotations

from datetime import date, datetime, timezone, tzinfo
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import ckan.plugins.toolkit as tk
from babel.dates import format_date, format_time, format_timedelta
from babel.numbers import format_decimal
from markupsafe import Markup

from ckanext.pole import factsheet
from ckanext.pole.bilingual.helpers import pole_lang

__all__ = [
    "pole_ago",
    "pole_date",
    "pole_icon",
    "pole_moment",
    "pole_number",
    "pole_period",
    "pole_size",
]


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


def pole_number(number: int) -> str:
    """A number as the page's language writes it."""
    return _number(number, _locale())


@lru_cache(maxsize=4096)
def _number(number: int, locale: str) -> str:
    """A page of results writes some seventy counts, and most of them again on the next page."""
    return format_decimal(number, locale=locale)


def pole_date(value: Any) -> str:
    """A day in words, on the portal’s clock: "30 avril 2026", "April 30, 2026"; what is no date comes back as it is."""
    found = factsheet.day(value, zone())
    if not found:
        return str(value or "")
    said = format_date(found, "long", locale=_locale())
    # French writes the first of a month as an ordinal (OQLF); CLDR has no pattern for it.
    return f"1er{said[1:]}" if pole_lang() == "fr" and found.day == 1 else said


def pole_moment(value: Any) -> str:
    """A day and its hour in words, on the portal’s clock: "22 novembre 2026 à 14 h 05".

    Args:
        value: a moment, or its text; without a zone it is UTC, as CKAN writes its own.
    """
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        return str(value or "")
    here = (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).astimezone(zone())
    # "14 h 05" stays on one line.
    hour = format_time(here.time(), "short", locale=_locale()).replace(" ", "\u00a0")
    return tk._("{day} at {hour}").format(day=pole_date(here.date()), hour=hour)


def pole_ago(value: Any) -> str:
    """How long ago a day was, in words: "il y a 3 jours", "today"."""
    found = value if isinstance(value, date) else factsheet.day(value, zone())
    if not found:
        return ""
    days = (today() - found).days
    if days <= 0:
        return tk._("today")
    if days == 1:
        return tk._("yesterday")
    return format_timedelta(-(today() - found), add_direction=True, locale=_locale())


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


def _locale() -> str:
    """Babel's name of the page's language, with Canada's conventions."""
    return "fr_CA" if pole_lang() == "fr" else "en_CA"


def zone() -> tzinfo:
    """Where the portal's people live (`ckan.display_timezone`)."""
    return tk.h.get_display_timezone()


def today() -> date:
    """The day on the portal's clock."""
    return datetime.now(zone()).date()
