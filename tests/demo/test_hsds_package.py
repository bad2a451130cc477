"""The data package holds the same directory as the API, as the tables of HSDS 3.1."""

from __future__ import annotations

import csv
import io
import json
import zipfile

import pytest

VENDOR = {"internal_notes", "confidential"}


def opened(body):
    box = zipfile.ZipFile(io.BytesIO(body))
    assert box.testzip() is None
    tables = {
        name: list(csv.DictReader(io.StringIO(box.read(name).decode("utf-8"))))
        for name in box.namelist()
        if name.endswith(".csv")
    }
    return json.loads(box.read("datapackage.json")), tables, box


@pytest.fixture(scope="module", params=["fr", "en"])
def package(request, demo, get):
    said = get(f"{demo.url}/hsds/{request.param}/datapackage.zip")
    assert said.headers["Content-Type"] == "application/zip"
    return request.param, *opened(said.body)


def test_the_tables_and_columns_are_those_of_the_specification(package, fixture_file):
    _, sheet, tables, box = package
    folder = fixture_file("hsds-3.1/csv")
    known = {path.name: next(csv.reader(path.open(encoding="utf-8"))) for path in folder.glob("*.csv")}
    assert set(tables) == set(known)
    for name, columns in known.items():
        ours = next(csv.reader(io.StringIO(box.read(name).decode("utf-8"))))
        assert [column for column in ours if column not in VENDOR] == columns, name
    assert {r["path"] for r in sheet["resources"]} == set(tables)


def test_the_sheet_names_every_column(package):
    _, sheet, _, box = package
    for resource in sheet["resources"]:
        header = next(csv.reader(io.StringIO(box.read(resource["path"]).decode("utf-8"))))
        assert [f["name"] for f in resource["schema"]["fields"]] == header


def test_ids_are_unique_and_links_lead_somewhere(package):
    _, _, tables, _ = package
    ids = {name: [row["id"] for row in rows] for name, rows in tables.items()}
    assert all(len(found) == len(set(found)) for found in ids.values())
    links = {
        "organization_id": "organizations.csv",
        "service_id": "services.csv",
        "location_id": "locations.csv",
        "contact_id": "contacts.csv",
        "phone_id": "phones.csv",
        "unit_id": "units.csv",
        "taxonomy_term_id": "taxonomy_terms.csv",
        "taxonomy_id": "taxonomies.csv",
    }
    for name, rows in tables.items():
        for column, target in links.items():
            assert {row[column] for row in rows if row.get(column)} <= set(ids[target]), (name, column)


def test_the_tables_hold_what_the_api_gives(package, services):
    language, _, tables, _ = package
    api = {s["id"]: s for s in services[language]}
    assert {row["id"] for row in tables["services.csv"]} == set(api)
    for row in tables["services.csv"]:
        service = api[row["id"]]
        assert row["name"] == service["name"]
        assert row["organization_id"] == service["organization"]["id"]
        assert row["status"] == service["status"]
    places = {(p["id"], s["id"], p["location"]["id"]) for s in api.values() for p in s["service_at_locations"]}
    assert {(r["id"], r["service_id"], r["location_id"]) for r in tables["service_at_location.csv"]} == places
    hours = {h["id"]: s["id"] for s in api.values() for h in s["schedules"]}
    assert {r["id"]: r["service_id"] for r in tables["schedules.csv"]} == hours
    codes = {(a["id"], s["id"], a["taxonomy_term"]["id"]) for s in api.values() for a in s["attributes"]}
    assert {(r["id"], r["link_id"], r["taxonomy_term_id"]) for r in tables["attributes.csv"]} == codes


def test_the_same_content_gives_the_same_bytes(demo, get):
    first = get(f"{demo.url}/hsds/fr/datapackage.zip").body
    assert first == get(f"{demo.url}/hsds/datapackage.zip").body
