"""How datasets of Opendatasoft portals read in our terms."""

from __future__ import annotations

import json

import pytest

from ckanext.pole.harvest.adapters import opendatasoft_mapping as mapping
from ckanext.pole.harvest.records import BadRecord
from ckanext.pole.harvest.source import Source


def source(**config):
    return Source("s", "https://donnees.example.org", "org", config)


def raw(**meta):
    return {"dataset_id": "arbres", "dataset_uid": "da_abc", "metas": {"default": {"title": "Arbres", **meta}}}


@pytest.fixture
def vancouver(fixtures):
    page = json.loads((fixtures / "opendatasoft/live-shaped/v2-vancouver-datasets.json").read_text("utf-8"))
    return mapping.unwrapped(page["datasets"][0])


@pytest.mark.parametrize("meta", [{"title": None}, {"title": "  "}, {"title": 7}, {"title": ["a"]}])
def test_a_record_without_a_title_is_bad(meta):
    with pytest.raises(BadRecord):
        mapping.dataset(raw(**meta), source())


@pytest.mark.parametrize("metas", [None, "x", {"default": None}, {"default": []}])
def test_a_record_without_metadata_is_bad(metas):
    with pytest.raises(BadRecord):
        mapping.dataset({"dataset_uid": "da_abc", "metas": metas}, source())


@pytest.mark.parametrize(
    "mess",
    [
        {"theme": 3}, {"theme": [None, {"x": 1}]}, {"keyword": {"a": 1}}, {"license": []}, {"bbox": "ici"},
        {"bbox": {"geometry": {"type": "Polygon"}}}, {"language": 9}, {"metadata_languages": "fr"}, {"publisher": {}},
        {"modified": "hier"}, {"update_frequency": 4}, {"territory": [[]]},
    ],
)  # fmt: skip
def test_one_messy_field_does_not_lose_the_record(mess):
    assert mapping.dataset(raw(**mess), source())["title_translated"] == {"fr": "Arbres"}


def test_the_id_that_never_changes_is_the_key_and_the_one_in_the_address_stands_in():
    assert mapping.identity({"dataset_uid": "da_abc", "dataset_id": "arbres"}) == "da_abc"
    assert mapping.identity({"dataset_id": "arbres"}) == "arbres"
    with pytest.raises(BadRecord):
        mapping.identity({"datasetid": "arbres"})


def test_vancouver_is_english_with_its_own_licence_and_a_map(vancouver):
    record = mapping.dataset(vancouver, source(language="en"))
    assert record["title_translated"] == {"en": "Olympic City sites"}
    assert record["keywords"] == {"en": ["2010 Winter Games"]}
    assert record["license_id"] == "ogl-vancouver"
    assert record["contact_name"] == "City of Vancouver"
    assert record["url"] == "https://donnees.example.org/explore/dataset/olympic-city-sites/"
    assert [resource["format"] for resource in record["resources"]] == ["CSV", "XLSX", "JSON", "GEOJSON", "SHP"]
    assert mapping.wanted(vancouver)


def test_what_is_shown_to_the_portals_own_people_does_not_come():
    assert not mapping.wanted({"visibility": "restricted"})
    assert not mapping.wanted({"visibility": "domain", "data_visible": False})


def test_a_second_language_counts_only_where_the_portal_says_it_has_one():
    record = raw(language="fr", metadata_languages=["fr", "en"], description="Les arbres", keyword=["arbre"])
    english = raw(title="Trees", description="Les arbres", keyword=["tree"])
    record[mapping.OTHERS] = {"en": english}
    found = mapping.dataset(record, source())
    assert found["title_translated"] == {"fr": "Arbres", "en": "Trees"}
    assert found["notes_translated"] == {"fr": "Les arbres"}, "the same text twice is no translation"
    assert found["keywords"] == {"fr": ["arbre"], "en": ["tree"]}
    record["metas"]["default"]["metadata_languages"] = ["fr"]
    assert mapping.dataset(record, source())["title_translated"] == {"fr": "Arbres"}


def test_a_page_keeps_its_own_order_when_a_second_language_comes_in_another():
    rows = [{"dataset_id": "a"}, {"dataset_id": "b"}]
    mapping.join(rows, [{"dataset_id": "b", "n": 2}, {"dataset_id": "a", "n": 1}, "x"], "en")
    assert [row[mapping.OTHERS]["en"]["n"] for row in rows] == [1, 2]


def test_attachments_with_inner_addresses_are_reached_through_the_api():
    record = {
        **raw(),
        "attachments": [
            {"id": "notice_pdf", "title": "Notice", "mimetype": "application/pdf", "url": "odsfile://n.pdf"}
        ],
    }
    resource = mapping.dataset(record, source())["resources"][-1]
    assert (
        resource["url"] == "https://donnees.example.org/api/explore/v2.1/catalog/datasets/arbres/attachments/notice_pdf"
    )
    assert (resource["format"], resource["kind"]) == ("PDF", "documentation")


def test_resources_keep_their_ids_when_the_dataset_changes_its_address():
    before = mapping.dataset(raw(), source())["resources"]
    after = mapping.dataset({**raw(), "dataset_id": "arbres-publics"}, source())["resources"]
    assert [item["upstream_id"] for item in before] == [item["upstream_id"] for item in after]
    assert before[0]["url"] != after[0]["url"]


def test_html_descriptions_become_text():
    assert mapping.dataset(raw(description="<p>Un</p><p>Deux</p>"), source())["notes_translated"] == {
        "fr": "Un\n\nDeux"
    }
