"""How packages of real portals read in our terms (live-shaped captures of HARVEST.md A)."""

from __future__ import annotations

import json

import pytest

from ckanext.pole.harvest import records
from ckanext.pole.harvest.adapters import ckan_mapping
from ckanext.pole.harvest.records import BadRecord
from ckanext.pole.harvest.source import Source


def source(**config):
    return Source("s", "https://donnees.example.org", "org", config)


@pytest.fixture
def capture(fixtures):
    def read(name):
        return json.loads((fixtures / "ckan-api/live-shaped" / name).read_text("utf-8"))["result"]

    return read


@pytest.mark.parametrize(
    "raw", [{}, {"title": ""}, {"title": "  "}, {"title": None}, {"title": 7}, {"title_translated": {}}]
)
def test_a_record_without_a_title_is_bad(raw):
    with pytest.raises(BadRecord):
        ckan_mapping.dataset(raw, source())


@pytest.mark.parametrize(
    "mess",
    [
        {"resources": None},
        {"resources": "x"},
        {"tags": "a,b"},
        {"tags": [None, "a", {"name": 3}]},
        {"groups": {"a": 1}},
        {"spatial": "Montréal"},
        {"spatial": "{"},
        {"spatial": []},
        {"extras": "no"},
        {"license_id": 4, "license_url": []},
        {"maintainer_email": "voir le site"},
        {"update_frequency": "au besoin, peut-être"},
        {"temporal_start": "hier"},
        {"language": 12},
        {"title_translated": "not json"},
        {"keywords": {"xx": ["a"]}},
        {"territoires": [{"x": 1}, None]},
    ],
)
def test_one_messy_field_does_not_lose_the_record(mess):
    assert ckan_mapping.dataset({"id": "1", "title": "Titre", **mess}, source())["title_translated"] == {"fr": "Titre"}


def test_a_licence_is_recognised_by_address_id_or_title_and_never_guessed():
    for hint in ("cc-by", "http://creativecommons.org/licenses/by/4.0/", "https://www.donneesquebec.ca/licence/#cc-by"):
        assert ckan_mapping.licence(hint) == "cc-by"
    for hint in ("", None, "libre de droits", "cc-by-2.5", "https://example.org/licence"):
        assert ckan_mapping.licence(hint) == "notspecified"


def test_montreal_is_french_and_says_so(capture):
    record = ckan_mapping.dataset(capture("montreal-package_show.json"), source())
    assert record["title_translated"] == {"fr": "Arbres publics sur le territoire de la Ville"}
    assert record["keywords"] == {"fr": ["Arbre", "Foresterie"]}
    assert record["license_id"] == "cc-by"
    assert record["frequency"] == "monthly"
    assert record["data_languages"] == ["fr"]
    assert record["url"] == "https://donnees.example.org/dataset/arbres"
    (resource,) = record["resources"]
    assert resource["upstream_id"] == "64e28fe6-ef37-437a-972d-d1d3f1f7d891"
    assert (resource["name_translated"], resource["format"], resource["kind"]) == (
        {"fr": "Liste des arbres"},
        "CSV",
        "data",
    )


def test_toronto_is_english_when_its_source_says_so(capture):
    record = ckan_mapping.dataset(capture("toronto-package_show.json"), source(language="en"))
    assert set(record["title_translated"]) == {"en"}
    assert record["data_languages"] == ["en"]


def test_the_federal_portal_keeps_both_languages(capture):
    record = ckan_mapping.dataset(capture("opencanada-package_show.json"), source())
    assert set(record["title_translated"]) == {"fr", "en"}
    assert set(record["keywords"]) == {"fr", "en"}
    assert record["license_id"] == "ca-ogl-lgo"


def test_the_operators_table_turns_groups_and_tags_into_themes():
    raw = {"title": "t", "groups": [{"name": "societe-culture"}], "tags": [{"name": "Logement social"}]}
    record = ckan_mapping.dataset(raw, source(themes={"logement social": "logement-itinerance", "x": "aines"}))
    assert record["themes"] == ["logement-itinerance"]


