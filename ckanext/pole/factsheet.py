"""What a dataset's page says at a glance, worked out from its metadata. Pure: imports nothing of CKAN."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timezone, tzinfo
from enum import Enum
from typing import Any

#: An update may be late by this share of its interval before the page says so: people publish after the fact.
TOLERANCE = 0.5
#: A first paragraph longer than this many characters is a text to read, not a lead.
LEAD = 600
_PARAGRAPHS = re.compile(r"\n\s*\n")


class Freshness(str, Enum):
    """Is it current?"""

    CURRENT = "current"
    LATE = "late"
    FINISHED = "finished"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Criterion:
    """One thing that makes a dataset easier to use, and whether this one has it."""

    code: str
    met: bool


def freshness(updated: date | None, frequency: str, days: int | None, today: date) -> Freshness:
    """Say whether the data are as recent as their publisher promised.

    Args:
        updated: day of the last change.
        frequency: code of `frequencies`.
        days: usual interval between two updates; None where there is none.
        today: the day of reading.
    """
    if frequency == "once":
        return Freshness.FINISHED
    if updated is None or not days:
        return Freshness.UNKNOWN
    return Freshness.CURRENT if (today - updated).days <= days * (1 + TOLERANCE) + 1 else Freshness.LATE


def day(value: Any, zone: tzinfo | None = None) -> date | None:
    """The day of an ISO date or time, or None.

    Args:
        value: without a zone of its own it is UTC, as CKAN's times are. Midnight sharp is how many portals write a day:
            it stays that day.
        zone: where the day is asked for; UTC by default.
    """
    text = str(value or "")
    try:
        plain = date.fromisoformat(text[:10])
        moment = datetime.fromisoformat(text) if zone and len(text) > 10 else None
    except ValueError:
        return None
    if moment is None or moment.time() == time():
        return plain
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).astimezone(zone).date()


def updated(dataset: Mapping[str, Any], zone: tzinfo | None = None) -> date | None:
    """The day the data last changed: the newest of the resources' days, else the record's."""
    days = [day(resource.get("last_modified"), zone) for resource in dataset.get("resources") or []]
    known = [found for found in days if found]
    return max(known) if known else day(dataset.get("metadata_modified"), zone)


def criteria(dataset: Mapping[str, Any]) -> list[Criterion]:
    """The points of documentation that a reader relies on, and which of them this dataset has."""
    resources = dataset.get("resources") or []
    kinds = {resource.get("kind") for resource in resources}
    licence = dataset.get("license_id") or "notspecified"
    title, notes = _texts(dataset, "title"), _texts(dataset, "notes")
    return [
        Criterion("description", any(len(text) >= 80 for text in notes.values())),
        Criterion("languages", all(title.get(lang) and notes.get(lang) for lang in ("fr", "en"))),
        Criterion("licence", licence != "notspecified"),
        Criterion("contact", bool(dataset.get("contact_email") or dataset.get("contact_name"))),
        Criterion("frequency", dataset.get("frequency") not in (None, "", "unknown")),
        Criterion("period", bool(dataset.get("period_start") or dataset.get("period_end"))),
        Criterion("places", bool(dataset.get("places") or dataset.get("spatial"))),
        Criterion("limits", bool(_texts(dataset, "limitations") or _texts(dataset, "collection_method"))),
        Criterion("dictionary", bool(kinds & {"dictionary", "documentation"})),
    ]


def lead(text: str) -> tuple[str, str]:
    """Cut a description into its first paragraph and the rest; a text that starts long is all rest."""
    parts = _PARAGRAPHS.split(text.strip(), maxsplit=1)
    first = parts[0].strip()
    if len(first) > LEAD or first.startswith(("#", "-", "*", "|", ">")):
        return "", text.strip()
    return first, parts[1].strip() if len(parts) > 1 else ""


def formats(dataset: Mapping[str, Any]) -> list[str]:
    """The formats of its resources, each once, in their order."""
    found = [str(resource.get("format") or "").strip() for resource in dataset.get("resources") or []]
    return list(dict.fromkeys(name for name in found if name))


def paragraph_language(states: Mapping[str, bool]) -> str | None:
    """The only language a record has, or None if it has both or neither."""
    have = [lang for lang, present in states.items() if present]
    return have[0] if len(have) == 1 else None


def _texts(dataset: Mapping[str, Any], field: str) -> Mapping[str, str]:
    value = dataset.get(f"{field}_translated")
    return {lang: text for lang, text in value.items() if text} if isinstance(value, Mapping) else {}
