"""The directory answers as HSDS 3.1 says."""

from __future__ import annotations

import json

import pytest

#: What this vendor adds to the specification, as real feeds do.
VENDOR = {"internal_notes", "confidential"}
KINDS = ("services", "organizations", "service_at_locations", "taxonomies", "taxonomy_terms")


@pytest.fixture(params=["fr", "en"])
def feed(request, demo):
    """The address of one language's feed."""
    return f"{demo.url}/hsds/{request.param}"


def subset(ours, known, path="$"):
    """Every key of ours is one of the specification's example, at every depth."""
    if isinstance(ours, dict):
        extra = set(ours) - set(known) - VENDOR
        assert not extra, f"{path}: {extra}"
        for key in set(ours) & set(known):
            subset(ours[key], known[key], f"{path}.{key}")
    elif isinstance(ours, list):
        assert isinstance(known, list), path
        for item in ours:
            subset(item, known[0], path)


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=-1",
        "page=deux",
        "page=1.5",
        "page=99999",
        "per_page=0",
        "per_page=x",
        "full=peut-etre",
        "modified_after=hier",
    ],
)
def test_a_bad_parameter_is_a_400_in_json(feed, get, query):
    said = get(f"{feed}/services?{query}")
    assert said.status == 400
    assert said.data["error"] == "Bad Request"
    assert said.data["message"]


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_id_is_a_404_in_json(demo, get, kind):
    said = get(f"{demo.url}/hsds/{kind}/00000000-0000-0000-0000-000000000000")
    assert (said.status, said.data["error"]) == (404, "Not Found")


def test_an_unknown_path_is_a_404(demo, get):
    assert get(f"{demo.url}/hsds/locations").status == 404
    assert get(f"{demo.url}/hsds/services/x/y").status == 404
    assert get(f"{demo.url}/nulle-part").status == 404


def test_the_root_says_version_and_profile(demo, get, fixture_file):
    known = json.loads(fixture_file("hsds-3.1/json/base.json").read_text("utf-8"))
    said = get(f"{demo.url}/hsds/").data
    assert set(said) == set(known)
    assert said["version"] == "3.1"


@pytest.mark.parametrize(
    ("kind", "page"),
    [
        ("services", "service_list"),
        ("organizations", "organization_list"),
        ("service_at_locations", "service_at_location_list"),
        ("taxonomies", "taxonomy_list"),
        ("taxonomy_terms", "taxonomy_term_list"),
    ],
)
def test_a_page_has_the_shape_of_the_specification(feed, get, fixture_file, kind, page):
    known = json.loads(fixture_file(f"hsds-3.1/json/{page}.json").read_text("utf-8"))
    said = get(f"{feed}/{kind}?per_page=500").data
    assert list(said) == list(known)
    assert said["total_items"] == said["size"] == len(said["contents"]) > 0
    subset(said["contents"], known["contents"])


@pytest.mark.parametrize(
    ("kind", "full"),
    [
        ("services", "service_full"),
        ("organizations", "organization_full"),
        ("service_at_locations", "service_at_location_full"),
        ("taxonomies", "taxonomy"),
        ("taxonomy_terms", "taxonomy_term"),
    ],
)
def test_every_object_in_full_has_the_shape_of_the_specification(feed, get, fixture_file, kind, full):
    known = json.loads(fixture_file(f"hsds-3.1/json/{full}.json").read_text("utf-8"))
    rows = get(f"{feed}/{kind}?per_page=500&full=true").data["contents"]
    for row in rows:
        subset(row, known)
    one = get(f"{feed}/{kind}/{rows[0]['id']}")
    assert one.status == 200
    assert one.data == rows[0]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [1, 7, 40])
def test_pages_lose_nothing_and_repeat_nothing(feed, get, kind, size):
    seen, number = [], 1
    while True:
        page = get(f"{feed}/{kind}?page={number}&per_page={size}").data
        assert page["page_number"] == number
        assert page["first_page"] is (number == 1)
        assert page["size"] == len(page["contents"]) <= size
        seen += [row["id"] for row in page["contents"]]
        if page["last_page"]:
            break
        number += 1
    assert number == page["total_pages"]
    assert len(seen) == len(set(seen)) == page["total_items"]


