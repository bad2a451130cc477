"""Opening hours: read the clock times and weekdays of many spellings, group days, say them in one compact form."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from .records import Schedule

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_NAMES = {
    "MO": "monday mon mo lundi lun 1",
    "TU": "tuesday tues tue tu mardi mar 2",
    "WE": "wednesday wed we mercredi mer 3",
    "TH": "thursday thurs thur thu th jeudi jeu 4",
    "FR": "friday fri fr vendredi ven 5",
    "SA": "saturday sat sa samedi sam 6",
    "SU": "sunday sun su dimanche dim 7 0",
}
_DAY_OF = {name: day for day, names in _NAMES.items() for name in names.split()}
_NAMED = {"noon": "12:00", "midi": "12:00", "midnight": "00:00", "minuit": "00:00"}
_TIME = re.compile(
    r"(\d{1,2})(?:\s*[:hH.]\s*(\d{1,2}))?(?::\d{2}(?:\.\d+)?)?\s*(?:([ap])\.?\s*m?\.?)?(?:z|[+-]\d\d:\d\d)?"
)
_COMPACT = re.compile(r"(\d{1,2})(\d{2})\s*([ap])\.?\s*m?\.?")
_WEEK = re.compile(r"([A-Za-z]{2,9})\.?\s+(\d{1,2}[:hH]\d{2})\s*[-–]\s*(\d{1,2}[:hH]\d{2})")


@lru_cache(maxsize=256)
def day(value: str) -> str:
    """Read a weekday (name or number, ISO: 1 is Monday) as RRULE letters, "" if unknown."""
    return _DAY_OF.get(value.strip().strip(".").casefold(), "")


@lru_cache(maxsize=1024)
def clock(value: str) -> str:
    """Read a time of day as HH:MM (24:00 is the end of the day), "" if it is none or ambiguous."""
    words = value.strip().casefold()
    if words in _NAMED:
        return _NAMED[words]
    found = _COMPACT.fullmatch(words) or _TIME.fullmatch(words)
    if not found:
        return ""
    hour, minute, half = int(found[1]), int(found[2] or 0), found[3]
    if half:
        if not 1 <= hour <= 12:
            return ""
        hour = hour % 12 + (12 if half == "p" else 0)
    elif found[2] is None or (len(found[1]) == 1 and "h" not in words):
        return ""  # "9" and "5:00" may be morning or evening; "9h00" and "05:00" may not
    if minute > 59 or hour > 24 or (hour == 24 and minute):
        return ""
    return f"{hour:02d}:{minute:02d}"


def byday(value: str) -> str:
    """Order and clean a list of RRULE days: "th,MO" gives "MO,TH"; "1MO" (the first Monday of a month) is kept."""
    if any(letter.isdigit() for letter in value):
        return value.upper().replace(" ", "")
    found = {part.strip().upper()[-2:] for part in value.split(",")}
    return ",".join(letters for letters in DAYS if letters in found)


def week(value: str) -> tuple[Schedule, ...]:
    """Read "Mon 08:00 - 15:30; Tue 08:00 - 15:30" as weekly schedules."""
    found = []
    for name, opens, closes in _WEEK.findall(value):
        letters, start, end = day(name), clock(opens), clock(closes)
        if letters and start and end:
            found.append(Schedule(byday=letters, opens_at=start, closes_at=end, freq="WEEKLY"))
    return group(found)


def group(schedules: Iterable[Schedule]) -> tuple[Schedule, ...]:
    """Put the weekdays that share hours and text into one schedule, keeping the first one's place."""
    groups: dict[tuple[object, ...], list[Schedule]] = {}
    for item in schedules:
        weekly = item.freq in ("", "WEEKLY") and item.byday and not item.closed
        text_key = tuple(sorted(item.description.items()))
        plain = (item.opens_at, item.closes_at, item.valid_from, item.valid_to, item.dtstart, item.until, item.interval)
        key = (*plain, text_key) if weekly else ("alone", len(groups))
        groups.setdefault(key, []).append(item)
    merged = []
    for items in groups.values():
        days = ",".join(item.byday for item in items if item.byday)
        merged.append(replace(items[0], byday=byday(days), id="") if len(items) > 1 else items[0])
    return tuple(merged)


def opening_hours(schedules: Iterable[Schedule]) -> str:
    """Say weekly hours as "MO,TU 09:00-17:00; SA 10:00-12:00", "" if none is known.

    Only rules that hold every week are said, so that "open now" can be trusted.
    """
    said = []
    for item in schedules:
        every_week = item.freq in ("", "WEEKLY") and item.interval in ("", "1") and not item.bymonthday
        every_week = every_week and not any(letter.isdigit() for letter in item.byday)
        if every_week and item.byday and item.opens_at and item.closes_at and not item.closed:
            said.append(f"{item.byday} {item.opens_at}-{item.closes_at}")
    return "; ".join(dict.fromkeys(said))


def is_open(hours: str, weekday: int, time: str) -> bool | None:
    """Tell whether hours said by `opening_hours` cover a moment.

    Args:
        hours: as made by `opening_hours`.
        weekday: 0 is Monday.
        time: HH:MM, local.

    Returns:
        None if the hours are unknown.
    """
    if not hours:
        return None
    today, yesterday = DAYS[weekday], DAYS[weekday - 1]
    for rule in hours.split("; "):
        days, _, span = rule.partition(" ")
        opens, _, closes = span.partition("-")
        if opens < closes:
            if today in days and opens <= time < closes:
                return True
        elif (today in days and time >= opens) or (yesterday in days and time < closes):
            return True  # past midnight
    return False
