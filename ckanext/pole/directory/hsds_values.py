"""Make single values fit HSDS 3.1: links, e-mail addresses, dates, countries. What cannot fit becomes empty."""

from __future__ import annotations

import re
from datetime import date, datetime
from urllib.parse import urlsplit

from .records import Address

_EMAIL = re.compile(r"(?<![A-Za-z0-9._%+'-])[A-Za-z0-9._%+'-]{1,80}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_CANADA = re.compile(r"[ABCEGHJ-NPRSTVXY]\d[A-Z]\s?\d[A-Z]\d", re.IGNORECASE)
_STATES = re.compile(r"\d{5}(?:-\d{4})?")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_COUNTRIES = {
    "canada": "CA",
    "ca": "CA",
    "united states": "US",
    "usa": "US",
    "états-unis": "US",
    "etats-unis": "US",
    "us": "US",
}


def link(value: str) -> str:
    """Make an absolute web address, "" if it cannot be one."""
    found = next(iter(value.split()), "")
    if not found:
        return ""
    if "://" not in found:
        found = f"https://{found}"
    try:
        parts = urlsplit(found)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return ""
    good = parts.scheme in ("http", "https") and "." in host and re.fullmatch(r"[a-z0-9.-]+", host) and found.isascii()
    return found if good and not re.search(r"[\"<>\\^`{|}\s]", found) else ""


def email(value: str) -> str:
    """Keep one e-mail address, "" if it is none."""
    found = _EMAIL.search(value)
    return found[0] if found and ".." not in found[0] else ""


def number(value: str) -> str:
    """Keep a number, "" if it is none."""
    return value if _NUMBER.fullmatch(value) else ""


def day(value: str) -> str:
    """Keep an ISO date, "" if it is none."""
    try:
        return date.fromisoformat(value[:10]).isoformat()
    except ValueError:
        return ""


def moment(value: str) -> str:
    """Write a date and time as ISO 8601 to the second in UTC's form, "" if it is none."""
    try:
        found = datetime.fromisoformat(value.strip().replace("Z", "+00:00")[:32])
    except ValueError:
        found = None
    if found is None:
        return f"{day(value)}T00:00:00Z" if day(value) else ""
    if found.tzinfo is not None:
        found = (found - (found.utcoffset() or found - found)).replace(tzinfo=None)
    return f"{found.replace(microsecond=0).isoformat()}Z"


def clock(value: str) -> str:
    """Write HH:MM as HSDS writes a time of day; midnight at the end of a day is its last second."""
    if value == "24:00":
        return "23:59:59"
    return f"{value}:00" if value else ""


def country(address: Address) -> str:
    """Give the two-letter country of an address, told by its postal code where it is not said."""
    said = address.country.strip()
    if len(said) == 2 and said.isalpha():
        return said.upper()
    if said.lower() in _COUNTRIES:
        return _COUNTRIES[said.lower()]
    if said:
        return said
    if _CANADA.fullmatch(address.postal_code.strip()):
        return "CA"
    return "US" if _STATES.fullmatch(address.postal_code.strip()) else ""
