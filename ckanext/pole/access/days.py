"""Instants as people say them: the day in Montréal, where the portal's people live. Pure: imports nothing of CKAN."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from babel.dates import format_date

ZONE = ZoneInfo("America/Montreal")


def instant(value: datetime | str | None) -> datetime | None:
    """An instant with its zone; a bare one is UTC, as CKAN's are. None where nothing can be read."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip().replace("Z", "+00:00"))
        except ValueError:
            return None
    if value is None:
        return None
    return value if value.tzinfo else value.replace(tzinfo=timezone.utc)


def day_of(value: datetime | str | None, last: bool = False) -> date | None:
    """The day of an instant in Montréal.

    Args:
        value: an instant, or its ISO form.
        last: it is the end of a period: midnight belongs to the day that it ends.
    """
    found = instant(value)
    if found is None:
        return None
    return (found.astimezone(ZONE) - (timedelta(microseconds=1) if last else timedelta())).date()


def day_in_words(value: datetime | str | None, lang: str, last: bool = False) -> str:
    """That day in words: "30 avril 2026", "April 30, 2026"; empty where there is none."""
    found = day_of(value, last)
    if found is None:
        return ""
    said = format_date(found, "long", locale="fr_CA" if lang == "fr" else "en_CA")
    # French writes the first of a month as an ordinal (OQLF); CLDR has no pattern for it.
    return f"1er{said[1:]}" if lang == "fr" and found.day == 1 else said


def minute_of(value: datetime | str | None) -> str:
    """The minute of an instant in Montréal: "2026-04-30 23:59"; empty where there is none."""
    found = instant(value)
    return found.astimezone(ZONE).strftime("%Y-%m-%d %H:%M") if found else ""


def days_left(value: datetime | str | None, now: datetime) -> int | None:
    """Whole days, in Montréal, between now and the last day of a period: 0 on that very day, negative after it."""
    end, today = day_of(value, last=True), day_of(now)
    return (end - today).days if end and today else None


def within(value: datetime | str | None, now: datetime, bounds: tuple[int, ...] = (30, 60, 90)) -> int | None:
    """The first of the bounds, in days, before which a period ends; None when it is over, or ends later than all."""
    left = days_left(value, now)
    if left is None or left < 0:
        return None
    return next((bound for bound in bounds if left <= bound), None)
