"""The values that must not be published, wherever they stand: streets, telephone numbers, points, postal codes.

A value flagged private in one record is removed from all others too, be it in
a column of its own or in a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from . import streets
from .records import Address, Phone, Text
from .text import fold

WITHHELD = {"fr": "[retiré]", "en": "[withheld]"}
WITHHELD_ANY = "[retiré · withheld]"
# A cell is 0.0001 degree, about 10 m; a point of the next cell is the same door too.
CELLS_A_DEGREE = 10_000

_NUMBER = re.compile(r"(?<![\w.])\d+[A-Za-z]{0,3}\b")
_PHONE = re.compile(r"\+?\(?\d[\d\s().\-–\u00a0]{5,}\d")
_DECIMAL = re.compile(r"-?\d{1,3}\.\d{3,}")
_CANADIAN = re.compile(r"\b[ABCEGHJ-NPRSTVXY]\d[A-Z][ \-\u00a0]?\d[A-Z]\d\b", re.IGNORECASE)
_TAIL = re.compile(
    r"(?:[\s,.]+(?:"
    + "|".join(sorted(streets.TYPES, key=len, reverse=True))
    + r"|[NSEWO]{1,2}|north|south|east|west|nord|sud|est|ouest"
    r"|(?:suite|unit|unité|apt|app|bureau|local|#)\.?\s*\w{1,6}|\d{5}(?:-\d{4})?|[A-Z]\d[A-Z][ -]?\d[A-Z]\d)\b\.?)+",
    re.IGNORECASE,
)
# A street address of any kind, for the texts of services whose place is secret. English street names are written
# with capitals; without that, "24 hour crisis line" would be a street.
_STRONG = (
    "street|st|avenue|ave|boulevard|blvd|road|rd|drive|dr|lane|ln|court|ct|crescent|cres|place|terrace|highway|hwy"
    "|parkway|circle|way"
)
_FRENCH = r"rue|ruelle|avenue|av\.?|boulevard|boul\.?|chemin|ch\.|rang|route|place|montée|côte|impasse|carré"
_ANY_STREET = re.compile(
    r"\b\d{1,6}[A-Za-z]?(?:\s*[-–]\s*\d{1,6})?\s*,?\s+"
    rf"(?:(?:[A-ZÀ-Ý0-9][\w.'’-]*\s+){{1,4}}(?i:{_STRONG})\b\.?(?:\s+[NSEW]{{1,2}}\b\.?)?"
    rf"|(?i:{_FRENCH})\s+(?:(?i:de|du|des|la|le|les|d['’]|l['’])\s*)*[\w.'’-]+(?:\s+(?i:est|ouest|nord|sud)\b)?)"
    r"|\b(?i:p\.?\s?o\.?\s?box|c\.\s?p\.|case postale)\s*\d+"
    r"|\b[A-Z]{2}\s+\d{5}(?:-\d{4})?\b"
)
_DIGIT = re.compile(r"\d")
# Letter by letter, so that positions stay.
_UNACCENT = {code: base for code in range(0xC0, 0x250) if len(base := fold(chr(code))) == 1}


def digits_of(number: str) -> str:
    """Give the digits of a telephone number without the country code 1, "" if they are too few."""
    digits = "".join(letter for letter in fold(number) if letter.isdigit())
    if len(digits) == 11 and digits[0] == "1":
        digits = digits[1:]
    return digits if len(digits) >= 7 else ""


def cell_of(degrees: float) -> int:
    """Give the cell of a latitude or longitude."""
    return round(degrees * CELLS_A_DEGREE)


def cells_around(latitude: float, longitude: float) -> Iterator[tuple[int, int]]:
    """Give the cell of a point and its eight neighbours, so that no rounding parts two geocodings of one door."""
    y, x = cell_of(latitude), cell_of(longitude)
    return ((y + dy, x + dx) for dy in (0, -1, 1) for dx in (0, -1, 1))


def street_lines(address: Address) -> tuple[str, str]:
    """Give the lines of an address in which the street may stand."""
    return address.address_1, address.address_2


class PrivateValues:
    """Collects private values, finds them again and masks them. Never printed, never stored."""

    def __init__(self) -> None:
        # House number, then the word that names the street, then all words of the address.
        self.streets: dict[str, dict[str, set[str]]] = {}
        self.phrases: set[streets.Key] = set()
        self.phones: set[str] = set()
        self._tails: set[str] = set()
        self.points: set[tuple[int, int]] = set()
        self._degrees: set[int] = set()
        self._postal: set[str] = set()
        self._phrase_pattern: re.Pattern[str] | None = None
        self.masked = 0
        # Directories say the same thing of service, location and organisation; a text is searched once.
        self._keys: dict[tuple[str, str], frozenset[streets.Key]] = {}
        self._cache: dict[tuple[str, str, bool], str | None] = {}

    def __repr__(self) -> str:
        return "<PrivateValues>"

    def add_address(self, address: Address) -> bool:
        """Remember an address; tells whether its street was new."""
        new = False
        self._cache.clear()
        words = [word for line in street_lines(address) for word in streets.tokens(line)]
        for key in streets.keys(*street_lines(address)):
            if len(key) == 2 and key[0].isdigit():
                known = self.streets.setdefault(key[0], {})
                new = new or key[1] not in known
                known.setdefault(key[1], set()).update(words)
            elif key not in self.phrases:
                self.phrases.add(key)
                self._phrase_pattern = None
                new = True
        for found in _CANADIAN.findall(address.postal_code):
            self._postal.add(re.sub(r"[^A-Z0-9]", "", found.upper()))
        return new

    def add_phone(self, phone: Phone) -> None:
        """Remember a telephone number."""
        self._cache.clear()
        if digits := digits_of(phone.number):
            self.phones.add(digits)
            self._tails.add(digits[-7:])

    def add_point(self, latitude: float, longitude: float) -> None:
        """Remember a point."""
        self._cache.clear()
        self.points.add((cell_of(latitude), cell_of(longitude)))
        self._degrees.update(cell + d for cell in (cell_of(latitude), cell_of(longitude)) for d in (-1, 0, 1))

    def has_address(self, address: Address) -> bool:
        """Whether the address is at a private street address."""
        lines = street_lines(address)
        keys = self._keys.get(lines)
        if keys is None:
            keys = self._keys[lines] = streets.keys(*lines)
        return any(
            key[1] in self.streets.get(key[0], ()) if len(key) == 2 and key[0].isdigit() else key in self.phrases
            for key in keys
        )

    def has_phone(self, phone: Phone) -> bool:
        """Whether the number is a private one."""
        digits = digits_of(phone.number)
        return bool(digits) and self._is_private_number(digits)

    def has_point(self, latitude: float, longitude: float) -> bool:
        """Whether the point is a private one."""
        return any(cell in self.points for cell in cells_around(latitude, longitude))

    def _is_private_number(self, digits: str) -> bool:
        if digits in self.phones or digits[-7:] in self.phones:
            return True
        if len(digits) == 7:
            return digits in self._tails
        # Two numbers written as one.
        return any(digits[start : start + 10] in self.phones for start in range(len(digits) - 9))

    def mask_text(self, text: Text, *, any_street: bool = False) -> Text:
        """Mask private values in each language of a text.

        Args:
            text: the text.
            any_street: mask every street address and postal code, known or not.
        """
        masked: dict[str, str] | None = None
        for language, words in text.items():
            replaced = self.mask(words, WITHHELD.get(language, WITHHELD_ANY), any_street=any_street)
            if replaced is not words:
                masked = masked or dict(text)
                masked[language] = replaced
        return masked or text

    def mask(self, words: str, mark: str = WITHHELD_ANY, *, any_street: bool = False) -> str:
        """Mask private values in a string; the very same object comes back if there was none."""
        key = (words, mark, any_street)
        if key in self._cache:
            known = self._cache[key]
        else:
            spans = list(self._spans(words, any_street)) if self.phrases or _DIGIT.search(words) else []
            known = self._cache[key] = _cut(words, spans, mark) if spans else None
        if known is None:
            return words
        self.masked += 1
        return known

    def _spans(self, words: str, any_street: bool) -> Iterator[tuple[int, int]]:
        if any_street:
            yield from (found.span() for found in _ANY_STREET.finditer(words))
            yield from (found.span() for found in _CANADIAN.finditer(words))
        if self.streets:
            yield from self._street_spans(words)
        if self.phrases:
            yield from (found.span() for found in self._phrases().finditer(fold_in_place(words)))
        if self.phones:
            for found in _PHONE.finditer(words):
                digits = digits_of(found[0])
                if digits and self._is_private_number(digits):
                    yield found.span()
        if self._degrees:
            for found in _DECIMAL.finditer(words):
                if cell_of(float(found[0])) in self._degrees:
                    yield found.span()
        if self._postal and not any_street:
            for found in _CANADIAN.finditer(words):
                if re.sub(r"[^A-Z0-9]", "", found[0].upper()) in self._postal:
                    yield found.span()

    def _street_spans(self, words: str) -> Iterator[tuple[int, int]]:
        for found in _NUMBER.finditer(words):
            known = self.streets.get(streets.house(found[0].lower()))
            if not known:
                continue
            after = list(streets.TOKEN.finditer(words, found.end(), found.end() + 80))
            said = [streets.ordinal(fold(token[0])) for token in after]
            name, count = streets.core(said)
            if name in known:
                while count < len(said) and said[count] in known[name]:
                    count += 1
                end = after[count - 1].end()
                tail = _TAIL.match(words, end)
                yield found.start(), tail.end() if tail else end

    def _phrases(self) -> re.Pattern[str]:
        if self._phrase_pattern is None:
            ordered = sorted(self.phrases, key=len, reverse=True)
            self._phrase_pattern = re.compile(
                r"\b(?:" + "|".join(r"[\W_]+".join(map(re.escape, key)) for key in ordered) + r")\b"
            )
        return self._phrase_pattern


def _cut(words: str, spans: list[tuple[int, int]], mark: str) -> str:
    pieces, end = [], 0
    for start, stop in sorted(spans):
        if start >= end:
            pieces += [words[end:start], mark]
        end = max(end, stop)
    return "".join((*pieces, words[end:]))


def fold_in_place(words: str) -> str:
    """Fold letter by letter, so that positions in the result are positions in `words`."""
    lowered = words.lower()
    return (lowered if len(lowered) == len(words) else words).translate(_UNACCENT)
