"""Invented sample tables: content/samples.yaml says their structure, a fixed seed their figures.

The same file gives the same bytes on every machine. Each row says in a column
of its own that it is invented.
"""

from __future__ import annotations

import csv
import io
import json
import random
import zlib
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from typing import Any

from pole_demo.reading import read_yaml

Row = dict[str, Any]


def make(content: Path) -> dict[str, str]:
    """Make every sample.

    Args:
        content: the content folder; territories come from its `files/`.

    Returns:
        Text by file name.

    Raises:
        KeyError: samples.yaml uses a word that is not known.
    """
    source = read_yaml(content / "samples.yaml")
    territories = _territories(content / "files")
    found = {}
    for name, spec in source["files"].items():
        rows = _Table(name, source["seed"], territories).rows(spec, source["mark"])
        found[name] = _csv(rows)
        if spec.get("map"):
            found[f"{Path(name).stem}.geojson"] = _points(rows)
    return found


def _csv(rows: list[Row]) -> str:
    """Write rows as CSV."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _points(rows: list[Row]) -> str:
    """Write rows as GeoJSON points, one a line."""
    lines = []
    for row in rows:
        rest = {key: value for key, value in row.items() if key not in ("latitude", "longitude")}
        point = {"type": "Point", "coordinates": [float(row["longitude"]), float(row["latitude"])]}
        lines.append(json.dumps({"type": "Feature", "properties": rest, "geometry": point}, ensure_ascii=False))
    return '{"type": "FeatureCollection", "features": [\n' + ",\n".join(lines) + "\n]}\n"


def _territories(files: Path) -> dict[str, list[Row]]:
    """Read the real territories that samples are spread over."""
    lists = {}
    for name, path in (("all", "territoires-agglomeration.csv"), ("districts", "quartiers-sociologiques.csv")):
        with (files / path).open(encoding="utf-8", newline="") as stream:
            lists[name] = list(csv.DictReader(stream))
    lists["boroughs"] = [row for row in lists["all"] if row["type"] == "Arrondissement"]
    return lists


class _Table:
    """One table in the making. Its seed comes from its name, so a new table changes no other."""

    def __init__(self, name: str, seed: int, territories: dict[str, list[Row]]) -> None:
        self.chance = random.Random(zlib.crc32(name.encode("utf-8")) + seed)  # noqa: S311  (figures, not secrets)
        self.territories = territories
        self.places = {row["nom"]: row for rows in territories.values() for row in rows}
        self.row: Row = {}
        self.number = 0
        self.place: Row = {}
        self.kinds: dict[str, Callable[[str], Any]] = {
            "int": lambda text: self.chance.randint(*map(int, text.split())),
            "decimal": self._decimal,
            "part": self._part,
            "pick": lambda text: self.chance.choice([choice.strip() for choice in text.split("|")]),
            "text": lambda text: text.format(self.number),
            "day": self._day,
            "territory": self._territory,
            "latitude": lambda _text: self._near("latitude", "sud", "nord"),
            "longitude": lambda _text: self._near("longitude", "ouest", "est"),
        }

    def rows(self, spec: Row, mark: Row) -> list[Row]:
        """Make the rows; `mark` is the column that says they are invented."""
        found = []
        for number, row in enumerate(_rows(spec, self.territories), start=1):
            self.number, self.row = number, row
            for column, rule in spec["columns"].items():
                row[column] = self._cell(rule)
            row[mark["column"]] = mark["value"]
            found.append(row)
        return found

    def _cell(self, rule: str) -> Any:
        """Make one cell. A rule is a kind and its words; ` ~0.1` at its end leaves one cell in ten empty."""
        rule, _, gaps = rule.partition(" ~")
        empty = bool(gaps) and self.chance.random() < float(gaps)
        kind, _, text = rule.partition(" ")
        value = self.kinds[kind](text)
        return "" if empty else value

    def _decimal(self, text: str) -> str:
        low, high, digits = text.split()
        return f"{self.chance.uniform(float(low), float(high)):.{digits}f}"

    def _part(self, text: str) -> str:
        """Give a share of another column; nothing of nothing."""
        column, low, high, digits = text.split()
        share = float(self.row[column] or 0) * self.chance.uniform(float(low), float(high))
        return f"{share:.{digits}f}" if self.row[column] != "" else ""

    def _day(self, text: str) -> str:
        first, last = map(date.fromisoformat, text.split())
        return (first + timedelta(days=self.chance.randint(0, (last - first).days))).isoformat()

    def _territory(self, _text: str) -> str:
        self.place = self.chance.choice(self.territories["boroughs"])
        return self.place["nom"]

    def _near(self, axis: str, low: str, high: str) -> str:
        """Give a coordinate near the middle of the row's territory."""
        spread = (float(self.place[high]) - float(self.place[low])) * 0.12
        return f"{float(self.place[axis]) + self.chance.uniform(-spread, spread):.5f}"


def _rows(spec: Row, territories: dict[str, list[Row]]) -> Iterator[Row]:
    """Give the rows before their figures: a count of empty ones, or every crossing of the dimensions."""
    if "count" in spec:
        for _ in range(spec["count"]):
            yield {}
        return
    names = list(spec["by"])
    for values in product(*(_dimension(spec["by"][name], territories) for name in names)):
        yield dict(zip(names, values, strict=True))


def _dimension(rule: Any, territories: dict[str, list[Row]]) -> list[Any]:
    """Give the values of a dimension: a list as it is, territories, or a span of time."""
    if isinstance(rule, list):
        return rule
    kind, *words = rule.split()
    if kind in territories:
        return [row["nom"] for row in territories[kind]]
    if kind == "years":
        return list(range(int(words[0]), int(words[1]) + 1))
    first, last = (int(word[:4]) * 12 + int(word[5:]) - 1 for word in words)
    months = [f"{at // 12}-{at % 12 + 1:02}" for at in range(first, last + 1)]
    if kind == "months":
        return months
    if kind == "quarters":
        return [f"{month[:4]}-T{(int(month[5:]) + 2) // 3}" for month in months[::3]]
    raise KeyError(kind)
