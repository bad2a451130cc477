"""Real captures served through the same APIs: Montréal's catalogue and Miami's directory."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from collections import Counter
from urllib.parse import quote

import pytest
from pole_demo import DemoServer


@pytest.fixture(scope="module")
def captures(fixture_file):
    catalogue = fixture_file("ckan-api/montreal/dataset-catalog.json")
    with DemoServer(montreal_file=catalogue, hsds_dir=fixture_file("hsds-miami")) as server:
        yield server


@pytest.fixture(scope="module")
def catalogue(fixture_file):
    return json.loads(fixture_file("ckan-api/montreal/dataset-catalog.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def table(fixture_file):
    def read(name):
        text = gzip.decompress(fixture_file(f"hsds-miami/{name}.csv.gz").read_bytes()).decode("utf-8")
        return list(csv.DictReader(io.StringIO(text)))

    return read


@pytest.fixture(scope="module")
def miami(captures, get):
    found, number = [], 1
    while True:
        page = get(f"{captures.url}/hsds/services?full=true&per_page=500&page={number}").data
        found += page["contents"]
        if page["last_page"]:
            assert page["total_items"] == len(found)
            return {service["id"]: service for service in found}
        number += 1


def test_an_absent_capture_is_an_error_at_once(tmp_path):
    with pytest.raises(FileNotFoundError):
        DemoServer(montreal_file=tmp_path / "rien.json")
    with pytest.raises(FileNotFoundError):
        DemoServer(hsds_dir=tmp_path)


def test_the_whole_catalogue_pages_without_loss(captures, catalogue, get):
    found, start = [], 0
    while True:
        url = f"{captures.url}/city/api/3/action/package_search?rows=100&start={start}&sort={quote('id asc')}"
        result = get(url).data["result"]
        found += result["results"]
        start += 100
        if start >= result["count"]:
            break
    assert len(found) == len({p["id"] for p in found}) == len(catalogue) == 397
    assert sum(len(p["resources"]) for p in found) == 2577
    known = {row["slug"]: row for row in catalogue}
    for package in found:
        row = known[package["name"]]
        assert package["id"] != package["name"]
        assert package["title"] == row["title"]
        assert [t["name"] for t in package["tags"]] == row["tags"]
        assert package["organization"]["name"] == row["org_name"]
        assert package["metadata_modified"] == row["metadata_modified"]
        assert [(r["id"], r["url"], r["format"]) for r in package["resources"]] == [
            (r["id"], r["url"], r["format"]) for r in row["resources"]
        ]


def test_nothing_is_made_up_that_the_capture_does_not_say(captures, get):
    package = get(f"{captures.url}/city/api/3/action/package_show?id=quartiers-sociologiques").data["result"]
    assert (package["notes"], package["license_id"], package["spatial"]) == ("", None, "")


def test_the_capture_has_the_keys_of_the_demos_own_portal(captures, get, packages):
    package = get(f"{captures.url}/city/api/3/action/package_show?id=quartiers-sociologiques").data["result"]
    own = {"url", "landing_page", "author", "author_email", "maintainer", "maintainer_email"}
    assert set(packages[0]) - set(package) <= own | {"temporal_start", "temporal_end"}
    assert set(package["resources"][0]) == set(packages[0]["resources"][0])


def test_organisations_of_the_capture_count_their_datasets(captures, catalogue, get):
    rows = get(f"{captures.url}/city/api/3/action/organization_list?all_fields=true").data["result"]
    assert {r["name"]: r["package_count"] for r in rows} == Counter(row["org_name"] for row in catalogue)


def test_the_whole_directory_is_assembled(miami, table):
    assert len(miami) == 4089
    rows = {row["id"]: row for row in table("services")}
    assert set(miami) == set(rows)
    for key, service in miami.items():
        assert service["name"] == rows[key]["name"].strip()
        assert service["organization"]["id"] == rows[key]["organization_id"]
        assert service["status"] == "active"


def test_children_stand_in_their_parents(miami, table):
    known = {row["id"] for row in table("taxonomy")}
    links = [row for row in table("services_taxonomy") if row["service_id"] in miami and row["taxonomy_id"] in known]
    assert sum(len(s["attributes"]) for s in miami.values()) == len(links) > 20_000
    places = Counter(row["service_id"] for row in table("services_at_location"))
    assert {key: len(s["service_at_locations"]) for key, s in miami.items()} == {key: places[key] for key in miami}
    located = {row["id"]: row for row in table("locations")}
    for service in miami.values():
        for place in service["service_at_locations"]:
            row = located[place["location"]["id"]]
            assert place["location"].get("latitude") == (float(row["latitude"]) if row["latitude"] else None)


def test_hours_that_read_as_a_clock_are_one(miami, table):
    hours = [h for s in miami.values() for h in s["schedules"]]
    clocks = [h for h in hours if "opens_at" in h]
    assert len(clocks) > len(hours) * 0.5
    assert {h["freq"] for h in hours} == {"WEEKLY"}
    assert all(len(h["opens_at"]) == 5 and h["opens_at"] < "24:00" for h in clocks)
    office = {
        r["service_id"] for r in table("regular_schedules") if (r["opens_at"], r["closes_at"]) == ("9:00am", "5:00pm")
    }
    assert len(office) > 100
    for key in office & set(miami):
        assert ("09:00", "17:00") in {(h.get("opens_at"), h.get("closes_at")) for h in miami[key]["schedules"]}


def test_the_data_package_is_the_capture_itself(captures, get, table):
    box = zipfile.ZipFile(io.BytesIO(get(f"{captures.url}/hsds/datapackage.zip").body))
    assert json.loads(box.read("datapackage.json"))["name"] == "human_services_data"
    for name in ("services", "locations", "services_taxonomy"):
        assert list(csv.DictReader(io.StringIO(box.read(f"{name}.csv").decode("utf-8")))) == table(name)


def test_a_zip_gives_the_same_as_its_folder(captures, get, tmp_path, miami):
    path = tmp_path / "datapackage.zip"
    path.write_bytes(get(f"{captures.url}/hsds/datapackage.zip").body)
    with DemoServer(hsds_dir=path) as server:
        assert get(f"{server.url}/hsds/services?per_page=1").data["total_items"] == len(miami)
        key = next(iter(miami))
        assert get(f"{server.url}/hsds/services/{key}").data == miami[key]
