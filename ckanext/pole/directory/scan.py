"""Read the written files again, as anyone could, and look for what must not be there. One hit holds the run.

The scan knows nothing of how the files were made. It has the salted hashes of
the private values (`Markers`), the words that stand for a secret address, the
shape of a person's e-mail address, and the names of columns that must not exist.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

from . import streets
from .denylist import DenyList, default
from .emails import EMAIL, is_named
from .markers import Markers
from .private_values import cells_around, digits_of, fold_in_place
from .text import fold

_ADDRESS_COLUMNS = frozenset({"address", "address_1", "address_2", "city", "postal_code"})
_FORBIDDEN_COLUMNS = re.compile(r"(^|_)(contacts?|attention|assurer_email|internal|notes?)(_|$)")
# HSDS's languages table has a column `note` ("interpreter on Mondays"), of ours.
_ALLOWED_COLUMNS = frozenset({"languages.csv:note"})
# Columns of the search's entries that are computed of the others.
_DERIVED = frozenset({"words", "digest", "week"})
_NUMBER = re.compile(r"\d+[A-Za-z]{0,3}\b")
_PHONE = re.compile(r"\+?\(?\d[\d\s().\-–\u00a0]{5,}\d")
_DECIMAL = re.compile(r"-?\d{1,3}\.\d{3,}")
_ALWAYS = 10


@dataclass(frozen=True)
class Hit:
    """Something that must not be in a file. It says where, never what.

    Attributes:
        file: name of the file (and member of a zip).
        row: number of the row or feature, from 1; 0 is the header.
        column: name of the column.
        rule: secret_word, private_street, private_phone, private_point, person_email or forbidden_column.
    """

    file: str
    row: int
    column: str
    rule: str


def scan_files(paths: Iterable[Path], markers: Markers, deny: DenyList | None = None) -> list[Hit]:
    """Scan CSV, GeoJSON, zip and JSON-lines files; any other kind is a hit of its own (`unknown_file`).

    Args:
        paths: the files.
        markers: of the run that wrote them.
        deny: its words for a secret address; by default those of `config/directory/denylist.yaml`.
    """
    scanner = Scanner(markers, deny or default())
    hits: list[Hit] = []
    for path in paths:
        with path.open("rb") as stream:
            hits.extend(scanner.file(path.name, stream))
    return hits


class Scanner:
    """Scans files and rows with the markers of one run."""

    def __init__(self, markers: Markers, deny: DenyList) -> None:
        self._markers = markers
        self._deny = deny
        self._houses: dict[str, bool] = {}
        self._heads: dict[str, bool] = {}
        self._numbers: dict[str, bool] = {}
        self._seen: dict[str, tuple[str, ...]] = {}
        self._points: dict[tuple[float, float], bool] = {}

    def file(self, name: str, stream: IO[bytes]) -> Iterator[Hit]:
        """Scan one open file."""
        ending = name.rpartition(".")[2].lower()
        if ending == "zip":
            with zipfile.ZipFile(stream) as archive:
                for member in archive.namelist():
                    if not member.endswith(".json"):
                        with archive.open(member) as inner:
                            yield from self.file(f"{name}/{member}", inner)
        elif ending == "csv":
            reader = csv.DictReader(io.TextIOWrapper(stream, "utf-8", newline=""))
            yield from self.rows(name, reader.fieldnames or (), reader)
        elif ending == "jsonl":
            yield from self._objects(name, (json.loads(line) for line in io.TextIOWrapper(stream, "utf-8")))
        elif ending == "geojson":
            yield from self._features(name, stream)
        else:
            yield Hit(name, 0, "", "unknown_file")

    def _objects(self, name: str, rows: Iterable[Mapping[str, Any]]) -> Iterator[Hit]:
        columns: set[str] = set()
        for number, found in enumerate(rows, 1):
            row: dict[str, Any] = {}
            _flatten(found, "", row)
            if new := row.keys() - columns:
                columns |= new
                yield from self._header(name, sorted(new))
            yield from self._row(name, number, row)
            yield from self._row_point(name, number, row)

    def _features(self, name: str, stream: IO[bytes]) -> Iterator[Hit]:
        header: set[str] = set()
        for number, feature in enumerate(_features_of(stream), 1):
            properties = feature.get("properties") or {}
            if new := set(properties) - header:
                header |= new
                yield from self._header(name, sorted(new))
            yield from self._row(name, number, properties)
            coordinates = (feature.get("geometry") or {}).get("coordinates")
            if coordinates and self._is_point(coordinates[1], coordinates[0]):
                yield Hit(name, number, "geometry", "private_point")

    def rows(self, name: str, columns: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[Hit]:
        """Scan rows, of a file or on their way to the DataStore."""
        yield from self._header(name, columns)
        for number, row in enumerate(rows, 1):
            yield from self._row(name, number, row)
            yield from self._row_point(name, number, row)

    def _row_point(self, name: str, number: int, row: Mapping[str, Any]) -> Iterator[Hit]:
        latitude, longitude = row.get("latitude"), row.get("longitude")
        if latitude not in (None, "") and longitude not in (None, "") and self._is_point(latitude, longitude):
            yield Hit(name, number, "latitude", "private_point")

    def _header(self, name: str, columns: Iterable[str]) -> Iterator[Hit]:
        short = name.rpartition("/")[2]
        for column in columns:
            if _FORBIDDEN_COLUMNS.search(column.lower()) and f"{short}:{column}" not in _ALLOWED_COLUMNS:
                yield Hit(name, 0, column, "forbidden_column")

    def _row(self, name: str, number: int, row: Mapping[str, Any]) -> Iterator[Hit]:
        # A directory has more than a million cells, most of them met before: what is here runs for each.
        seen = self._seen
        for column, value in row.items():
            if not isinstance(value, str) or len(value) < 4:
                continue
            is_address, is_id = _kind_of(column)
            if is_address and self._deny.hides_address(value):
                yield Hit(name, number, column, "secret_word")
            if is_id:
                continue
            rules = seen.get(value)
            if rules is None:
                rules = seen[value] = tuple(dict.fromkeys(self._look(value)))
            for rule in rules:
                yield Hit(name, number, column, rule)

    def _look(self, words: str) -> Iterator[str]:
        if "@" in words and any(is_named(found) for found in EMAIL.findall(words)):
            yield "person_email"
        markers = self._markers
        if markers.streets:
            for number in _NUMBER.finditer(words):
                if self._is_house(streets.house(number[0].lower())) and self._is_street(words, number):
                    yield "private_street"
        if markers.phrases and self._has_phrase(words):
            yield "private_street"
        if markers.phones:
            for number in _PHONE.finditer(words):
                if self._is_phone(digits_of(number[0])):
                    yield "private_phone"
        if markers.points:
            degrees = [float(found) for found in _DECIMAL.findall(words)[:_ALWAYS]]
            if any(self._is_point(a, b) or self._is_point(b, a) for a, b in pairwise(degrees)):
                yield "private_point"

    def _is_house(self, house: str) -> bool:
        if house not in self._houses:
            self._houses[house] = bool(house) and self._markers.digest("house", house) in self._markers.houses
        return self._houses[house]

    def _is_street(self, words: str, number: re.Match[str]) -> bool:
        after = [
            streets.ordinal(fold(token)) for token in streets.TOKEN.findall(words[number.end() : number.end() + 80])
        ]
        name, _ = streets.core(after)
        house = streets.house(number[0].lower())
        return bool(name) and self._markers.digest("street", house, name) in self._markers.streets

    def _has_phrase(self, words: str) -> bool:
        tokens = streets.TOKEN.findall(fold_in_place(words))
        markers = self._markers
        for start, token in enumerate(tokens):
            if token not in self._heads:
                self._heads[token] = markers.digest("head", token) in markers.heads
            if self._heads[token]:
                for length in markers.lengths:
                    if markers.digest("phrase", *tokens[start : start + length]) in markers.phrases:
                        return True
        return False

    def _is_phone(self, digits: str) -> bool:
        if not digits:
            return False
        if digits not in self._numbers:
            markers = self._markers
            parts = {digits, digits[-7:], digits[-10:], digits[:10]}
            self._numbers[digits] = any(markers.digest("phone", part) in markers.phones for part in parts) or (
                len(digits) == 7 and markers.digest("tail", digits) in markers.tails
            )
        return self._numbers[digits]

    def _is_point(self, latitude: Any, longitude: Any) -> bool:
        try:
            point = float(latitude), float(longitude)
            # A place stands in every table, and once for each service that is given there.
            if point not in self._points:
                self._points[point] = self._is_private(cells_around(*point))
        except (OverflowError, TypeError, ValueError):
            return False
        return self._points[point]

    def _is_private(self, cells: Iterable[tuple[int, int]]) -> bool:
        return any(self._markers.digest("point", *cell) in self._markers.points for cell in cells)


@lru_cache(maxsize=10_000)
def _kind_of(column: str) -> tuple[bool, bool]:
    """Whether a column, by its path, holds a line of an address, and whether it holds ids."""
    is_id = column in ("id", "external_identifier") or column.endswith("_id")
    return column.rpartition(".")[2] in _ADDRESS_COLUMNS, is_id


def _flatten(row: Mapping[str, Any], above: str, found: dict[str, Any]) -> None:
    """Put the values of a row of JSON, and of what it holds, by their path; not what is computed of others."""
    for name, value in row.items():
        path = above + name
        if isinstance(value, dict):
            _flatten(value, f"{path}.", found)
        elif isinstance(value, list):
            _flatten({str(index): item for index, item in enumerate(value)}, f"{path}.", found)
        elif path not in _DERIVED:
            found[path] = value


def _features_of(stream: IO[bytes]) -> Iterator[dict[str, Any]]:
    """Give the features, line by line where each stands on its own line as in our files."""
    lines = io.TextIOWrapper(stream, "utf-8")
    first = lines.readline()
    if not first.rstrip().endswith("["):
        yield from json.loads(first + lines.read()).get("features", ())
        return
    for line in lines:
        feature = line.strip().rstrip(",")
        if feature.startswith("{"):
            yield json.loads(feature)
