"""The last check finds what a broken redaction would let through, and nothing in clean files."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ckanext.pole.directory import denylist, hsds_api, scan
from ckanext.pole.directory.build import Build, write

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def run(service: Make, built: Callable[..., Build], tmp_path: Path) -> tuple[Build, list[Path]]:
    """A directory with a shelter and a private line, and its clean files."""
    shelter = service("s1", codes=["BH-1800.1500"], phones=[{"number": "514-555-0144", "is_private": "1"}])
    box = service(
        "s3",
        address={"address_1": "Case postale 4321", "is_private": "1"},
        place={"latitude": 45.9, "longitude": -73.9},
    )
    other = service(
        "s2",
        address={"address_1": "9 avenue du Parc"},
        place={"latitude": 45.1, "longitude": -73.1},
        description="Écoute confidentielle",
        languages=[{"name": "Spanish", "note": "le lundi"}],
    )
    done = built(hsds_api.read([[shelter, other, box]], "fr"))
    return done, [file.path for file in write(done, tmp_path)]


def rules(hits: list[scan.Hit]) -> set[str]:
    return {hit.rule for hit in hits}


def test_clean_files_have_no_hit(run: tuple[Build, list[Path]], deny: denylist.DenyList) -> None:
    done, paths = run
    assert len(paths) == 7
    assert scan.scan_files(paths, done.markers, deny) == []


LEAKS = [
    ("description_fr", "Au 4567, rue des LILAS", "private_street"),
    ("address", "4567 Lilas", "private_street"),
    ("phones", "+1 (514) 555-0144", "private_phone"),
    ("description_en", "call 555 0144", "private_phone"),
    ("description_fr", "45.53123, -73.58765", "private_point"),
    ("description_fr", "lon -73.587654 lat 45.531234", "private_point"),
    ("description_fr", "écrire à la case postale 4321", "private_street"),
    ("city", "Confidentiel", "secret_word"),
    ("address", "undisclosed", "secret_word"),
    ("email", "aline.tremblay@exemple.org", "person_email"),
    ("contact_name", "x", "forbidden_column"),
    ("internal_notes", "x", "forbidden_column"),
    ("attention", "x", "forbidden_column"),
]


@pytest.mark.parametrize("leak", LEAKS)
@pytest.mark.parametrize("ending", ["csv", "geojson", "jsonl", "zip", "pretty.geojson"])
def test_a_leak_is_found_in_every_kind_of_file(
    leak: tuple[str, str, str], ending: str, run: tuple[Build, list[Path]], tmp_path: Path
) -> None:
    column, value, rule = leak
    done, _ = run
    path = tmp_path / f"leak.{ending}"
    line = ",".join(json.dumps(part, ensure_ascii=False) for part in ("1", value))
    table = f"id,{column}\n{line}\n"
    if ending == "csv":
        path.write_text(table, "utf-8")
    elif ending == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("en/services.csv", table)
    elif ending == "jsonl":
        path.write_text(json.dumps({"id": "1", column: value}) + "\n", "utf-8")
    else:
        feature = {"type": "Feature", "geometry": None, "properties": {"id": "1", column: value}}
        path.write_text(
            json.dumps({"type": "FeatureCollection", "features": [feature]}, indent=2 if "pretty" in ending else None)
        )
    hits = scan.scan_files([path], done.markers)
    assert rule in rules(hits)
    assert value not in repr(hits) or value == "x", "a hit tells where, never what"


def test_a_point_of_a_column_or_geometry_is_found(run: tuple[Build, list[Path]], tmp_path: Path) -> None:
    done, _ = run
    table, collection = tmp_path / "t.csv", tmp_path / "g.geojson"
    table.write_text("id,latitude,longitude\n1,45.53123,-73.58766\n")
    point = {"type": "Point", "coordinates": [-73.587654, 45.531234]}
    collection.write_text(json.dumps({"features": [{"type": "Feature", "geometry": point, "properties": {}}]}))
    hits = scan.scan_files([table, collection], done.markers)
    assert [(hit.file, hit.row, hit.column) for hit in hits] == [("t.csv", 1, "latitude"), ("g.geojson", 1, "geometry")]


def test_a_file_it_cannot_read_is_a_hit(run: tuple[Build, list[Path]], tmp_path: Path) -> None:
    (tmp_path / "x.xlsx").write_bytes(b"")
    assert rules(scan.scan_files([tmp_path / "x.xlsx"], run[0].markers)) == {"unknown_file"}


def test_the_scan_holds_no_value(run: tuple[Build, list[Path]]) -> None:
    held = vars(run[0].markers)
    assert "lilas" not in repr(held).lower()
    assert "5550144" not in repr(held)
    assert repr(run[0].markers).startswith("<Markers of ")
    assert all(isinstance(item, (bytes, int)) for name, value in held.items() if name != "salt" for item in value)
