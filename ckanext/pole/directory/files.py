"""Write tables to CSV and GeoJSON, row by row, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ckanext.pole.spreadsheets import guarded

from .columns import Column
from .tables import Row, Table


@dataclass(frozen=True)
class TableFile:
    """One file that was written.

    Attributes:
        name: key of the table ("services").
        kind: csv, geojson or zip.
        path: where it is.
        rows: how many rows or features it holds.
        sha256: of the bytes.
        columns: the declared columns.
    """

    name: str
    kind: str
    path: Path
    rows: int
    sha256: str
    columns: tuple[Column, ...] = ()


class _Digested:
    """A file that takes its own sha256 as it is written."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()

    def write(self, words: str) -> int:
        data = words.encode("utf-8")
        self.digest.update(data)
        return self._stream.write(data)


@contextmanager
def _digested(path: Path) -> Iterator[_Digested]:
    with path.open("wb") as stream:
        yield _Digested(stream)


def write_table(table: Table, folder: Path) -> TableFile:
    """Write one table to `folder`, as CSV or GeoJSON by its kind."""
    path = folder / f"{table.name}.{table.kind}"
    with _digested(path) as out:
        count = _csv(table, out) if table.kind == "csv" else _geojson(table, out)
    return TableFile(table.name, table.kind, path, count, out.digest.hexdigest(), table.columns)


def _csv(table: Table, out: _Digested) -> int:
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([column.id for column in table.columns])
    count = 0
    for row in table.rows():
        writer.writerow([guarded(value) for value in row])
        count += 1
    return count


def _geojson(table: Table, out: _Digested) -> int:
    names = [column.id for column in table.columns[:-2]]
    out.write('{"type":"FeatureCollection","features":[\n')
    count = 0
    for row in table.rows():
        out.write(",\n" if count else "")
        out.write(json.dumps(feature(names, row), ensure_ascii=False, separators=(",", ":")))
        count += 1
    out.write("\n]}\n")
    return count


def feature(names: list[str], row: Row) -> dict[str, Any]:
    """Make a GeoJSON feature of a row whose last two values are latitude and longitude."""
    *values, latitude, longitude = row
    geometry = None
    if latitude is not None and longitude is not None:
        geometry = {"type": "Point", "coordinates": [longitude, latitude]}
    return {"type": "Feature", "id": row[0], "geometry": geometry, "properties": dict(zip(names, values, strict=True))}
