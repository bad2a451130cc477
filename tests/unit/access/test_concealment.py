"""No address of a closed resource stays in the dataset; nothing is lost on the way in and out."""

from __future__ import annotations

import json
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from ckanext.pole.access.concealment import behind_door, door, sort_out
from ckanext.pole.access.decision import TIERS

SITE = "https://pole.example.org"
TODAY = date(2026, 6, 1)
SECRET = "https://interne.example.org/canari-7f3a.csv?cle=s3cret"

tiers = st.sampled_from([*TIERS, "", None, "unknown"])
resources = st.builds(
    lambda number, tier, identity: {
        **({"id": f"r{number}"} if identity else {}), "url": f"https://source.example.org/{number}.csv",
        "access_tier": tier, "format": "",
    },
    st.integers(0, 10**6), tiers, st.booleans(),
)  # fmt: skip
datasets = st.builds(
    lambda tier, until, items: {"id": "d", "access_tier": tier, "available_from": until, "resources": items},
    tiers,
    st.sampled_from(["", None, "2026-05-31", "2026-06-01", "2026-06-02", "2999-01-01"]),
    st.lists(resources, max_size=4, unique_by=lambda item: item["url"]),
)


def sort(dataset, kept=None):
    return sort_out(dataset, kept or {}, site=SITE, today=TODAY)


def one(tier="agreement", **resource):
    return {"access_tier": tier, "resources": [{"id": "r1", "url": SECRET, **resource}]}


@given(datasets)
def test_an_address_is_either_in_the_dataset_or_kept_apart_never_both(dataset):
    found = sort(dataset)
    text = json.dumps(found.dataset)
    apart = {location.url for location in found.locations}
    for resource in dataset["resources"]:
        assert (resource["url"] in text) != (resource["url"] in apart)


@given(datasets)
def test_sorting_again_what_was_sorted_changes_nothing(dataset):
    first = sort(dataset)
    again = sort(first.dataset, {location.resource_id: location.url for location in first.locations})
    assert again.dataset == first.dataset
    assert again.locations == first.locations
    assert again.closed == again.opened == again.foreign == []


@given(datasets)
def test_opening_what_was_closed_gives_back_what_was_there(dataset):
    first = sort(dataset)
    opened = {
        **first.dataset,
        "access_tier": "open",
        "available_from": "",
        "resources": [{**resource, "access_tier": ""} for resource in first.dataset["resources"]],
    }
    found = sort(opened, {location.resource_id: location.url for location in first.locations})
    assert found.locations == []
    assert [item["url"] for item in found.dataset["resources"]] == [item["url"] for item in dataset["resources"]]
    assert found.opened == [location.resource_id for location in first.locations]


@given(datasets)
def test_what_was_given_is_not_changed(dataset):
    before = json.dumps(dataset)
    sort(dataset)
    assert json.dumps(dataset) == before


def test_only_a_known_ending_of_the_address_shows():
    assert sort(one()).dataset["resources"][0]["url"] == f"{SITE}/access/data/r1/data.csv"
    assert door(SITE, "r1", "https://x.example/Nom-de-Personne.confidentiel", "") == f"{SITE}/access/data/r1/data"
    assert door(SITE, "r1", "https://x.example/export", "GeoJSON").startswith(f"{SITE}/access/data/r1/data")


def test_the_format_is_guessed_before_the_address_goes():
    assert sort(one()).dataset["resources"][0]["format"] == "text/csv"
    assert sort(one(format="CSV")).dataset["resources"][0]["format"] == "CSV"


def test_an_uploaded_file_and_a_table_have_doors_of_their_own():
    table = f"{SITE}/datastore/dump/r1"
    for resource in ({"url": "a.csv", "url_type": "upload"}, {"url": table, "url_type": "datastore"}):
        found = sort(one(**resource))
        assert found.dataset["resources"][0]["url"] == resource["url"]
        assert found.locations == []


def test_a_false_kind_does_not_keep_a_foreign_address_in_the_dataset():
    found = sort(one(url_type="datastore"))
    assert SECRET not in json.dumps(found.dataset)


def test_the_copy_of_an_address_kept_for_crawlers_goes_too():
    assert SECRET not in json.dumps(sort(one(cache_url=SECRET)).dataset)


def test_an_editor_who_types_another_address_changes_what_is_kept():
    found = sort(one(url="https://ailleurs.example.org/b.csv"), {"r1": SECRET})
    assert [location.url for location in found.locations] == ["https://ailleurs.example.org/b.csv"]
    assert found.closed == ["r1"]


def test_the_door_of_another_resource_is_no_address():
    found = sort(one(url=f"{SITE}/access/data/r2/data.csv"))
    assert found.foreign == [0]
    assert found.locations == []
    assert sort(one(tier="open", url=f"{SITE}/access/data/r2/data.csv")).foreign == [0]


def test_ones_own_door_without_anything_behind_is_no_address():
    assert sort(one(url=f"{SITE}/access/data/r1/data.csv")).foreign == [0]


def test_the_door_of_another_portal_is_an_address_like_others():
    found = sort(one(url="https://autre.example.org/access/data/r2/data.csv"))
    assert found.foreign == []
    assert len(found.locations) == 1


def test_a_door_is_known_after_the_portal_moved():
    moved = "http://ancien.example.org/access/data/r1/data.csv"
    found = sort(one(url=moved), {"r1": SECRET})
    assert found.locations[0].url == SECRET
    assert found.dataset["resources"][0]["url"].startswith(SITE)


def test_what_is_no_address_at_all_is_left_to_the_validators():
    assert behind_door("http://[::1") == ""
    assert sort({"resources": ["x", None]}).dataset["resources"] == ["x", None]
    assert sort(one(url="http://[::1/x.csv")).dataset
