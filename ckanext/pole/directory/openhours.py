"""When a service is open: rules that hold every week, their seasons and closures, and the question "is it open now?".

The clock on the wall where the service is decides: a rule says "from 22:00 to 02:00", not for how long. So when the
clocks go forward the missing hour is not waited for, and when they go back a door that is open from 01:00 to 02:00
is open both times. Hours that cannot be read with certainty are no hours: "open" is never claimed on a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from .hours import DAYS
from .records import Schedule

#: Where the portal's people live.
ZONE = ZoneInfo("America/Montreal")
DAY = 24 * 60
WEEK = 7 * DAY
_FIRST, _LAST = date.min, date.max


@dataclass(frozen=True)
class Rule:
    """Open on these days, between two times of day, during a season.

    Attributes:
        days: 0 is Monday.
        opens: minutes after midnight.
        closes: minutes after midnight; not after `opens` means on the next day.
        first: first day of the season; the day on which it opens counts.
        last: last day of the season.
    """

    days: frozenset[int]
    opens: int
    closes: int
    first: date = _FIRST
    last: date = _LAST

    @property
    def length(self) -> int:
        """Minutes from opening to closing by the clock on the wall."""
        return self.closes - self.opens if self.closes > self.opens else self.closes + DAY - self.opens

    @property
    def always(self) -> bool:
        """Whether it holds in every season."""
        return self.first == _FIRST and self.last == _LAST


@dataclass(frozen=True)
class Hours:
    """The hours of one service at one place.

    Attributes:
        rules: when it opens; none means that the hours are unknown.
        closures: first and last day of each closure.
    """

    rules: tuple[Rule, ...] = ()
    closures: tuple[tuple[date, date], ...] = ()

    @property
    def dated(self) -> bool:
        """Whether the answer depends on the date and not only on the weekday."""
        return bool(self.closures) or not all(rule.always for rule in self.rules)

    def as_dict(self) -> dict[str, Any]:
        """Give plain data, for JSON."""
        return {
            "rules": [
                [sorted(rule.days), rule.opens, rule.closes, _said(rule.first, _FIRST), _said(rule.last, _LAST)]
                for rule in self.rules
            ],
            "closures": [[first.isoformat(), last.isoformat()] for first, last in self.closures],
        }

    @classmethod
    def of(cls, data: Mapping[str, Any] | None) -> Hours:
        """Read what `as_dict` gave."""
        if not data:
            return cls()
        return cls(
            tuple(
                Rule(frozenset(days), opens, closes, _day(first, _FIRST) or _FIRST, _day(last, _LAST) or _LAST)
                for days, opens, closes, first, last in data.get("rules", ())
            ),
            tuple((date.fromisoformat(first), date.fromisoformat(last)) for first, last in data.get("closures", ())),
        )


def read(schedules: Iterable[Schedule]) -> Hours:
    """Keep the schedules that hold every week within a season, and the closures.

    One that repeats otherwise (each month, every second week) or whose dates cannot be read is left out.
    """
    rules: dict[Rule, None] = {}
    closures: dict[tuple[date, date], None] = {}
    for item in schedules:
        first = _latest(_day(item.valid_from, _FIRST), _day(item.dtstart, _FIRST))
        last = _earliest(_day(item.valid_to, _LAST), _day(item.until, _LAST))
        if first is None or last is None or first > last:
            continue
        if item.closed:
            # A closure without dates says nothing that can be used; one day alone closes that day.
            if first != _FIRST:
                closures[(first, first if last == _LAST and not item.byday else last)] = None
            continue
        weekly = item.freq in ("", "WEEKLY") and item.interval in ("", "1") and not item.bymonthday
        days = frozenset(DAYS.index(part) for part in item.byday.split(",") if part in DAYS)
        opens, closes = _minutes(item.opens_at), _minutes(item.closes_at)
        if weekly and days and len(days) == len(item.byday.split(",")) and opens is not None and closes is not None:
            rules[Rule(days, opens % DAY, closes, first, last)] = None
    return Hours(tuple(rules), tuple(sorted(closures)))


def is_open(hours: Hours, moment: datetime) -> bool | None:
    """Tell whether it is open at a moment.

    Args:
        hours: the hours.
        moment: with its time zone.

    Returns:
        None if the hours are unknown.

    Raises:
        ValueError: the moment has no time zone.
    """
    if not hours.rules:
        return None
    if moment.tzinfo is None:
        raise ValueError("a moment without time zone is no moment")
    local = moment.astimezone(ZONE)
    minute, today = local.hour * 60 + local.minute, local.date()
    return any(_covers(hours, rule, today, minute) for rule in hours.rules)


def minute_of_week(moment: datetime) -> int:
    """Give the minute of the week at a moment, by the clock on the wall; 0 is Monday's midnight."""
    local = moment.astimezone(ZONE)
    return local.weekday() * DAY + local.hour * 60 + local.minute


def week(hours: Hours) -> list[tuple[int, int]]:
    """Give the spans of an ordinary week that the rules without season cover, in minutes, ordered and apart."""
    pieces = []
    for rule in hours.rules:
        if not rule.always:
            continue
        for day in rule.days:
            start = day * DAY + rule.opens
            end = start + rule.length
            pieces.append((start, min(end, WEEK)))
            if end > WEEK:
                pieces.append((0, end - WEEK))
    spans: list[tuple[int, int]] = []
    for start, end in sorted(pieces):
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def _covers(hours: Hours, rule: Rule, today: date, minute: int) -> bool:
    if _opens_on(hours, rule, today) and rule.opens <= minute < rule.opens + rule.length:
        return True
    # What opened yesterday may still be open after midnight; it obeys yesterday's season.
    return (
        rule.opens + rule.length > DAY
        and minute < rule.opens + rule.length - DAY
        and today != _FIRST
        and _opens_on(hours, rule, today - timedelta(days=1))
    )


def _opens_on(hours: Hours, rule: Rule, day: date) -> bool:
    closed = any(first <= day <= last for first, last in hours.closures)
    return day.weekday() in rule.days and rule.first <= day <= rule.last and not closed


def _day(words: str, absent: date) -> date | None:
    """Read an ISO day; None if it is something else."""
    if not words:
        return absent
    try:
        return date.fromisoformat(words[:10])
    except ValueError:
        return None


def _latest(*days: date | None) -> date | None:
    found = [day for day in days if day is not None]
    return max(found) if len(found) == len(days) else None


def _earliest(*days: date | None) -> date | None:
    found = [day for day in days if day is not None]
    return min(found) if len(found) == len(days) else None


def _minutes(clock: str) -> int | None:
    """Read HH:MM; 24:00 is the end of the day."""
    hour, _, minute = clock.partition(":")
    if not (hour.isdigit() and minute.isdigit()):
        return None
    found = int(hour) * 60 + int(minute)
    return found if found <= DAY and int(minute) < 60 else None


def _said(day: date, absent: date) -> str:
    return "" if day == absent else day.isoformat()
