"""From AIRS XML elements to the parts of a record, with the flags that the format demands.

Contacts, resource specialists, internal notes and social media handles are
not among the elements read. The note of opening hours is: it is where
most exports say them.
"""

from __future__ import annotations

import re

from .airs_xml import Element, attribute, child, children, words
from .hours import clock, day, group
from .records import Address, Language, Phone, Schedule, ServiceArea, Text
from .sensitive import flag_rule
from .spoken import spoken
from .text import append_text, clean, text

_WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_LINE = re.compile(r"phone\s*\d*|main|primary|office|voice", re.IGNORECASE)
_FACET = re.compile(r"'([^']+)'")


def dropped_rule(element: Element, inactive: re.Pattern[str] | None, *said: str) -> str:
    """Give the rule by which an agency, site or service is left out, "" if it stays.

    Args:
        element: the agency, site or service.
        inactive: what a name or description of an inactive record begins with.
        said: its name and description.
    """
    for name in ("ExcludeFromWebsite", "ExcludeFromDirectory"):
        if rule := flag_rule(attribute(element, name), required=False):
            return "excluded" if rule == "flag_private" else rule
    if (attribute(element, "delete") or "").strip() not in ("", "0", "false"):
        return "deleted"
    if (attribute(element, "Status") or "").strip().casefold() in ("inactive", "defunct"):
        return "inactive"
    if inactive and any(inactive.match(words) for words in said):
        return "inactive"
    for info in children(element, "ResourceInfo"):
        for name in ("AvailableForDirectory", "AvailableForResearch"):
            value = attribute(info, name)
            if value is not None and flag_rule(value, required=False) == "":
                return "not_available"  # here "false" is what forbids
    return ""


def address(element: Element, kind: str) -> tuple[Address | None, str]:
    """Read an address and the rule that makes it private ("" if it is public)."""
    rule = flag_rule(attribute(element, "Confidential"), required=True)
    if clean(words(element, "ReasonWithheld")):
        rule = rule or "flag_private"
    street = [clean(words(element, name)).replace("\n", ", ") for name in ("PreAddressLine", "Line1", "Line2")]
    found = Address(
        address_1=street[1] or street[0],
        address_2=", ".join(part for part in (street[2], street[0] if street[1] else "") if part),
        city=clean(words(element, "City")),
        region=clean(words(element, "County")),
        state_province=clean(words(element, "State")),
        postal_code=clean(words(element, "ZipCode")),
        country=clean(words(element, "Country")),
        address_type=kind,
    )
    there = found.address_1 or found.address_2 or found.city or found.postal_code
    return (found if there else None), rule


def phones(element: Element, language: str) -> list[tuple[Phone, str]]:
    """Read the telephone lines with the rule that makes each private."""
    found = []
    for line in children(element, "Phone"):
        number = clean(words(line, "PhoneNumber"))
        if not number:
            continue
        rule = flag_rule(attribute(line, "Confidential"), required=True)
        kind = clean(words(line, "Type")).casefold()
        if clean(words(line, "ReasonWithheld")):
            rule = rule or "flag_private"
        said = append_text(text(words(line, "Description"), language), text(words(line, "Function"), language), ", ")
        kind = "voice" if _LINE.fullmatch(kind) else kind
        found.append((Phone(number, clean(words(line, "Extension")), kind, said), rule))
    return found


def also_known_as(element: Element, language: str) -> Text:
    """Read the other names that are not flagged confidential."""
    said: Text = {}
    for other in children(element, "AKA"):
        if not flag_rule(clean(words(other, "Confidential")), required=False):
            said = append_text(said, text(words(other, "Name"), language), "; ")
    return said


def schedules(element: Element, language: str) -> tuple[Schedule, ...]:
    """Read opening hours and seasons."""
    found = []
    for open_times in children(element, "TimeOpen"):
        for name in _WEEK:
            for item in children(open_times, name):
                times = zip(children(item, "From"), children(item, "To"), strict=False)
                for start, end in times:
                    opens, closes = clock(clean(start.text)), clock(clean(end.text))
                    if opens and closes:
                        found.append(Schedule(byday=day(name), opens_at=opens, closes_at=closes, freq="WEEKLY"))
        if note := text(words(open_times, "Notes"), language):
            found.append(Schedule(description=note))
    for season in children(element, "Seasonal"):
        start, end = clean(words(season, "StartDate")), clean(words(season, "EndDate"))
        said = text(words(season, "Description"), language)
        if start or end or said:
            found.append(Schedule(valid_from=start, valid_to=end, description=said))
    return group(found)


def languages(element: Element, language: str) -> tuple[Language, ...]:
    """Read the languages of service."""
    found = []
    for item in children(element, "Languages"):
        for name in children(item, "Name"):
            for part in re.split(r"[;,/]", clean(name.text)):
                if part.strip():
                    found.append(spoken(part.strip()) or Language(text(part, language)))
    return tuple({repr(item): item for item in found}.values())


def service_areas(element: Element, language: str) -> tuple[ServiceArea, ...]:
    """Read the territories served."""
    found = []
    for area in children(element, "GeographicAreaServed"):
        names = ("ZipCode", "CensusTrack", "City", "County", "State", "Country")
        parts = [clean(item.text) for name in names for item in children(area, name)]
        said = ServiceArea(
            name=text(", ".join(dict.fromkeys(part for part in parts if part)), language),
            description=text(words(area, "Description"), language),
        )
        if (said.name or said.description) and said not in found:
            found.append(said)
    return tuple(found)


def eligibility(element: Element, language: str) -> tuple[Text, str, str]:
    """Read who may come: the words, the minimum and the maximum age (of the only range, "" if there are several)."""
    said: Text = {}
    for name in (
        "GeneralEligibility",
        "AgeRequirements",
        "GenderRequirements",
        "FamilyRequirements",
        "IncomeRequirements",
        "ResidencyRequirements",
    ):
        for item in children(element, name):
            said = append_text(said, text(item.text, language))
    ranges = children(element, "AgeRequirements")
    if len(ranges) != 1:
        return said, "", ""
    ages = [clean(attribute(ranges[0], name)) for name in ("MinimumAge", "MaximumAge")]
    return said, *(age if age.isdigit() else "" for age in ages)  # type: ignore[return-value]


def first_of(element: Element, name: str, inner: str = "Address") -> str:
    """Give the first address of `URL` or `Email` children."""
    return next((found for item in children(element, name) if (found := clean(words(item, inner)))), "")


def taxonomy_codes(element: Element) -> list[tuple[str, str]]:
    """Give (code, name) of each term: AIRS codes have no name here; a local facet is its own name."""
    found: dict[str, str] = {}
    for item in children(element, "Taxonomy"):
        for code in children(item, "Code"):
            said = clean(code.text)
            if said.startswith("{"):
                found[said] = " – ".join(_FACET.findall(said))
            else:
                found.update((part.strip().upper(), "") for part in said.split("*") if part.strip())
    return list(found.items())


def point(element: Element) -> tuple[str, str]:
    """Give latitude and longitude as they are written."""
    place = child(element, "SpatialLocation")
    return words(place, "Latitude"), words(place, "Longitude")
