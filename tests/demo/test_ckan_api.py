"""The city's portal answers as the live portal of Montréal does."""

from __future__ import annotations

import json

import pytest


def shape(value):
    return sorted(value)


@pytest.mark.parametrize(
    "fq",
    [
        "foo:",
        "metadata_modified:[hier TO *]",
        "metadata_modified:[2025-13-40T00:00:00Z TO *]",
        "(((",
        "organization:a AND",
    ],
)
def test_a_malformed_filter_is_a_409_with_ckans_body(call, fixture_file, fq):
    said = call("package_search", fq=fq)
    known = json.loads(fixture_file("ckan-api/live-shaped/montreal-error-409.json").read_text("utf-8"))
    assert said.status == 409
    assert shape(said.data) == shape(known)
    assert said.data["error"]["__type"] == known["error"]["__type"] == "Search Error"


def test_an_unknown_dataset_is_a_404_with_ckans_body(call, fixture_file):
    said = call("package_show", id="inexistant")
    known = json.loads(fixture_file("ckan-api/live-shaped/montreal-error-404.json").read_text("utf-8"))
    assert said.status == 404
    assert shape(said.data) == shape(known)
    assert said.data["error"] == known["error"]


@pytest.mark.parametrize("action", ["organization_show", "group_show", "resource_show", "help_show"])
def test_an_unknown_name_is_a_404(call, action):
    assert call(action, id="inexistant", name="inexistant").status == 404


def test_a_missing_id_is_a_409(call):
    said = call("package_show")
    assert (said.status, said.data["error"]["id"]) == (409, ["Missing value"])


def test_an_unknown_action_is_a_400(call):
    said = call("package_delete_all")
    assert said.status == 400
    assert said.data == "Bad request - Action name not known: package_delete_all"


@pytest.mark.parametrize("rows", ["dix", "-1", "1.5"])
def test_a_number_that_is_none_is_refused(call, rows):
    said = call("package_search", rows=rows)
    assert (said.status, said.data["error"]["__type"]) == (409, "Validation Error")


def test_a_body_that_is_not_json_is_a_400(demo, get):
    said = get(f"{demo.url}/city/api/3/action/package_show", "POST", b"{not json")
    assert said.status == 400


def test_a_post_with_json_answers_like_a_get(demo, get, call, packages):
    name = packages[0]["name"]
    said = get(f"{demo.url}/city/api/3/action/package_show", "POST", json.dumps({"id": name}).encode())
    assert said.data["result"] == call("package_show", id=name).data["result"]


def test_an_unknown_sort_is_passed_over(call):
    said = call("package_search", sort="nimporte quoi", rows=3)
    assert said.status == 200
    assert len(said.data["result"]["results"]) == 3


@pytest.mark.parametrize("sort", ["id asc", "id desc", "name asc", "metadata_modified desc", "title_string asc"])
@pytest.mark.parametrize("rows", [1, 7, 100])
def test_pages_lose_nothing_and_repeat_nothing(call, packages, sort, rows):
    seen, start = [], 0
    while True:
        result = call("package_search", sort=sort, rows=rows, start=start).data["result"]
        if not result["results"]:
            break
        seen += [package["id"] for package in result["results"]]
        start += rows
    assert len(seen) == len(set(seen)) == result["count"] == len(packages)
    assert set(seen) == {package["id"] for package in packages}


@pytest.mark.parametrize(
    ("sort", "key"), [("id asc", "id"), ("name desc", "name"), ("metadata_modified asc", "metadata_modified")]
)
def test_a_known_sort_sorts(call, sort, key):
    found = [p[key] for p in call("package_search", sort=sort, rows=1000).data["result"]["results"]]
    assert found == sorted(found, reverse=sort.endswith("desc"))


def test_rows_above_a_thousand_are_cut_without_a_word(demo, get):
    from pole_demo import DemoServer

    with DemoServer() as server:
        model = server.city.portal.packages[0]
        server.city.portal.packages = [{**model, "id": f"{n:05}", "name": f"n{n}"} for n in range(1200)]
        result = get(f"{server.url}/city/api/3/action/package_search?rows=5000").data["result"]
    assert (result["count"], len(result["results"])) == (1200, 1000)


def test_only_what_changed_since_a_moment_is_found(call, packages):
    since = "2026-01-01T00:00:00Z"
    found = call("package_search", fq=f"metadata_modified:[{since} TO *]", rows=1000).data["result"]
    expected = {p["id"] for p in packages if p["metadata_modified"] >= "2026-01-01T00:00:00"}
    assert {p["id"] for p in found["results"]} == expected
    assert 0 < len(expected) < len(packages)


