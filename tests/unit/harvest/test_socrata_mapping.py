"""How results of Socrata's discovery API read in our terms."""

from __future__ import annotations

import json

import pytest

from ckanext.pole.harvest.adapters import paging
from ckanext.pole.harvest.adapters import socrata_mapping as mapping
from ckanext.pole.harvest.records import BadRecord
from ckanext.pole.harvest.source import Source
from ckanext.pole.http.problems import BadBody


def source(**config):
    return Source("s", "https://data.calgary.ca", "org", config)


@pytest.fixture
def calgary(fixtures):
    page = json.loads((fixtures / "socrata/live-shaped/calgary-discovery.json").read_text("utf-8"))
    (record,), total = paging.listed(page, "results", "resultSetSize", "https://x.example")
    assert total == 1
    return record


@pytest.mark.parametrize("raw", [{}, {"resource": None}, {"resource": {"id": 3}}, {"resource": {"id": " "}}])
def test_a_result_without_an_id_is_bad(raw):
    with pytest.raises(BadRecord):
        mapping.identity(raw)


@pytest.mark.parametrize("name", [None, "", 3, []])
def test_a_result_without_a_name_is_bad(name):
    with pytest.raises(BadRecord):
        mapping.dataset({"resource": {"id": "35ra-9556", "name": name}}, source())


@pytest.mark.parametrize(
    "mess",
    [
        {"classification": "x"}, {"classification": {"domain_tags": 3, "domain_metadata": [None, {"key": 1}]}},
        {"metadata": []}, {"permalink": "javascript:alert(1)"}, {"link": None},
    ],
)  # fmt: skip
def test_one_messy_field_does_not_lose_the_record(mess):
    record = mapping.dataset({"resource": {"id": "35ra-9556", "name": "Rues"}, **mess}, source())
    assert record["url"] == "https://data.calgary.ca/d/35ra-9556"


@pytest.mark.parametrize(
    "body",
    [
        '{"code": "dataset.missing", "error": true, "message": "Not found"}',
        '{"error": "offset too large"}',
        "[]",
        "null",
        '{"results": [], "resultSetSize": "3"}',
        '{"results": {}, "resultSetSize": 0}',
        '{"results": [], "resultSetSize": -1}',
    ],
)
def test_neither_shape_of_error_is_taken_for_an_empty_list(body):
    with pytest.raises(BadBody):
        paging.listed(json.loads(body), "results", "resultSetSize", "https://x.example")


def test_the_error_that_the_portal_really_gives_is_no_list(fixtures):
    body = json.loads((fixtures / "socrata/live-shaped/error-404.json").read_text("utf-8"))
    with pytest.raises(BadBody) as caught:
        paging.listed(body, "results", "resultSetSize", "https://x.example")
    assert "Not found" in caught.value.detail


def test_calgary_is_english_unless_its_operator_says_otherwise(calgary):
    record = mapping.dataset(calgary, source())
    assert mapping.identity(calgary) == "35ra-9556"
    assert record["title_translated"] == {"en": "Traffic Incidents"}
    assert record["keywords"] == {"en": ["traffic", "incidents"]}
    assert record["url"] == "https://data.calgary.ca/d/35ra-9556"
    found = {item["format"]: item["url"] for item in record["resources"]}
    assert found["CSV"] == "https://data.calgary.ca/api/views/35ra-9556/rows.csv?accessType=DOWNLOAD"
    assert set(found) == {"CSV", "JSON", "API"}
    assert set(mapping.dataset(calgary, source(language="fr"))["title_translated"]) == {"fr"}


def test_a_licence_by_reference_to_terms_is_not_guessed(calgary):
    calgary["metadata"] = {"license": "See Terms of Use"}
    assert mapping.dataset(calgary, source(license_id="ogl-calgary"))["license_id"] == "notspecified"
    calgary["metadata"] = {}
    assert mapping.dataset(calgary, source(license_id="cc-by"))["license_id"] == "cc-by"


def test_a_portals_own_fields_say_the_frequency(calgary):
    calgary["classification"]["domain_metadata"] = [{"key": "Detailed-Info_Update-Frequency", "value": "Annually"}]
    assert mapping.dataset(calgary, source())["frequency"] == "annual"


@pytest.mark.parametrize(
    ("kind", "formats"), [("blobby", ["PDF"]), ("href", ["HTML"]), ("geo", ["CSV", "JSON", "GEOJSON", "API"])]
)
def test_files_links_and_maps_have_what_they_have(calgary, kind, formats):
    calgary["resource"] |= {"lens_view_type": kind, "blob_mime_type": "application/pdf"}
    assert [item["format"] for item in mapping.dataset(calgary, source())["resources"]] == formats
