"""Each fault does what its name says, as often as asked, and no more."""

from __future__ import annotations

import http.client
import json
import socket
import time
from urllib.parse import urlsplit

import pytest
from pole_demo import DemoServer, Fault
from pole_demo.faults import KINDS

SEARCH = "/city/api/3/action/package_search"


def test_an_unknown_fault_is_refused(faulty):
    with pytest.raises(ValueError, match="unknown fault"):
        faulty.faults.add("panne")
    with pytest.raises(TypeError):
        faulty.faults.add("error", nimporte="quoi")


def test_a_429_says_when_to_come_back_and_passes(faulty, get):
    faulty.faults.add("rate-limit", path=SEARCH, times=2, retry_after=7)
    answers = [get(faulty.url + SEARCH) for _ in range(3)]
    assert [a.status for a in answers] == [429, 429, 200]
    assert answers[0].headers["Retry-After"] == "7"


@pytest.mark.parametrize(
    ("kind", "options", "status"), [("error", {}, 500), ("error", {"status": 502}, 502), ("unavailable", {}, 503)]
)
def test_a_server_error_is_one(faulty, get, kind, options, status):
    faulty.faults.add(kind, **options)
    assert get(faulty.url + "/hsds/services").status == status


@pytest.mark.parametrize(("kind", "start"), [("html", b"<!DOCTYPE html>"), ("rbac", b"RBAC")])
def test_a_page_in_place_of_json(faulty, get, kind, start):
    faulty.faults.add(kind)
    said = get(faulty.url + SEARCH)
    assert said.status == 200
    assert said.body.startswith(start)
    assert "json" not in said.headers["Content-Type"]


def test_success_false_with_a_200(faulty, get, fixture_file):
    faulty.faults.add("unsuccessful")
    known = json.loads(fixture_file("ckan-api/live-shaped/success-false-http200.json").read_text("utf-8"))
    said = get(faulty.url + SEARCH)
    assert (said.status, said.data) == (200, known)


def test_an_empty_body(faulty, get):
    faulty.faults.add("no-body")
    said = get(faulty.url + SEARCH)
    assert (said.status, said.body) == (200, b"")


def test_json_that_stops_in_the_middle(faulty, get):
    faulty.faults.add("broken-json")
    said = get(faulty.url + SEARCH)
    assert len(said.body) == int(said.headers["Content-Length"])
    with pytest.raises(json.JSONDecodeError):
        json.loads(said.body)


