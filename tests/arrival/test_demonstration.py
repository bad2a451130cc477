"""What `./dev up` gives a newcomer: a catalogue in which nothing is empty and no page fails.

Its folder comes before those that write into the same portal.
"""

from __future__ import annotations

import json
import re
from collections import deque
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest

pytestmark = pytest.mark.stack

MAX_PAGES = 320
#: Addresses that only repeat others, or that are data and not pages.
SKIPPED = re.compile(
    r"/download/|/datastore/dump|logged_out|/user/_logout|sort=|"
    r"\.(ttl|rdf|xml|jsonld|n3|atom|css|js|png|svg|woff2|ico|webmanifest)$"
)


def call(portal, action, **wanted):
    status, text = portal.call(action, **wanted)
    assert status == 200, f"{action}: {status} {text[:300]}"
    return json.loads(text)["result"]


@pytest.fixture(scope="module")
def datasets(portal):
    return call(portal, "package_search", rows=1000)["results"]


def test_forty_datasets_or_more_are_there(datasets):
    assert len(datasets) >= 40


def test_what_is_bilingual_at_its_source_is_bilingual_here(datasets):
    by_source = {}
    for dataset in datasets:
        by_source.setdefault(dataset["organization"]["name"], []).append(set(dataset["title_translated"]))
    assert all(languages == {"fr"} for languages in by_source["ville-de-montreal"])
    assert all(languages == {"fr", "en"} for languages in by_source["centraide-grand-montreal"])


def test_every_tier_has_a_dataset_and_the_confidential_one_is_hidden(portal, datasets):
    assert {dataset["access_tier"] for dataset in datasets} == {"open", "registered", "agreement"}
    token = portal.must("token", "admin").strip()
    status, text = portal.call("package_search", token, rows=1000, include_private=True)
    assert status == 200
    assert "confidential" in {dataset["access_tier"] for dataset in json.loads(text)["result"]["results"]}


def test_closed_files_are_closed_and_open_ones_open(portal, datasets):
    for dataset in datasets:
        for resource in dataset["resources"]:
            if resource.get("url_type") == "upload":
                tier = resource.get("access_tier") or dataset["access_tier"]
                status, _ = portal.call("resource_show", id=resource["id"])
                assert (status == 200) == (tier == "open"), (dataset["name"], resource["name"], tier, status)


def test_open_tables_are_loaded_and_have_a_table_view(portal, datasets):
    loaded = 0
    for dataset in datasets:
        for resource in dataset["resources"]:
            tier = resource.get("access_tier") or dataset["access_tier"]
            if resource["format"] != "CSV" or tier != "open":
                continue
            assert resource["datastore_active"], (dataset["name"], resource["name"])
            views = call(portal, "resource_view_list", id=resource["id"])
            assert "datatables_view" in {view["view_type"] for view in views}, resource["name"]
            loaded += 1
    assert loaded >= 40


def test_the_directory_is_one_dataset_with_tables(portal, datasets):
    found = [dataset for dataset in datasets if any(item.get("table") for item in dataset["resources"])]
    assert len(found) == 1
    tables = {item["table"]: item for item in found[0]["resources"] if item.get("table")}
    assert {"services", "organizations", "locations", "service_at_location", "taxonomy"} <= set(tables)
    for name, resource in tables.items():
        rows = call(portal, "datastore_search", resource_id=resource["id"], limit=0)["total"]
        assert rows == int(resource["rows"]) > 0, name


def test_many_datasets_can_be_found_on_the_map(portal, datasets):
    island = call(portal, "package_search", rows=0, extras={"ext_bbox": "-74.1,45.3,-73.4,45.8"})["count"]
    elsewhere = call(portal, "package_search", rows=0, extras={"ext_bbox": "2.2,48.8,2.5,48.9"})["count"]
    assert island >= 30
    assert elsewhere == 0


def test_no_theme_organisation_or_facet_is_empty(portal):
    for kind in ("group", "organization"):
        for item in call(portal, f"{kind}_list", all_fields=True):
            assert item["package_count"] > 0, item["name"]
    names = ["themes", "population_groups", "places", "organization", "access_tier", "res_format", "license_id"]
    facets = call(portal, "package_search", **{"rows": 0, "facet.field": names})["search_facets"]
    for name in names:
        assert facets[name]["items"], name


def test_a_crawl_of_the_pages_meets_no_error_and_leaves_no_traceback(portal, datasets):
    """Breadth first from both home pages, pages with a question last."""
    seen, failed = set(), []
    waiting = deque(["/", "/en/", "/harvest", "/en/harvest"])
    waiting.extend(f"/dataset/{dataset['name']}" for dataset in datasets[::6])
    later: deque[str] = deque()
    while (waiting or later) and len(seen) < MAX_PAGES:
        path = waiting.popleft() if waiting else later.popleft()
        if path in seen:
            continue
        seen.add(path)
        status, text = portal.get(path)
        if status not in (200, 403):
            failed.append((path, status))
        for href in re.findall(r'<a[^>]+href="([^"#]+)"', text):
            target = urlsplit(urldefrag(urljoin(portal.url + path, href.replace("&amp;", "&")))[0])
            if target.netloc != urlsplit(portal.url).netloc or SKIPPED.search(target.path + "?" + target.query):
                continue
            if target.query:
                later.append(f"{target.path}?{target.query}")
            else:
                waiting.append(target.path)
    assert len(seen) > 150
    assert not failed
    for log in (portal.local / "log").glob("*.log"):
        assert "Traceback (most recent call last)" not in log.read_text("utf-8", "replace"), log.name
