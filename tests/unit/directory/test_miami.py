"""A whole real directory: 4,089 services, 26,259 rows of taxonomy, nine shelters and one "Confidential"."""

from __future__ import annotations

import csv
import gzip
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from ckanext.pole.directory import hsds_tabular, scan
from ckanext.pole.directory.build import Build, build, write
from ckanext.pole.directory.denylist import DenyList

ROOT = Path(__file__).parents[3]
SHELTERS = ("BH-1800.1500-100", "BH-1800.1500-308", "BH-1800.1500-080")


@pytest.fixture(scope="module")
def miami(fixtures: Path, deny: DenyList) -> Build:
    return build(hsds_tabular.read(fixtures / "hsds-miami", "en"), namespace="miami", deny=deny)


@pytest.fixture(scope="module")
def folder(miami: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("miami")
    write(miami, path, title="Open211 Miami")
    return path


def raw(fixtures: Path, name: str) -> list[dict[str, str]]:
    with gzip.open(fixtures / f"hsds-miami/{name}.csv.gz", "rt", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_nothing_is_lost(miami: Build, fixtures: Path) -> None:
    report = miami.report
    assert report.published == report.read
    assert (report.read["service"], report.read["location"], report.read["organization"]) == (4089, 4089, 1074)
    assert report.rejected == []
    pairs = {(row["service_id"], row["taxonomy_id"]) for row in raw(fixtures, "services_taxonomy")}
    rows = list(next(table for table in miami.tables if table.name == "taxonomy").rows())
    assert len(raw(fixtures, "services_taxonomy")) == 26259
    assert len(rows) == len(pairs) == 17104, "the source repeats a pair as many times as it combines it"


def test_a_service_that_names_its_parent_service_finds_the_organisation(miami: Build) -> None:
    found = [service for service in miami.redacted.directory.services if service.organization_id]
    assert len(found) == 4089


def test_the_shelters_and_the_confidential_place_have_no_address_nor_point(
    miami: Build, fixtures: Path, folder: Path
) -> None:
    coded = {row["service_id"] for row in raw(fixtures, "services_taxonomy") if row["taxonomy_id"] in SHELTERS}
    replaced = {
        row["location_id"] for row in raw(fixtures, "physical_addresses") if row["address_1"] == "1 Fixture Street"
    }
    assert len(replaced) == 9
    assert replaced <= coded
    for name in ("locations", "service_at_location"):
        collection = json.loads((folder / f"{name}.geojson").read_text("utf-8"))
        hidden = [item for item in collection["features"] if item["properties"]["source_id"] in coded | {"6915"}]
        assert len(hidden) == len(coded) + 1
        for feature in hidden:
            properties: dict[str, Any] = feature["properties"]
            assert feature["geometry"] is None
            assert properties["address_withheld"] is True
            assert not any(
                properties[column] for column in ("address", "city", "state_province", "postal_code", "country")
            )
    for path in folder.iterdir():
        if path.suffix != ".zip":
            said = path.read_text("utf-8")
            assert "Fixture Street" not in said, path.name
            assert "Confidential,Marathon" not in said
            assert '"Confidential"' not in said


def test_little_more_is_withheld_than_must_be(miami: Build) -> None:
    withheld = miami.report.withheld
    assert withheld["literal"] == 1
    assert withheld["denylist"] == 21
    assert withheld["same_place"] <= 25, "1 place in 200 shares the door of one that hides"


def test_the_last_check_finds_nothing(miami: Build, folder: Path) -> None:
    assert scan.scan_files(sorted(folder.iterdir()), miami.markers) == []


def test_it_takes_less_than_three_seconds_of_processor(fixtures: Path, deny: DenyList) -> None:
    best = 9.0
    for _ in range(3):
        start = time.process_time()
        done = build(hsds_tabular.read(fixtures / "hsds-miami", "en"), namespace="miami", deny=deny)
        rows = sum(1 for table in done.tables for _ in table.rows())
        best = min(best, time.process_time() - start)
        if best < 3:
            break
    assert rows == 4089 * 3 + 1074 + 17104
    assert best < 3


def test_memory_is_modest(fixtures: Path) -> None:
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "import pathlib, resource\n"
        "from ckanext.pole.directory import build, denylist, hsds_tabular\n"
        "deny = denylist.default()\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        f"items = hsds_tabular.read(pathlib.Path({str(fixtures / 'hsds-miami')!r}), 'en')\n"
        "build.build(items, namespace='miami', deny=deny)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 100_000, "kilobytes above an idle process"
