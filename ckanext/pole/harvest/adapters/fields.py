"""What every adapter reads alike: dates, languages, licences, themes, places… in the terms of our vocabularies. Pure.

A messy value gives nothing rather than an error: one odd field never costs a record.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

from ckanext.pole.bilingual import values, vocabularies
from ckanext.pole.harvest.adapters import markup
from ckanext.pole.harvest.source import Source

_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?(?=$|[T ])")
_EMAIL = re.compile(r"[^@\s<>;,]+@[^@\s<>;,]+\.[^@\s<>;,.]+$")
#: Beyond this a number of seconds is one of milliseconds (the year 5138).
_MILLISECONDS = 1e11
#: What a file's name may end in to say its format.
_ENDING = re.compile(r"\.([A-Za-z0-9]{2,7})(?:$|[?#])")


def compact(record: Mapping[str, Any], keep: Iterable[str] = ("resources",)) -> dict[str, Any]:
    """The record without its empty fields, save those to `keep`."""
    kept = set(keep)
    return {key: value for key, value in record.items() if key in kept or value not in (None, "", [], {})}


def first(raw: Mapping[str, Any], keys: Iterable[str]) -> str:
    """The first of some fields that holds a text."""
    return next((text for key in keys if isinstance(text := raw.get(key), str) and (text := text.strip())), "")


def items(value: Any) -> list[Any]:
    """The value if it is a list, else none."""
    return value if isinstance(value, list) else []


def mapping(value: Any) -> Mapping[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def strings(value: Any) -> list[str]:
    """A text, a list of texts, JSON of either, or objects with a name: as texts."""
    if isinstance(value, str):
        if value.startswith("["):
            try:
                return strings(json.loads(value))
            except ValueError:
                return []
        return [value.strip()] if value.strip() else []
    texts = [item.get("name") or item.get("title") if isinstance(item, dict) else item for item in items(value)]
    return [text.strip() for text in texts if isinstance(text, str) and text.strip()]


def text(value: Any) -> str:
    """A text from plain text or HTML; empty for anything else."""
    return values.clean(markup.plain(value)) if isinstance(value, str) else ""


def in_language(value: Any, lang: str) -> dict[str, str]:
    """One text in one language, as a bilingual value."""
    found = text(value)
    return {lang: found} if found else {}


def words(value: Any, lang: str) -> dict[str, list[str]]:
    """Keywords in one language: a list, or one text with commas or semicolons."""
    found = re.split(r"[;,]", value) if isinstance(value, str) else strings(value)
    return values.parse_list({lang: found})


def split_title(title: str) -> dict[str, str]:
    """A title written `EN | FR`, as the federal portal does for its organisations; else nothing."""
    parts = [values.clean(part) for part in title.split(" | ")]
    return {"fr": parts[1], "en": parts[0]} if len(parts) == 2 and all(parts) else {}


def date(value: Any) -> str:
    """A day as `YYYY-MM-DD`, or empty.

    Args:
        value: an ISO 8601 date or moment, or a Unix time in seconds or milliseconds (Socrata, ArcGIS).
    """
    if isinstance(value, bool):
        return ""
    if isinstance(value, int | float):
        seconds = value / 1000 if abs(value) > _MILLISECONDS else value
        try:
            return datetime.fromtimestamp(seconds, timezone.utc).date().isoformat() if math.isfinite(seconds) else ""
        except (OverflowError, OSError, ValueError):
            return ""
    found = _DATE.match(value.strip()) if isinstance(value, str) else None
    if not found:
        return ""
    day = f"{found[1]}-{found[2] or '01'}-{found[3] or '01'}"
    try:
        return datetime.strptime(day, "%Y-%m-%d").date().isoformat()
    except ValueError:
        return ""


def period(value: Any) -> tuple[str, str]:
    """Beginning and end of `A/B` (either may lack, or be `..`); of a single date, its beginning alone."""
    begin, _, end = value.partition("/") if isinstance(value, str) else ("", "", "")
    start, stop = date(begin), date(end)
    return (start, stop) if not (start and stop and stop < start) else ("", "")


def email(value: Any) -> str:
    """An address fit to print, without `mailto:`; anything else would fail validation and lose the whole record."""
    found = value.strip().removeprefix("mailto:").strip() if isinstance(value, str) else ""
    return found if _EMAIL.match(found) else ""


def address(value: Any) -> str:
    """A web address, or empty."""
    found = value.strip() if isinstance(value, str) else ""
    return found if found.lower().startswith(("http://", "https://")) and " " not in found else ""


def languages(value: Any) -> list[str]:
    """`FR`, `["fr", "en"]`, `fr_CA`, `eng`, a URI → codes of our vocabulary."""
    codes = [vocabularies.match_language(name) for name in strings(value)]
    return [code for code in dict.fromkeys(codes) if code]


def language(said: Any, source: Source) -> str:
    """The language of a record's texts: what the operator says, else the record if it names one of ours alone."""
    if source.config.get("language") in values.LANGUAGES:
        return source.config["language"]
    found = languages(said)
    return found[0] if len(found) == 1 and found[0] in values.LANGUAGES else "fr"


