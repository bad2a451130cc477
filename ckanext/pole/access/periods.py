"""Days and instants: an agreement's days begin and end at midnight where the portal's people live."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/Montreal")
#: Beyond this, a date is a slip of the keyboard, and arithmetic on it overflows.
_YEARS = range(1900, 2200)


class NotAMoment(ValueError):
    """Neither a day nor an instant."""


def beginning(text: str) -> datetime:
    """The moment that a text means as a beginning.

    Args:
        text: a day, `2026-04-30`, meaning its first second; or an ISO instant, local where it names no zone.

    Returns:
        An aware moment, in UTC.

    Raises:
        NotAMoment: it is neither.
    """
    return _moment(text, 0)


def end(text: str) -> datetime:
    """The first moment after what a text means as an end: a day counts to its last second.

    Raises:
        NotAMoment: neither a day nor an ISO instant.
    """
    return _moment(text, 1)


def embargo_end(text: str) -> datetime | None:
    """The moment at which `available_from` opens a dataset; None where there is no embargo.

    A text that is no day closes for good: the validators let none in, and what came past them must not open.
    """
    if not text:
        return None
    try:
        return beginning(text)
    except NotAMoment:
        return datetime.max.replace(tzinfo=timezone.utc)


def _moment(text: str, days: int) -> datetime:
    text = str(text).strip()
    try:
        if len(text) == 10:
            local = datetime.combine(date.fromisoformat(text) + timedelta(days=days), time(), ZONE)
        else:
            local = datetime.fromisoformat(text.replace("Z", "+00:00"))
            local = local if local.tzinfo else local.replace(tzinfo=ZONE)
        if local.year not in _YEARS:
            raise NotAMoment(text)
        return local.astimezone(timezone.utc)
    except (ValueError, OverflowError):
        raise NotAMoment(text) from None
