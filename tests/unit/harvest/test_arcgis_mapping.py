"""How items of ArcGIS Hubs read in our terms, from both of a Hub's doors."""

from __future__ import annotations

import json

import pytest

from ckanext.pole.harvest.adapters import arcgis_mapping as mapping
from ckanext.pole.harvest.records import BadRecord
from ckanext.pole.harvest.source import Source

ITEM = "f4bcc1035b7d46cba95e977f4affb6be"


def source(**config):
    return Source("s", "https://geohub.example.org", "org", config)


@pytest.fixture
def york(fixtures):
    return json.loads((fixtures / "arcgis-hub/live-shaped/york-search-v1.json").read_text("utf-8"))["features"]


@pytest.fixture
def charlotte(fixtures):
    return json.loads((fixtures / "arcgis-hub/hub-item-charlotte.json").read_text("utf-8"))


@pytest.mark.parametrize("item", [None, {}, {"title": ""}, {"title": 3}])
def test_an_item_without_a_title_is_bad(item):
    with pytest.raises(BadRecord):
        mapping.dataset({"id": ITEM, "properties": item}, source())


@pytest.mark.parametrize(
    "raw", [{"properties": {}}, {"properties": {"id": 3}}, {}, {"identifier": " "}, {"distribution": [None]}]
)
def test_an_item_without_an_id_is_bad(raw):
    with pytest.raises(BadRecord):
        mapping.identity(raw)


@pytest.mark.parametrize(
    "text",
    [
        f"{ITEM}_0",
        f"{ITEM.upper()}_0",
        f"https://www.arcgis.com/home/item.html?id={ITEM}&sublayer=0",
        f"https://hub.example/api/download/v1/items/{ITEM}/csv?layers=0",
        f"https://opendata.arcgis.com/datasets/{ITEM}_0.csv",
    ],
)
def test_the_key_is_the_item_and_its_layer_in_whichever_spelling(text):
    assert mapping.item_key(text) == f"{ITEM}_0"


@pytest.mark.parametrize("text", ["", "ville::arbres", ITEM[:31], f"{ITEM}a", f"0{ITEM}"])
def test_no_key_is_read_where_there_is_none(text):
    assert mapping.item_key(text) == ""


def test_an_identifier_that_turns_into_a_slug_changes_nothing():
    """data.gouv.fr#680: `hash_0` became the dataset's address, and every dataset came twice."""
    link = {"accessURL": f"https://hub.example/api/download/v1/items/{ITEM}/csv?layers=0"}
    before = {"identifier": f"https://opendata.arcgis.com/datasets/{ITEM}_0", "distribution": [link]}
    after = {"identifier": "https://hub.example/maps/ville::arbres", "distribution": [link]}
    assert mapping.identity(before) == mapping.identity(after) == f"{ITEM}_0"


def test_the_feed_and_the_search_give_a_dataset_the_same_id_and_its_files_too(charlotte):
    feed = {
        "identifier": f"https://www.arcgis.com/home/item.html?id={ITEM}&sublayer=0",
        "title": "Tahoe places of interest",
        "distribution": [
            {
                "title": "CSV",
                "format": "CSV",
                "mediaType": "text/csv",
                "accessURL": f"https://h.example/api/download/v1/items/{ITEM}/csv?layers=0",
            },
            {
                "title": "Shapefile",
                "format": "ZIP",
                "mediaType": "application/zip",
                "accessURL": "https://h.example/s.zip",
            },
        ],
    }
    assert mapping.identity(feed) == mapping.identity(charlotte) == f"{ITEM}_0"
    ids = {item["upstream_id"] for item in mapping.dataset(feed, source())["resources"]}
    assert ids <= {item["upstream_id"] for item in mapping.dataset(charlotte, source())["resources"]}


def test_york_reads_with_the_hubs_language(york):
    record = mapping.dataset(york[1], source(language="en"))
    assert record["title_translated"] == {"en": "Beach Water Testing"}
    assert record["keywords"] == {"en": ["health", "beaches", "water"]}
    assert record["license_id"] == "notspecified"
    assert [item["kind"] for item in record["resources"]] == ["api", "documentation"]


def test_a_categorys_last_part_may_name_a_theme(york):
    record = mapping.dataset(york[1], source(themes={"health": "sante-bien-etre"}))
    assert record["themes"] == ["sante-bien-etre"]


def test_charlotte_has_a_box_a_service_and_exports(charlotte):
    record = mapping.dataset(charlotte, source(language="en"))
    assert json.loads(record["spatial"])["coordinates"][0][0] == [-121.118, 38.7754]
    assert "<" not in record["notes_translated"]["en"]
    found = {item["upstream_id"]: item for item in record["resources"]}
    assert found["export:csv"]["url"] == f"https://geohub.example.org/api/download/v1/items/{ITEM}/csv?layers=0"
    assert (found["service"]["format"], found["service"]["kind"]) == ("API", "api")
    assert record["url"].endswith("/datasets/qa-pre-a-hub::tahoe-places-of-interest")
    assert record["license_id"] == "notspecified", "the licence 'none' is none"


def test_the_licence_of_free_html_counts_only_by_its_link(charlotte):
    charlotte["properties"]["licenseInfo"] = "<a href='https://creativecommons.org/licenses/by/4.0/'>CC</a>"
    assert mapping.dataset(charlotte, source())["license_id"] == "cc-by"


def test_what_is_not_shared_with_everybody_does_not_come(charlotte):
    assert mapping.wanted(charlotte)
    charlotte["properties"]["access"] = "org"
    assert not mapping.wanted(charlotte)
