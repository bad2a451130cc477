"""Published tables: declared columns, fixed order, harmless in a spreadsheet; a summary that points at no one."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ckanext.pole.directory import columns, hsds_api
from ckanext.pole.directory.build import Build, write
from ckanext.pole.directory.tables import category
from ckanext.pole.spreadsheets import guarded

Make = Callable[..., dict[str, Any]]
Redact = Callable[..., Build]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("\t=1", "'\t'=1"),
        ("+1 (514) 555-0100", "+1 (514) 555-0100"),
        ("-73.5", "-73.5"),
        ("- un tiret", "'- un tiret"),
        ("texte = texte", "texte = texte"),
        ("", ""),
        (None, None),
        (-3, -3),
        (True, "true"),
        (False, "false"),
    ],
)
def test_a_cell_that_would_be_a_formula_is_made_harmless(value: object, cell: object) -> None:
    assert guarded(value) == cell


def test_every_column_is_declared_once_in_both_languages() -> None:
    for name in ("SERVICES", "ORGANIZATIONS", "LOCATIONS", "SERVICE_AT_LOCATION", "TAXONOMY", "SUMMARY", "POINT"):
        declared = getattr(columns, name)
        ids = [column.id for column in declared]
        assert len(ids) == len(set(ids)), name
        for column in declared:
            assert all(column.label[language] for language in ("fr", "en")), column.id
            assert bool(column.note["fr"]) == bool(column.note["en"]), column.id
            assert column.type in ("text", "integer", "number", "boolean", "timestamp")


def test_a_row_has_a_value_of_its_type_for_each_column_and_rows_are_sorted(service: Make, built: Redact) -> None:
    page = [service(f"s{n}", codes=["BD-1800.2000"], minimum_age=n) for n in range(9)]
    types = {"text": str, "integer": int, "number": float, "boolean": bool}
    done = built(hsds_api.read([page], "fr"))
    for table in (*done.tables, done.summary()):
        rows = list(table.rows())
        assert rows, table.name
        assert rows == sorted(rows, key=lambda row: tuple(map(str, row[:2]))) or table.name == "summary"
        for row in rows:
            assert len(row) == len(table.columns)
            for column, value in zip(table.columns, row, strict=True):
                assert value is None or type(value) is types[column.type], (table.name, column.id, value)
                assert value != "", "absent is None, so that the DataStore has NULL"


def test_the_files_say_what_the_rows_say(service: Make, built: Redact, tmp_path: Path) -> None:
    hidden = service("s3", place={"latitude": None, "longitude": None}, name="=1+1")
    done = built(hsds_api.read([[service("s1"), hidden]], "fr"))
    files = {file.name: file for file in write(done, tmp_path)}
    assert [(file.name, file.kind) for file in files.values()] == [
        ("services", "csv"),
        ("organizations", "csv"),
        ("locations", "geojson"),
        ("service_at_location", "geojson"),
        ("taxonomy", "csv"),
        ("summary", "csv"),
        ("datapackage", "zip"),
    ]
    rows = list(csv.DictReader(io.StringIO(files["services"].path.read_text("utf-8"))))
    assert [row["id"] for row in rows] == [item.id for item in done.redacted.directory.services]
    assert {row["name_fr"] for row in rows} == {"Service s1", "'=1+1"}
    collection = json.loads(files["locations"].path.read_text("utf-8"))
    points = {feature["properties"]["source_id"]: feature["geometry"] for feature in collection["features"]}
    assert points == {"l-s1": {"type": "Point", "coordinates": [-73.587654, 45.531234]}, "l-s3": None}
    assert files["services"].rows == 2
    assert len(files["services"].sha256) == 64


def test_the_same_directory_gives_the_same_bytes(service: Make, built: Redact, tmp_path: Path) -> None:
    def bytes_of(name: str) -> list[str]:
        folder = tmp_path / name
        folder.mkdir()
        done = built(hsds_api.read([[service("s1", codes=["BH-1800.1500"]), service("s2")]], "fr"))
        return [file.sha256 for file in write(done, folder)]

    assert bytes_of("a") == bytes_of("b")


def test_a_directory_of_nothing_gives_empty_files(built: Redact, tmp_path: Path) -> None:
    files = write(built([]), tmp_path)
    assert {file.name: file.rows for file in files if file.kind != "zip"} == dict.fromkeys(
        ("services", "organizations", "locations", "service_at_location", "taxonomy", "summary"), 0
    )
    assert json.loads((tmp_path / "locations.geojson").read_text())["features"] == []


@pytest.mark.parametrize(
    ("code", "group"), [("BD-1800.2000", "BD"), ("P", "P"), ("PX", "PX"), ("", ""), ("{what:'x'}", ""), ("popote", "")]
)
def test_the_category_of_a_code(code: str, group: str) -> None:
    assert category(code) == group


def test_a_shelter_is_counted_in_no_place_and_small_numbers_are_not_published(service: Make, built: Redact) -> None:
    def at(key: str, city: str, *codes: str) -> dict[str, Any]:
        spot = {"latitude": 45 + int(key) / 100, "longitude": -73.0}
        return service(key, codes=codes, place=spot, address={"city": city, "address_1": f"{key} rue du Nombre {key}"})

    page = [at(str(n), "Laval", "BD-1800") for n in range(1, 8)]
    page += [at(str(n), "Laval", "PH-1000") for n in range(11, 14)]
    page += [at(str(n), "Laval", "LH-2000") for n in range(21, 31)]
    page += [at(str(n), "Laval", "BH-1800.1500-100") for n in range(31, 41)]
    table = built(hsds_api.read([page], "fr")).summary()
    shown = {(row["place"], row["category"]): (row["services"], row["suppressed"]) for row in table.records()}
    assert shown == {
        (None, "BD"): (None, True),
        (None, "BH"): (10, False),
        (None, "LH"): (10, False),
        (None, "PH"): (None, True),
        ("Laval", "BD"): (None, True),
        ("Laval", "LH"): (10, False),
        ("Laval", "PH"): (None, True),
    }, "3 is small; 7 is hidden with it, or the total would give the 3 away"
