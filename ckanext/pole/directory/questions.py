"""A question to the directories, read from what a person or a program sent: checked, bounded, in plain values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from ckanext.pole.bilingual import vocabularies

from .spoken import spoken

MAX_LIMIT = 100
MAX_OFFSET = 10_000
DEFAULT_LIMIT = 20
#: Kilometres.
DEFAULT_DISTANCE = 3.0
MAX_DISTANCE = 100.0
MAX_TEXT = 300
SORTS = ("relevance", "distance", "name")
_YES = frozenset({"1", "true", "yes", "on", "oui"})
_NO = frozenset({"", "0", "false", "no", "off", "non"})
_KM_A_DEGREE = 111.195


class WrongQuestion(ValueError):
    """A question that cannot be answered.

    Attributes:
        faults: by field, a code that a page translates: number, range, flag, sort, place, language, pair, too_long.
    """

    def __init__(self, faults: dict[str, str]) -> None:
        self.faults = faults
        super().__init__(", ".join(f"{field}: {code}" for field, code in faults.items()))


@dataclass(frozen=True)
class Question:
    """What to find; everything narrows.

    Attributes:
        text: the need, in words of either language.
        eligibility: words of whom it is for.
        place: code of a place (`config/vocabularies/places.yaml`), or "".
        latitude: of the point from which distances are measured; None for no point.
        longitude: of that point.
        distance: kilometres around the point.
        language: ISO code of a language spoken, or "".
        age: of the person, or None.
        city: municipality as the directory writes it, or "".
        category: main category of the taxonomy, or "".
        code: class of the taxonomy, or "".
        organization_id: services of this organisation, or "".
        free: costs nothing.
        accessible: a wheelchair can come in.
        open_now: open at this moment.
        directory: dataset of one directory, or "" for all.
        sort: one of `SORTS`.
        limit: most results.
        offset: results left out before.
    """

    text: str = ""
    eligibility: str = ""
    place: str = ""
    latitude: float | None = None
    longitude: float | None = None
    distance: float = DEFAULT_DISTANCE
    language: str = ""
    age: int | None = None
    city: str = ""
    category: str = ""
    code: str = ""
    organization_id: str = ""
    free: bool = False
    accessible: bool = False
    open_now: bool = False
    directory: str = ""
    sort: str = "relevance"
    limit: int = DEFAULT_LIMIT
    offset: int = 0

    @property
    def point(self) -> tuple[float, float] | None:
        """The point from which distances are measured: the given one, else the middle of the place."""
        if self.latitude is not None and self.longitude is not None:
            return self.latitude, self.longitude
        if self.place:
            longitude, latitude = places()[self.place].centroid
            return latitude, longitude
        return None

    @property
    def box(self) -> tuple[float, float, float, float] | None:
        """South, west, north and east of where to look: around the point, else the place's own box."""
        if self.latitude is not None and self.longitude is not None:
            high = self.distance / _KM_A_DEGREE
            wide = high / max(0.01, math.cos(math.radians(self.latitude)))
            return self.latitude - high, self.longitude - wide, self.latitude + high, self.longitude + wide
        if self.place:
            west, south, east, north = places()[self.place].bbox
            return south, west, north, east
        return None


@cache
def places() -> dict[str, vocabularies.Place]:
    """The places of the portal, by code."""
    terms = vocabularies.load("places").terms
    return {code: term for code, term in terms.items() if isinstance(term, vocabularies.Place)}


def read(given: Mapping[str, Any]) -> Question:
    """Read a question.

    Args:
        given: values as text, numbers or booleans; unknown names are ignored, empty ones are not given.

    Raises:
        WrongQuestion: with every fault found.
    """
    faults: dict[str, str] = {}

    def text(name: str, most: int = MAX_TEXT) -> str:
        value = given.get(name)
        said = " ".join(str(value).split()) if value is not None else ""
        said = said.replace("\x00", "")
        if len(said) > most:
            faults[name] = "too_long"
        return said[:most]

    def number(name: str, low: float, high: float, default: Any = None, kind: type = float) -> Any:
        said = text(name, 40).replace(",", ".")
        if not said:
            return default
        try:
            found = kind(said)
        except ValueError:
            faults[name] = "number"
            return default
        if not low <= found <= high:  # NaN is in no range
            faults[name] = "range"
            return default
        return found

    def flag(name: str) -> bool:
        value = given.get(name)
        said = str(value).strip().casefold() if value is not None else ""
        if said not in _YES | _NO:
            faults[name] = "flag"
        return said in _YES

    sort = text("sort", 20) or "relevance"
    if sort not in SORTS:
        faults["sort"] = "sort"
    place = text("place", 40)
    if place and place not in places():
        faults["place"] = "place"
        place = ""
    language = text("language", 40).casefold()
    if language and not (known := spoken(language, language)):
        faults["language"] = "language"
    elif language and known:
        language = known.code
    latitude, longitude = number("latitude", -90, 90), number("longitude", -180, 180)
    if (latitude is None) != (longitude is None) and not {"latitude", "longitude"} & faults.keys():
        faults["latitude"] = "pair"
    question = Question(
        text=text("q"),
        eligibility=text("eligibility"),
        place=place,
        latitude=latitude,
        longitude=longitude,
        distance=number("distance", 0.05, MAX_DISTANCE, DEFAULT_DISTANCE),
        language=language,
        age=number("age", 0, 130, kind=int),
        city=text("city", 100),
        category=text("category", 10),
        code=text("code", 60),
        organization_id=text("organization_id", 60),
        free=flag("free"),
        accessible=flag("accessible"),
        open_now=flag("open_now"),
        directory=text("directory", 100),
        sort=sort if sort in SORTS else "relevance",
        limit=number("limit", 0, MAX_LIMIT, DEFAULT_LIMIT, int),
        offset=number("offset", 0, MAX_OFFSET, 0, int),
    )
    if faults:
        raise WrongQuestion(faults)
    return question
