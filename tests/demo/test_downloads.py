"""Files download as from a portal, and every promised file holds data."""

from __future__ import annotations

import csv
import io
import json

import pytest


@pytest.fixture(scope="module")
def table(packages):
    return next(r for p in packages for r in p["resources"] if r["url"].endswith("quartiers-sociologiques.csv"))


def test_an_unknown_file_is_a_404(demo, get, table):
    assert get(table["url"].replace(table["id"], "0" * 8)).status == 404
    assert get(table["url"] + ".bak").status == 404
    assert get(f"{demo.url}/city/dataset/x/resource/y/download/..%2F..%2Fcity.yaml").status == 404


@pytest.mark.parametrize("span", ["bytes=999999-", "bytes=5-2", "bytes=-0"])
def test_a_range_outside_the_file_is_a_416(get, table, span):
    said = get(table["url"], range=span)
    assert said.status == 416
    assert said.headers["Content-Range"].startswith("bytes */")


@pytest.mark.parametrize(
    ("span", "start", "stop"),
    [("bytes=0-9", 0, 10), ("bytes=10-", 10, None), ("bytes=-7", -7, None), ("bytes=5-9999999", 5, None)],
)
def test_a_range_gives_that_part(get, table, span, start, stop):
    whole = get(table["url"]).body
    part = get(table["url"], range=span)
    assert part.status == 206
    assert part.body == whole[start:stop]
    assert part.headers["Content-Range"].endswith(f"/{len(whole)}")


def test_a_copy_that_is_still_good_is_not_sent_again(get, table):
    first = get(table["url"])
    assert get(table["url"], if_none_match=first.headers["ETag"]).status == 304
    assert get(table["url"], if_none_match='"other"').status == 200
    assert get(table["url"], if_modified_since=first.headers["Last-Modified"]).status == 304
    assert get(table["url"], if_modified_since="Wed, 01 Jan 2014 00:00:00 GMT").status == 200
    assert get(table["url"], if_modified_since="hier").status == 200


def test_head_says_the_size_and_sends_nothing(get, table):
    said = get(table["url"], "HEAD")
    assert (said.body, int(said.headers["Content-Length"])) == (b"", table["size"])


def test_every_file_of_the_city_holds_rows(demo, get, packages):
    seen = 0
    for package in packages:
        for resource in package["resources"]:
            if not resource["url"].startswith(demo.url):
                assert resource["url"] == f"https://donnees.montreal.ca/dataset/{package['name']}"
                assert resource["format"] == "HTML"
                continue
            said = get(resource["url"])
            assert said.status == 200
            assert int(said.headers["Content-Length"]) == len(said.body) == resource["size"]
            if resource["format"] == "CSV":
                assert said.headers["Content-Type"] == "text/csv; charset=utf-8"
                rows = list(csv.DictReader(io.StringIO(said.body.decode("utf-8"))))
                assert rows, resource["url"]
                assert all(None not in row and None not in row.values() for row in rows), resource["url"]
            else:
                assert (resource["format"], said.headers["Content-Type"]) == ("GEOJSON", "application/geo+json")
                assert json.loads(said.body)["features"], resource["url"]
            seen += 1
    assert seen >= 40
