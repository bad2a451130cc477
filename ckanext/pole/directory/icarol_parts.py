"""From one row of iCarol's export to the parts of a record, with the flags that the format demands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .denylist import codes_in
from .hours import week
from .hsds_parts import address as hsds_address
from .records import Accessibility, Address, Language, Phone, RequiredDocument, Schedule
from .sensitive import flag_rule
from .spoken import spoken
from .text import clean, text

Row = Mapping[str, Any]

_NUMBERED = tuple(
    (f"phone{n}number", f"phone{n}description", f"phone{n}isprivate", f"phone{n}type") for n in range(1, 6)
)
_NAMED = (
    ("phonefax", "fax"),
    ("phonetty", "tty"),
    ("phonetollfree", "toll-free"),
    ("phonenumberhotline", "hotline"),
    ("phonenumberbusinessline", "voice"),
    ("phonenumberoutofarea", "out of area"),
    ("phonenumberafterhours", "after hours"),
)


def dropped_rule(row: Row, *, required: bool) -> str:
    """Give the rule by which a row is left out, "" if it stays; `required`: the level must say that it is public."""
    for column in ("excludefromwebsite", "excludefromdirectory"):
        if rule := flag_rule(row.get(column), required=required):
            return "excluded" if rule == "flag_private" else rule
    if clean(row.get("agencystatus")).casefold().startswith(("inactive", "defunct", "closed")):
        return "inactive"
    for column in ("availablefordirectory", "availableforresearch"):
        if clean(row.get(column)) and flag_rule(row[column], required=False) == "":
            return "not_available"
    return ""


def addresses(row: Row) -> list[tuple[Address, str]]:
    """Read the addresses with the rule that makes each private.

    The `Other…` address has no flag of its own in this format and so is not read.
    """
    found = []
    for prefix, kind in (("physical", "physical"), ("mailing", "postal")):
        address = hsds_address(
            {
                "address_1": row.get(f"{prefix}address1"),
                "address_2": row.get(f"{prefix}address2"),
                "city": row.get(f"{prefix}city"),
                "region": row.get(f"{prefix}county"),
                "state_province": row.get(f"{prefix}stateprovince"),
                "postal_code": row.get(f"{prefix}postalcode"),
                "country": row.get(f"{prefix}country"),
            },
            kind,
        )
        if address:
            found.append((address[0], flag_rule(row.get(f"{prefix}addressisprivate"), required=True)))
    return found


def phones(row: Row, language: str) -> list[tuple[Phone, str]]:
    """Read the telephone lines, once each, with the rule that makes each private; their names may be persons'."""
    found: dict[tuple[str, str], tuple[Phone, str]] = {}
    named = [(column, f"{column}description", f"{column}isprivate", kind) for column, kind in _NAMED]
    numbered = [(number, said, private, clean(row.get(kind)).casefold()) for number, said, private, kind in _NUMBERED]
    for column, said, private, kind in (*numbered, *named):
        if number := clean(row.get(column)):
            rule = flag_rule(row.get(private), required=True)
            phone = Phone(number, type=kind, description=text(row.get(said), language))
            # The same number in several columns is one line, private if any of them says so.
            if (number, rule) not in found:
                found[(number, rule)] = (phone, rule)
    return list(found.values())


def schedules(row: Row, language: str) -> tuple[Schedule, ...]:
    """Read the hours, told by day and in words."""
    said = text(row.get("hoursofoperation"), language)
    return (*week(clean(row.get("hours"))), *((Schedule(description=said),) if said else ()))


def languages(row: Row, language: str) -> tuple[Language, ...]:
    """Read the languages of service."""
    found = []
    for column in ("languagesofferedlist", "languagesoffered"):
        for part in re.split(r"[;,]", clean(row.get(column))):
            if name := part.strip():
                found.append(spoken(name) or Language(text(name, language)))
    return tuple({repr(item): item for item in found}.values())


def area(value: object) -> str:
    """Tidy a list of territories."""
    return "; ".join(_pieces(value))


def codes(row: Row) -> tuple[str, ...]:
    """Read the codes of the taxonomy, each once."""
    return tuple(dict.fromkeys(codes_in(clean(row.get("taxonomycodes")))))


def named(codes: Sequence[str], names: object) -> list[tuple[str, str]]:
    """Give each code with its name; where the names are not as many they are those of other codes, and are left out."""
    found = _pieces(names)
    return list(zip(codes, found if len(found) == len(codes) else [""] * len(codes), strict=True))


def accessibility(row: Row, language: str) -> tuple[Accessibility, ...]:
    """Read what is said of access for people with disabilities."""
    said = text(row.get("disabilitiesaccess"), language)
    return (Accessibility(said),) if said else ()


def documents(row: Row, language: str) -> tuple[RequiredDocument, ...]:
    """Read the documents that one has to bring."""
    said = text(row.get("documentsrequired"), language)
    return (RequiredDocument(said),) if said else ()


def _pieces(value: object) -> list[str]:
    return [part for piece in clean(value).split(";") if (part := piece.strip())]