def frequency(*hints: Any) -> str:
    """The first of some hints that our vocabulary knows."""
    return next((code for hint in hints if isinstance(hint, str) and (code := vocabularies.match_frequency(hint))), "")


def licence(*hints: Any) -> str:
    """The licence that an address, an id or a title names, or `notspecified`: an allow-list, never a guess.

    Free HTML counts only by the exact addresses that it links to, and only if they name a single licence.
    """
    given = [hint for hint in hints if isinstance(hint, str) and hint.strip()]
    for hint in given:
        if code := vocabularies.match_licence(hint):
            return code
    linked = {code for hint in given for link in markup.links(hint) if (code := vocabularies.match_licence(link))}
    return linked.pop() if len(linked) == 1 else "notspecified"


def licence_or_default(source: Source, *hints: Any) -> str:
    """As `licence`; where the record says nothing at all, the portal's own licence from the source's settings."""
    if not any(isinstance(hint, str) and hint.strip() and hint.strip().lower() != "none" for hint in hints):
        return str(source.config.get("license_id") or "notspecified")
    return licence(*hints)


def themes(names: Iterable[str], source: Source) -> list[str]:
    """Our themes: those that the operator's table names, or that the source writes as we do, in our order."""
    table = {vocabularies.fold(key): code for key, code in (source.config.get("themes") or {}).items()}
    found = {table.get(vocabularies.fold(name)) or vocabularies.match_theme(name) for name in names if name}
    return [code for code in vocabularies.load("themes").terms if code in found]


def places(names: Iterable[str], source: Source) -> list[str]:
    """Our places: those that the operator gives for the whole source, and those that the record names."""
    found = {vocabularies.match_place(name) for name in (*(source.config.get("places") or ()), *names) if name}
    return [code for code in vocabularies.load("places").terms if code in found]


def file_format(*hints: Any) -> str:
    """A file's format: our vocabulary's word for the first hint that it knows, else the first hint as it stands."""
    given = [hint.strip() for hint in hints if isinstance(hint, str) and hint.strip()]
    for hint in given:
        ending = _ENDING.search(hint) if "/" in hint and ":" in hint else None
        if code := vocabularies.match_format(ending[1] if ending else hint.lstrip(".")):
            return code
    return next((hint for hint in given if ":" not in hint and len(hint) < 40), "")


def box(value: Any) -> str:
    """A GeoJSON polygon (as JSON) of west, south, east, north in degrees, from a list or a text; else empty."""
    parts = re.split(r"[,\s]+", value.strip()) if isinstance(value, str) else items(value)
    try:
        numbers = [float(part) for part in parts]
    except (TypeError, ValueError):
        return ""
    if len(numbers) != 4 or not all(map(math.isfinite, numbers)):
        return ""
    west, south, east, north = numbers
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        return ""
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return json.dumps({"type": "Polygon", "coordinates": [ring]})


def geometry(value: Any) -> str:
    """The source's geometry (object or JSON) if it is one, as JSON; words are not."""
    try:
        found = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return ""
    shaped = isinstance(found, dict) and isinstance(found.get("type"), str) and "coordinates" in found
    return json.dumps(found) if shaped and _finite(found.get("coordinates")) else ""


def _finite(value: Any) -> bool:
    """Only finite numbers in nested lists, and at least one."""
    if isinstance(value, list):
        return bool(value) and all(map(_finite, value))
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
