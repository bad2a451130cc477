"""From one HSDS object or row (1.x, 2.x or 3.x) to the parts of a record: phones, addresses, hours, areas.

The JSON of the API and the rows of the tables spell their fields alike, so
one set of functions serves both. Persons (`attention`, contacts,
`assurer_email`) and notes are not among the fields read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .hours import byday, clock, day
from .records import (
    Accessibility,
    Address,
    CostOption,
    Language,
    Phone,
    RequiredDocument,
    Schedule,
    ServiceArea,
)
from .sensitive import flag_rule
from .spoken import spoken
from .text import clean, text, whole_number

Row = Mapping[str, Any]

_EXTENSION = re.compile(r"\s*(?:x|ext\.?|poste|#)\s*(\d{1,8})$", re.IGNORECASE)
# HSDS has no privacy flag; publishers add their own. What is there is obeyed.
_PRIVATE = ("confidential", "is_confidential", "private", "is_private", "isprivate", "redacted", "withheld")
_CLOSED_STATUS = frozenset(
    {"inactive", "defunct", "closed", "deleted", "archived", "draft", "del", "inactif", "fermé", "supprimé"}
)


def private_rule(row: Row) -> str:
    """Give the rule that makes this object private, "" if nothing says so."""
    for name in _PRIVATE:
        if name in row and (rule := flag_rule(row[name], required=False)):
            return rule
    return ""


def status(row: Row) -> tuple[str, str]:
    """Give (HSDS status, rule to drop the record by or "")."""
    word = clean(row.get("status")).casefold()
    if word in _CLOSED_STATUS:
        return "inactive", "inactive"
    return ("temporarily closed" if word == "temporarily closed" else "active"), ""


def phone(row: Row, language: str) -> tuple[Phone, str] | None:
    """Read a line; None without a number."""
    number = clean(row.get("number")).strip("\"' ")
    if not number:
        return None
    extension = clean(row.get("extension"))
    found = _EXTENSION.search(number)
    if found and not extension:
        number, extension = number[: found.start()], found[1]
    kind = clean(row.get("type")).casefold()
    said = text(row.get("description") or row.get("department"), language)
    return Phone(number, extension, kind, said, clean(row.get("id"))), private_rule(row)


def address(row: Row, default_type: str = "physical") -> tuple[Address, str] | None:
    """Read an address; None if it has neither street, city nor postal code."""
    lines = [clean(row.get(f"address_{n}")).replace("\n", ", ") for n in (1, 2, 3, 4)]
    kind = clean(row.get("address_type")).casefold()
    found = Address(
        address_1=lines[0],
        address_2=", ".join(line for line in lines[1:] if line),
        city=clean(row.get("city")),
        region=clean(row.get("region")),
        state_province=clean(row.get("state_province")),
        postal_code=clean(row.get("postal_code")),
        country=clean(row.get("country")),
        address_type=kind if kind in ("physical", "postal", "virtual") else default_type,
        id=clean(row.get("id")),
    )
    if not (found.address_1 or found.address_2 or found.city or found.postal_code):
        return None
    return found, private_rule(row)


def schedule(row: Row, language: str) -> Schedule | None:
    """Read opening hours in the RRULE form of 3.x or the weekday form of 1.x and 2.x; None if it says nothing."""
    said = text(row.get("description") or row.get("original_text"), language)
    opens_said, closes_said = clean(row.get("opens_at")), clean(row.get("closes_at"))
    opens, closes = clock(opens_said), clock(closes_said)
    if (opens_said and not opens) or (closes_said and not closes):
        opens = closes = ""  # half of the hours is not the hours
    weekday = clean(row.get("weekday"))
    if weekday:
        days = day(weekday)
        if not (days or opens or said):
            return None
        freq = "WEEKLY" if days else ""
        return Schedule(
            byday=days, opens_at=opens, closes_at=closes, freq=freq, description=said, id=clean(row.get("id"))
        )
    found = Schedule(
        byday=byday(clean(row.get("byday"))),
        opens_at=opens,
        closes_at=closes,
        freq=clean(row.get("freq")).upper(),
        interval=whole_number(row.get("interval")),
        bymonthday=clean(row.get("bymonthday")),
        byweekno=clean(row.get("byweekno")),
        valid_from=clean(row.get("valid_from") or row.get("start_date")),
        valid_to=clean(row.get("valid_to") or row.get("end_date")),
        dtstart=clean(row.get("dtstart")),
        until=clean(row.get("until")),
        closed=clean(row.get("closed")).casefold() in ("true", "1", "yes", "t"),
        description=said,
        id=clean(row.get("id")),
    )
    return found if (found.byday or opens or found.valid_from or said or found.closed) else None


def service_area(row: Row, language: str) -> ServiceArea | None:
    """Read a territory; `service_area` is the 1.x and 2.x spelling of its name."""
    found = ServiceArea(
        name=text(row.get("name") or row.get("service_area"), language),
        description=text(row.get("description"), language),
        extent=clean(row.get("extent")),
        extent_type=clean(row.get("extent_type")),
        uri=clean(row.get("uri")),
        id=clean(row.get("id")),
    )
    return found if (found.name or found.description or found.extent) else None


def language_spoken(row: Row, language: str) -> Language | None:
    """Read a language; the code and both names come from our own list where it is known."""
    name = clean(row.get("name") or row.get("language"))
    code = clean(row.get("code")).casefold()
    if not (name or code):
        return None
    known = spoken(name, code)
    note = text(row.get("note"), language)
    return Language(known.name, known.code, note) if known else Language(text(name, language), code, note)


def accessibility(row: Row, language: str) -> Accessibility | None:
    """Read accessibility; `accessibility` is the 1.x and 2.x spelling of the description."""
    said = text(row.get("description") or row.get("accessibility"), language)
    details, url = text(row.get("details"), language), clean(row.get("url"))
    return Accessibility(said, details, url, clean(row.get("id"))) if (said or details or url) else None


def cost_option(row: Row, language: str) -> CostOption | None:
    """Read a price."""
    found = CostOption(
        text(row.get("option"), language),
        clean(row.get("amount")),
        clean(row.get("currency")).lower(),
        text(row.get("amount_description"), language),
        clean(row.get("id")),
    )
    return found if (found.option or found.amount or found.amount_description) else None


def required_document(row: Row, language: str) -> RequiredDocument | None:
    """Read a document to bring."""
    said = text(row.get("document"), language)
    return RequiredDocument(said, clean(row.get("id"))) if said else None