@pytest.mark.parametrize(
    ("path", "rows", "total"),
    [(SEARCH + "?rows=20", "results", "count"), ("/hsds/services?per_page=20", "contents", "total_items")],
)
class TestPages:
    def page(self, said):
        return said.data.get("result", said.data)

    def test_half_of_the_records_are_lost_and_the_count_says_nothing(self, faulty, get, path, rows, total):
        whole = self.page(get(faulty.url + path))
        faulty.faults.add("short-page")
        said = self.page(get(faulty.url + path))
        assert said[total] == whole[total]
        assert said[rows] == whole[rows][: len(whole[rows]) // 2]

    def test_a_record_comes_twice(self, faulty, get, path, rows, total):
        faulty.faults.add("duplicate-ids")
        said = self.page(get(faulty.url + path))
        assert said[rows][0]["id"] == said[rows][-1]["id"]
        assert len(said[rows]) == 20

    def test_the_source_claims_to_be_empty(self, faulty, get, path, rows, total):
        faulty.faults.add("empty")
        said = self.page(get(faulty.url + path))
        assert (said[rows], said[total]) == ([], 0)

    def test_the_count_drifts(self, faulty, get, path, rows, total):
        whole = self.page(get(faulty.url + path))[total]
        faulty.faults.add("count-drift", after=1)
        assert [self.page(get(faulty.url + path))[total] for _ in range(2)] == [whole, whole + 7]

    def test_one_record_is_bad_and_the_others_are_whole(self, faulty, get, path, rows, total):
        whole = self.page(get(faulty.url + path))[rows]
        faulty.faults.add("bad-record", times=1)
        said = self.page(get(faulty.url + path))[rows]
        assert said[0]["id"] == whole[0]["id"]
        assert said[0]["name"] is None
        assert said[1:] == whole[1:]
        assert self.page(get(faulty.url + path))[rows] == whole


def test_a_redirect_leads_where_told(faulty, get):
    faulty.faults.add("redirect", location="http://169.254.169.254/latest")
    said = get(faulty.url + SEARCH)
    assert (said.status, said.headers["Location"]) == (302, "http://169.254.169.254/latest")


def test_a_body_cut_before_its_announced_end(faulty, get):
    faulty.faults.add("cut", times=1)
    with pytest.raises(http.client.IncompleteRead):
        get(faulty.url + SEARCH)
    assert get(faulty.url + SEARCH).status == 200


def test_a_connection_closed_without_an_answer(faulty, get):
    faulty.faults.add("drop", times=1)
    with pytest.raises(http.client.RemoteDisconnected):
        get(faulty.url + SEARCH)
    assert get(faulty.url + SEARCH).status == 200


def test_a_body_without_end_goes_on_until_the_caller_leaves(faulty):
    faulty.faults.add("endless", path=SEARCH)
    parts = urlsplit(faulty.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as line:
        line.sendall(f"GET {SEARCH} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        read = 0
        while read < 3_000_000:
            piece = line.recv(65536)
            assert piece
            read += len(piece)


def test_an_endless_body_stops_at_its_limit(faulty, get):
    faulty.faults.add("endless", limit=1_000_000)
    assert 1_000_000 <= len(get(faulty.url + SEARCH).body) < 2_000_000


def test_a_slow_body_takes_its_time_and_is_whole(faulty, get):
    whole = get(faulty.url + "/hsds/").body
    faulty.faults.add("slow", delay=0.05, chunk=40)
    began = time.monotonic()
    assert get(faulty.url + "/hsds/").body == whole
    assert time.monotonic() - began >= 0.05 * (len(whole) // 40)


def test_a_slow_body_does_not_hold_the_server_when_it_stops(get):
    with DemoServer(faults=[Fault("slow", delay=60)]) as server:
        parts = urlsplit(server.url)
        line = socket.create_connection((parts.hostname, parts.port), timeout=5)
        line.sendall(f"GET {SEARCH} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        time.sleep(0.1)
        began = time.monotonic()
    assert time.monotonic() - began < 2
    line.close()


def test_a_fault_waits_and_ends_as_told(faulty, get):
    faulty.faults.add("error", path=SEARCH, after=2, times=1)
    assert [get(faulty.url + SEARCH).status for _ in range(4)] == [200, 200, 500, 200]


def test_a_fault_can_aim_at_one_page(faulty, get):
    faulty.faults.add("error", path="/city/*", params={"start": "10"})
    assert [get(f"{faulty.url}{SEARCH}?start={n}").status for n in (0, 10, 20)] == [200, 500, 200]
    assert get(faulty.url + "/hsds/services").status == 200


def test_faults_can_be_set_over_http(faulty, get):
    said = get(faulty.url + "/_faults", "POST", json.dumps({"kind": "error", "path": "/hsds/*", "times": 1}).encode())
    assert [f["kind"] for f in said.data] == ["error"]
    assert get(faulty.url + "/hsds/services").status == 500
    assert get(faulty.url + "/hsds/services").status == 200
    assert get(faulty.url + "/_faults", "DELETE").data == []
    assert get(faulty.url + "/_faults", "POST", b'{"kind": "panne"}').status == 400
    assert get(faulty.url + "/_faults", "POST", b"[]").status == 400


def test_faults_over_http_are_closed_unless_asked_for(demo, get):
    assert get(demo.url + "/_faults", "POST", b'{"kind": "error"}').status == 404
    assert get(demo.url + SEARCH).status == 200


def test_health_answers_whatever_the_faults(faulty, get):
    faulty.faults.add("drop")
    assert get(faulty.url + "/health").status == 200


def test_no_fault_is_left_untested():
    """A new kind needs a test: this list is what the tests above exercise."""
    assert set(KINDS) == {
        "rate-limit", "unavailable", "error", "html", "rbac", "redirect", "unsuccessful", "no-body", "broken-json",
        "short-page", "duplicate-ids", "empty", "count-drift", "bad-record", "cut", "endless", "slow", "drop",
    }  # fmt: skip


def test_the_server_remembers_what_it_was_asked(faulty, get):
    get(f"{faulty.url}{SEARCH}?start=3", user_agent="essai/1.0")
    assert faulty.requests[-1] == ("GET", SEARCH, "start=3", "essai/1.0")
