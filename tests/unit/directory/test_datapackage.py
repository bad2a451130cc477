"""The HSDS 3.1 package: valid by HSDS's own table schemas, the same bytes each time, readable by our own reader."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ckanext.pole.directory import airs, hsds_api, hsds_tabular, hsds_values, icarol
from ckanext.pole.directory.build import Build, write
from ckanext.pole.directory.hours import opening_hours
from ckanext.pole.directory.hsds_schema import TABLES
from ckanext.pole.directory.languages import merge_languages
from ckanext.pole.directory.records import Address

Redact = Callable[..., Build]
Make = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def hsds(fixtures: Path) -> dict[str, Any]:
    """The table schemas of HSDS 3.1 itself, by resource name."""
    described = json.loads((fixtures / "hsds-3.1/datapackage.json").read_text("utf-8"))
    return {resource["name"]: resource for resource in described["resources"]}


def test_our_columns_are_hsds_s_with_its_types_and_all_it_requires(hsds: dict[str, Any]) -> None:
    for table in TABLES:
        theirs = {field["name"]: field for field in hsds[table.name]["schema"]["fields"]}
        assert table.path == hsds[table.name]["path"]
        for field in table.fields:
            their = theirs[field["name"]]
            ours, wants = field.get("constraints", {}), their["constraints"]
            assert (field["type"], field.get("format")) == (their["type"], their.get("format")), field
            assert bool(ours.get("required")) == wants["required"], (table.name, field)
            assert set(ours.get("enum", ())) <= set(wants.get("enum", ours.get("enum", ()))), field
        required = {name for name, field in theirs.items() if field["constraints"]["required"]}
        assert required <= set(table.columns), table.name


def problems(path: Path, folder: Path, hsds: dict[str, Any], inside: str = "") -> list[Any]:
    """Validate a package against HSDS's schemas and its own; references to tables we do not publish are left out."""
    frictionless = pytest.importorskip("frictionless", reason="FRICTIONLESS ABSENT: pip install frictionless")
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    described = json.loads((folder / inside / "datapackage.json").read_text("utf-8"))
    present = {resource["name"]: resource for resource in described["resources"]}
    resources = []
    for name, resource in present.items():
        # HSDS's optional columns that we never fill are not in our files.
        schema = {**hsds[name]["schema"], "fieldsMatch": "superset"}
        columns = {field["name"] for field in resource["schema"]["fields"]}
        schema["foreignKeys"] = [
            key
            for key in schema.get("foreignKeys", ())
            if key["fields"] in columns and key["reference"]["resource"] in present
        ]
        resources.append({"name": name, "path": resource["path"], "encoding": "utf-8", "schema": schema})
    package = frictionless.Package({"name": "hsds", "resources": resources}, basepath=str(folder / inside))
    found = package.validate().flatten(["fieldName", "rowNumber", "type", "message"])
    own = frictionless.Package(str(folder / inside / "datapackage.json")).validate()
    return [*found, *own.flatten(["fieldName", "rowNumber", "type", "message"])]


def sources(fixtures: Path) -> dict[str, Any]:
    full = json.loads((fixtures / "hsds-3.1/json/service_full.json").read_text())
    return {
        "hsds-3.1 json": hsds_api.read([full], "en"),
        "hsds-3.1 csv": hsds_tabular.read(fixtures / "hsds-3.1/csv", "en"),
        "hsds-2": hsds_tabular.read(fixtures / "hsds-2-sample", "en"),
        "miami": hsds_tabular.read(fixtures / "hsds-miami", "en"),
        "bc211": airs.read(fixtures / "airs-bc211/BC211_data_excerpt_with_one_more_organization.xml", "en"),
        "icarol": icarol.read(fixtures / "icarol-csv/iCarolData.csv", "en"),
    }


@pytest.mark.parametrize("name", ["hsds-3.1 json", "hsds-3.1 csv", "hsds-2", "miami", "bc211", "icarol"])
def test_the_package_of_each_real_source_is_valid(
    name: str, fixtures: Path, hsds: dict[str, Any], built: Redact, tmp_path: Path
) -> None:
    done = built(sources(fixtures)[name])
    file = write(done, tmp_path, title=name)[-1]
    assert problems(file.path, tmp_path / "x", hsds) == []
    assert sum(done.incomplete.values()) <= 5, "addresses without street or postal code, in Miami"