def test_boroughs_are_recognised_whatever_their_dashes():
    raw = {"title": "t", "territoires": ["Rosemont-La Petite-Patrie", "VERDUN", "Ailleurs"]}
    assert len(ckan_mapping.dataset(raw, source())["places"]) == 2


def test_what_another_portal_publishes_first_is_left_to_it():
    quebec = source(skip_name_prefixes=["vmtl-"])
    assert not ckan_mapping.wanted({"name": "vmtl-logements-sociaux"}, quebec)
    assert ckan_mapping.wanted({"name": "logements-sociaux"}, quebec)
    assert ckan_mapping.wanted({}, quebec)
    assert ckan_mapping.wanted({"name": "vmtl-logements-sociaux"}, source())


def test_a_period_written_as_quebecs_portals_do(capture):
    record = ckan_mapping.dataset(capture("donneesquebec-package_show.json"), source())
    assert record["period_start"] == "2022-12-19"
    assert "period_end" not in record
    both = ckan_mapping.dataset({"title": "t", "temporal": "2020-01-01/2021-12-31"}, source())
    assert (both["period_start"], both["period_end"]) == ("2020-01-01", "2021-12-31")
    assert "period_start" not in ckan_mapping.dataset({"title": "t", "temporal": "2021-12-31/2020-01-01"}, source())


def test_donnees_quebec_says_who_published_how_often_and_how(capture):
    record = ckan_mapping.dataset(capture("donneesquebec-package_show.json"), source())
    assert record["contact_name"] == "Ville de Rimouski"
    assert record["frequency"] == "irregular"
    assert record["license_id"] == "cc-by"
    assert record["collection_method_translated"] == {"fr": "Projection: EPSG:4326 (WGS 84)"}
    assert record["resources"][0]["format"] == "GTFS"


def test_toronto_says_nothing_of_its_licence_and_its_operator_does(capture):
    raw = capture("toronto-package_show.json")
    assert ckan_mapping.dataset(raw, source(language="en"))["license_id"] == "notspecified"
    record = ckan_mapping.dataset(raw, source(language="en", license_id="ogl-toronto", themes={"mobility": "aines"}))
    assert record["license_id"] == "ogl-toronto"
    assert record["frequency"] == "biannual"
    assert record["themes"] == ["aines"], "civic_issues may be in the operator's table"


def test_what_toronto_retired_does_not_come_whichever_way_it_says_so(capture):
    raw = capture("toronto-package_show.json")
    assert ckan_mapping.wanted(raw, source())
    assert not ckan_mapping.wanted({**raw, "is_retired": "True"}, source())
    assert not ckan_mapping.wanted({**raw, "is_retired": True}, source())
    assert ckan_mapping.wanted({**raw, "is_retired": "False"}, source())


def test_toronto_without_notes_shows_its_excerpt(capture):
    raw = {**capture("toronto-package_show.json"), "notes": ""}
    assert ckan_mapping.dataset(raw, source(language="en"))["notes_translated"] == {"en": raw["excerpt"]}


def test_a_federal_record_that_lacks_french_stays_without(capture):
    raw = capture("opencanada-package_show.json")
    raw |= {"title_translated": {"en": "Climatic Regions", "fr": ""}, "keywords": {"en": ["climate"]}}
    record = ckan_mapping.dataset(raw, source())
    assert record["title_translated"] == {"en": "Climatic Regions"}
    assert record["keywords"] == {"en": ["climate"]}


def test_the_federal_organisation_is_named_in_french(capture):
    record = ckan_mapping.dataset(capture("opencanada-package_show.json"), source())
    assert record["contact_name"] == "Ressources naturelles Canada"
    assert record["resources"][0]["language"] == ["en", "fr"]
    assert set(record["resources"][0]["name_translated"]) == {"fr", "en"}


def test_a_federated_dataset_is_known_as_the_one_of_its_city():
    montreal = Source("m", "https://donnees.montreal.ca", "org", {})
    own = records.Record("1", ckan_mapping.dataset({"id": "1", "name": "arbres", "title": "Arbres"}, montreal))
    assert records.cross_key(own) == ckan_mapping.cross_key({"name": "vmtl-arbres"})
    assert ckan_mapping.cross_key({"name": "arbres"}) == ckan_mapping.cross_key({}) == ""
