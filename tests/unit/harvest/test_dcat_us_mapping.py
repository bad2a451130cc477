"""How datasets of data.json files read in our terms."""

from __future__ import annotations

import pytest

from ckanext.pole.harvest.adapters import dcat_us_mapping as mapping
from ckanext.pole.harvest.adapters import json_stream
from ckanext.pole.harvest.records import BadRecord
from ckanext.pole.harvest.source import Source


def source(**config):
    return Source("s", "https://data.example.org/data.json", "org", config)


@pytest.fixture
def document(fixtures):
    def read(name):
        with (fixtures / name).open(encoding="utf-8") as file:
            return list(json_stream.records(file, "dataset"))

    return read


def test_a_record_without_identifier_or_page_cannot_be_known_again(document):
    (raw,) = document("dcat-us/dcatus_no_identifier.json")
    with pytest.raises(BadRecord):
        mapping.identity(raw)
    assert mapping.identity({**raw, "landingPage": "https://data.example.org/a"}) == "https://data.example.org/a"


def test_a_record_without_a_title_is_bad(document):
    (raw,) = document("dcat-us/missing_title.json")
    with pytest.raises(BadRecord):
        mapping.dataset(raw, source())


def test_invalid_records_are_bad_or_readable_but_never_break(document):
    read, bad = [], []
    for raw in document("dcat-us/dcatus_multiple_invalid.json"):
        try:
            read.append((mapping.identity(raw), mapping.dataset(raw, source())))
        except BadRecord:
            bad.append(raw)
    assert read
    assert len(read) + len(bad) == len(document("dcat-us/dcatus_multiple_invalid.json"))


@pytest.mark.parametrize(
    "mess",
    [
        {"spatial": None}, {"spatial": {"type": "Polygon"}}, {"keyword": "a, b"}, {"contactPoint": []},
        {"publisher": "X"},
        {"distribution": {"x": 1}}, {"distribution": [None, "x", {"downloadURL": "ftp://x"}]}, {"temporal": 3},
        {"accrualPeriodicity": []}, {"license": {}}, {"language": "klingon"}, {"describedBy": 3}, {"theme": "x"},
    ],
)  # fmt: skip
def test_one_messy_field_does_not_lose_the_record(mess):
    assert mapping.dataset({"identifier": "1", "title": "T", **mess}, source())["title_translated"] == {"en": "T"}


def test_all_402_of_philadelphia_read_with_distinct_files(document):
    raws = document("dcat-us/opendataphilly-402.json")
    assert len({mapping.identity(raw) for raw in raws}) == 402
    records = [mapping.dataset(raw, source()) for raw in raws]
    for record in records:
        ids = [item["upstream_id"] for item in record["resources"]]
        assert len(ids) == len(set(ids)), record["name"]
    assert {record["license_id"] for record in records} == {"notspecified", "cc-by"}
    assert sum(record["license_id"] == "cc-by" for record in records) == 1
    assert sum(len(record["resources"]) for record in records) > 1000


def test_the_same_address_in_two_formats_gives_two_files(document):
    raw = document("dcat-us/opendataphilly-402.json")[0]
    files = mapping.dataset(raw, source())["resources"]
    assert [item["format"] for item in files] == ["CSV", "SHP", "GEOJSON", "API", "HTML"]
    assert files[0]["url"] == files[1]["url"]
    assert [item["kind"] for item in files[3:]] == ["api", "documentation"]


def test_new_york_is_socrata_behind_a_data_json(document):
    (raw,) = document("socrata/ny-data.json")
    record = mapping.dataset(raw, source())
    assert record["contact_email"] == "opendata@its.ny.gov"
    assert record["url"] == "https://data.ny.gov/d/22ew-dxez"
    assert [item["format"] for item in record["resources"]] == ["CSV", "RDF", "JSON", "XML"]


def test_how_often_a_record_changes_may_stand_where_its_date_should(document):
    record = mapping.dataset(document("dcat-us/dcatus.json")[0], source())
    assert record["frequency"] == "weekly"
    assert record["contact_email"] == "hhild@CFTC.GOV"


def test_what_is_not_public_does_not_come():
    assert mapping.wanted({"accessLevel": "public"})
    assert mapping.wanted({})
    assert not mapping.wanted({"accessLevel": "non-public"})
    assert not mapping.wanted({"accessLevel": "restricted public"})


def test_a_record_that_says_its_language_is_in_it():
    raw = {"identifier": "1", "title": "Titre", "language": ["fr-CA"]}
    assert mapping.dataset(raw, source())["title_translated"] == {"fr": "Titre"}