def test_a_bilingual_package_is_valid_in_both_languages(
    service: Make, hsds: dict[str, Any], built: Redact, tmp_path: Path
) -> None:
    messy = {
        "url": "pas une adresse",
        "email": "x@",
        "minimum_age": "dix",
        "last_modified": "hier",
        "phones": [{"number": "514 555-0100", "extension": "OPT2"}, {"number": ""}],
        "schedules": [
            {"valid_from": "bientôt", "byday": "MO", "opens_at": "25:00", "closes_at": "26:00"},
            {"closed": True, "valid_from": "2026-12-25"},
        ],
        "cost_options": [{"option": "Adulte", "amount": "cinq"}],
        "codes": ["BD-1800", "BH-1800.1500"],
        "required_documents": [{"document": "Preuve"}],
        "owner": {"website": "www.exemple.org", "description": ""},
    }
    french = hsds_api.read([[service("s1", **{**messy}), service("s2", owner={"id": ""})]], "fr")
    english = hsds_api.read([[service("s1", **{**messy, "name": "Meals", "codes": ["BD-1800"]})]], "en")
    done = built(merge_languages(french, english))
    file = write(done, tmp_path, title="Essai")[-1]
    assert problems(file.path, tmp_path / "x", hsds) == []
    assert problems(file.path, tmp_path / "y", hsds, "en") == []
    with zipfile.ZipFile(file.path) as archive:
        assert "Service s1" in archive.read("services.csv").decode()
        assert "Meals" in archive.read("en/services.csv").decode()
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert not [name for name in archive.namelist() if "contact" in name or "metadata" in name]


def test_the_check_would_find_a_wrong_package(
    service: Make, hsds: dict[str, Any], built: Redact, tmp_path: Path
) -> None:
    file = write(built(hsds_api.read([service()], "fr")), tmp_path)[-1]
    broken = tmp_path / "broken.zip"
    with zipfile.ZipFile(file.path) as archive, zipfile.ZipFile(broken, "w") as out:
        for name in archive.namelist():
            out.writestr(name, archive.read(name).replace(b",active,", b",ouvert,"))
    assert [problem[2] for problem in problems(broken, tmp_path / "x", hsds)] == ["constraint-error"] * 2


def test_our_reader_reads_our_package_back(service: Make, built: Redact, tmp_path: Path) -> None:
    first = built(
        hsds_api.read(
            [
                [
                    service(
                        "s1",
                        codes=["BD-1800.2000"],
                        schedules=[{"byday": "MO,TU", "opens_at": "09:00", "closes_at": "17:00", "freq": "WEEKLY"}],
                    )
                ]
            ],
            "fr",
        )
    )
    path = write(first, tmp_path)[-1].path
    again = built(hsds_tabular.read(path.read_bytes(), "fr"))
    (one,), (two,) = first.redacted.directory.services, again.redacted.directory.services
    assert (one.id, one.name, one.description) == (two.id, two.name, two.description)
    assert opening_hours(one.schedules) == opening_hours(two.schedules) == "MO,TU 09:00-17:00"
    assert first.redacted.directory.locations[0].latitude == again.redacted.directory.locations[0].latitude
    assert again.report.rejected == []
    assert again.report.dangling == {}


@pytest.mark.parametrize(
    ("sent", "link"),
    [
        ("www.exemple.org", "https://www.exemple.org"),
        ("http://exemple.org/a b", "http://exemple.org/a"),
        ("javascript:alert(1)", ""),
        ("pas une adresse", ""),
        ("ftp://exemple.org", ""),
        ("https://exemple.org:port", ""),
        ("https://", ""),
        ("", ""),
    ],
)
def test_a_link_is_made_absolute_or_dropped(sent: str, link: str) -> None:
    assert hsds_values.link(sent) == link


def test_other_values_fit_or_are_dropped() -> None:
    assert hsds_values.moment("2023-03-15T10:30:45.123Z") == "2023-03-15T10:30:45Z"
    assert hsds_values.moment("2023-03-15T22:30:00-04:00") == "2023-03-16T02:30:00Z"
    assert hsds_values.moment("2016-05-03") == "2016-05-03T00:00:00Z"
    assert [hsds_values.moment("hier"), hsds_values.day("2023-13-01"), hsds_values.number("1e5")] == ["", "", ""]
    assert hsds_values.email("courriel: info@exemple.org.") == "info@exemple.org"
    assert hsds_values.country(Address(postal_code="H2J 3K5")) == "CA"
    assert hsds_values.country(Address(postal_code="33136", country="")) == "US"
    assert hsds_values.country(Address(country="Canada")) == "CA"
    assert hsds_values.country(Address(postal_code="75001 Paris")) == ""