def test_the_root_feed_is_the_french_one(demo, get):
    assert get(f"{demo.url}/hsds/services").data == get(f"{demo.url}/hsds/fr/services").data


def test_list_items_leave_their_children_out(demo, get):
    row = get(f"{demo.url}/hsds/services").data["contents"][0]
    assert not any(isinstance(value, list) for value in row.values())
    assert row["organization"]["name"]


def test_minimal_lists_every_id_and_date_on_one_page(demo, get, services):
    page = get(f"{demo.url}/hsds/fr/services?minimal=true&per_page=2").data
    assert page["total_pages"] == 1
    assert {(r["id"], r["modified_date"]) for r in page["contents"]} == {
        (s["id"], s["last_modified"]) for s in services["fr"]
    }


def test_modified_after_keeps_what_is_as_new_or_newer(demo, get, services):
    moments = sorted(s["last_modified"] for s in services["fr"])
    since = moments[len(moments) // 2]
    found = get(f"{demo.url}/hsds/fr/services?per_page=500&modified_after={since}").data
    assert {r["id"] for r in found["contents"]} == {s["id"] for s in services["fr"] if s["last_modified"] >= since}
    assert get(f"{demo.url}/hsds/fr/services?modified_after=2100-01-01").data["empty"] is True
    days = get(f"{demo.url}/hsds/fr/service_at_locations?per_page=500&modified_after=2026-10-01").data["contents"]
    assert days
    assert all(row["service"]["last_modified"] >= "2026-10-01" for row in days)


def test_a_taxonomy_term_filters_by_id_and_by_code(demo, get, services):
    wanted = {s["id"] for s in services["fr"] for a in s["attributes"] if a["taxonomy_term"]["code"] == "BD-1800.2000"}
    term = next(
        t for s in services["fr"] for a in s["attributes"] if (t := a["taxonomy_term"])["code"] == "BD-1800.2000"
    )
    for key in (term["id"], term["code"]):
        found = get(f"{demo.url}/hsds/services?taxonomy_term_id={key}&per_page=500").data["contents"]
        assert {row["id"] for row in found} == wanted != set()
    whole = get(f"{demo.url}/hsds/services?taxonomy_id={term['taxonomy_detail']['id']}").data["total_items"]
    assert whole == len(services["fr"])
    assert get(f"{demo.url}/hsds/services?taxonomy_id=x").data["total_items"] == 0


def test_an_organisation_and_a_word_filter(demo, get, services):
    owner = services["fr"][0]["organization"]["id"]
    found = get(f"{demo.url}/hsds/services?organization_id={owner}").data["contents"]
    assert {r["id"] for r in found} == {s["id"] for s in services["fr"] if s["organization"]["id"] == owner}
    assert get(f"{demo.url}/hsds/services?search=halte-garderie").data["total_items"] >= 2


def test_terms_are_a_tree(demo, get):
    top = get(f"{demo.url}/hsds/taxonomy_terms?top_only=true&per_page=500").data["contents"]
    every = {t["id"]: t for t in get(f"{demo.url}/hsds/taxonomy_terms?per_page=500").data["contents"]}
    assert top
    assert all("parent_id" not in term for term in top)
    assert all(term["parent_id"] in every for term in every.values() if "parent_id" in term)
    food = next(t for t in every.values() if t["code"] == "BD")
    children = get(f"{demo.url}/hsds/taxonomy_terms?parent_id={food['id']}").data["contents"]
    assert children
    assert all(term["code"].startswith("BD-") for term in children)


def test_the_feeds_are_joined_by_id(services):
    french, english = ({s["id"]: s for s in services[language]} for language in ("fr", "en"))
    both = set(french) & set(english)
    assert len(both) >= 70
    for key in both:
        assert french[key]["organization"]["id"] == english[key]["organization"]["id"]
        assert [p["id"] for p in french[key]["service_at_locations"]] == [
            p["id"] for p in english[key]["service_at_locations"]
        ]
        assert french[key]["last_modified"] == english[key]["last_modified"]