@pytest.mark.parametrize(
    ("fq", "test"),
    [
        ("organization:211-grand-montreal", lambda p: p["organization"]["name"] == "211-grand-montreal"),
        ('organization:"211-grand-montreal"', lambda p: p["organization"]["name"] == "211-grand-montreal"),
        ("-organization:211-grand-montreal", lambda p: p["organization"]["name"] != "211-grand-montreal"),
        ("groups:sante organization:ville-de-montreal", lambda p: "sante" in {g["name"] for g in p["groups"]}),
        ("name:rui OR name:quartiers", lambda p: p["name"] in ("rui", "quartiers")),
        ("name:(rui OR quartiers)", lambda p: p["name"] in ("rui", "quartiers")),
        ("tags:Chaleur AND groups:sante", lambda p: "Chaleur" in {t["name"] for t in p["tags"]}),
    ],
)
def test_filters_keep_what_they_say(call, packages, fq, test):
    found = {p["name"] for p in call("package_search", fq=fq, rows=1000).data["result"]["results"]}
    assert found == {p["name"] for p in packages if test(p)} != set()


def test_a_question_finds_words_without_their_accents(call):
    found = {p["name"] for p in call("package_search", q="agées ainees", rows=5).data["result"]["results"]}
    assert found == set()
    found = {p["name"] for p in call("package_search", q="AINEES", rows=50).data["result"]["results"]}
    assert "portrait-thematique-sur-les-personnes-ainees-2021" in found


def test_facets_count_what_was_found(call, packages):
    result = call("package_search", **{"facet.field": '["organization", "res_format"]', "rows": 0}).data["result"]
    assert sum(result["facets"]["organization"].values()) == len(packages)
    assert {i["name"] for i in result["search_facets"]["organization"]["items"]} == set(
        result["facets"]["organization"]
    )


def test_a_package_has_every_key_of_the_live_portals(call, fixture_file, packages):
    known = json.loads(fixture_file("ckan-api/live-shaped/montreal-package_search.json").read_text("utf-8"))
    said = call("package_search", rows=1).data
    assert set(known) <= set(said)
    assert set(known["result"]) <= set(said["result"])
    live = known["result"]["results"][0]
    for package in packages:
        assert set(live) <= set(package)
        assert set(live["organization"]) <= set(package["organization"])
        assert all(set(live["tags"][0]) <= set(tag) for tag in package["tags"])
        assert all(set(live["groups"][0]) <= set(group) for group in package["groups"])
        assert all(set(live["resources"][0]) <= set(resource) for resource in package["resources"])
        assert package["language"] == live["language"] == "FR"
        assert (package["license_id"], package["license_url"]) == (live["license_id"], live["license_url"])
        assert package["id"] != package["name"]


def test_organisations_count_their_datasets(call, fixture_file, packages):
    known = json.loads(fixture_file("ckan-api/live-shaped/montreal-organization-211.json").read_text("utf-8"))
    said = call("organization_show", id="211-grand-montreal").data["result"]
    assert set(known["result"]) - {"image_url", "image_display_url"} <= set(said)
    names = call("organization_list").data["result"]
    rows = call("organization_list", all_fields="true").data["result"]
    assert [row["name"] for row in rows] == names == ["211-grand-montreal", "ville-de-montreal"]
    assert sum(row["package_count"] for row in rows) == len(packages)


def test_lists_name_everything(call, packages):
    assert call("package_list").data["result"] == sorted(p["name"] for p in packages)
    assert call("package_list", limit=3, offset=2).data["result"] == sorted(p["name"] for p in packages)[2:5]
    assert set(call("group_list").data["result"]) == {g["name"] for p in packages for g in p["groups"]}
    assert set(call("tag_list").data["result"]) == {t["name"] for p in packages for t in p["tags"]}


def test_licences_are_those_of_the_live_portal(call, fixture_file):
    known = json.loads(fixture_file("ckan-api/live-shaped/license_list.json").read_text("utf-8"))["montreal"]
    said = call("license_list").data["result"]
    assert [(row["id"], row["url"]) for row in said] == [(row["id"], row["url"]) for row in known]
    assert set(known[0]) <= set(said[0])


def test_the_site_says_what_it_is(call):
    assert call("site_read").data["result"] is True
    assert call("status_show").data["result"]["locale_default"] == "fr"
    assert "q, fq" in call("help_show", name="package_search").data["result"]
    assert call("site_read").data["help"].endswith("help_show?name=site_read")


def test_addresses_follow_the_name_the_caller_used(demo, get):
    said = get(f"{demo.url}/city/api/3/action/package_show?id=arros-liste", Host="demo.exemple.test:81").data
    assert said["result"]["resources"][0]["url"].startswith("http://demo.exemple.test:81/city/dataset/")


def test_a_strange_host_header_is_not_repeated(demo, get):
    said = get(f"{demo.url}/city/api/3/action/package_show?id=arros-liste", Host="<script>").data
    assert said["result"]["resources"][0]["url"].startswith(demo.url)


def test_pages_open_and_name_their_files(demo, get, packages):
    index = get(f"{demo.url}/city/").body.decode()
    for package in packages[:5]:
        page = get(f"{demo.url}/city/dataset/{package['name']}")
        assert page.status == 200
        assert "text/html" in page.headers["Content-Type"]
        assert package["name"] in index
        assert all(resource["url"] in page.body.decode() for resource in package["resources"])
    assert get(f"{demo.url}/city/dataset/inexistant").status == 404
