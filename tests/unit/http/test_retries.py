# ruff: noqa: PLR0917 (fixtures come as arguments)
"""Failing sites, sites that ask to wait, and what is tried again."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest

from ckanext.pole.http import BadBody, ClientFailed, HttpProblem, ServerFailed, Throttled, Unreachable
from ckanext.pole.http.pace import backoff, retry_after

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n"


class World:
    """A clock that moves only when somebody sleeps: waits are counted, not sat out."""

    def __init__(self) -> None:
        self.now, self.slept = 0.0, 0.0

    def options(self) -> dict:
        return {"clock": lambda: self.now, "sleep": self.sleep}

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n"


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 522])
def test_a_passing_failure_is_tried_again(serve, visitor, reply, status: int):
    site = serve([reply("no", status=status), reply("no", status=status), reply("[1]")])
    assert visitor(site, retries=2).get_json(site.url) == [1]
    assert len(site.asked) == 3


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (400, ClientFailed, "client_failed"),
        (401, ClientFailed, "login_required"),
        (403, ClientFailed, "forbidden"),
        (404, ClientFailed, "not_found"),
        (409, ClientFailed, "client_failed"),
        (410, ClientFailed, "not_found"),
        (304, ClientFailed, "client_failed"),
        (501, ServerFailed, "server_failed"),
    ],
)
def test_a_lasting_failure_is_told_at_once(serve, visitor, reply, status: int, kind: type, code: str):
    site = serve(reply('{"error": "é"}', status=status))
    with pytest.raises(kind) as caught:
        visitor(site, retries=3).get(site.url)
    assert (caught.value.code, caught.value.status, len(site.asked)) == (code, status, 1)
    if kind is ClientFailed and status != 304:
        assert caught.value.body == '{"error": "é"}'.encode(), "what CKAN says was wrong"


def test_a_failure_that_lasts_is_told_with_the_number_of_tries(serve, visitor, reply):
    site = serve(reply("no", status=502))
    with pytest.raises(ServerFailed) as caught:
        visitor(site, retries=3).get(site.url)
    assert (caught.value.attempts, len(site.asked)) == (4, 4)
    assert "502" in caught.value.message["fr"]


def test_a_huge_error_page_does_not_hide_the_status(serve, visitor):
    def handler(asked, line):
        line.send(b"HTTP/1.1 404 Not Found\r\n\r\n")
        while not line.site.closing.is_set():
            line.send(b"x" * 65536)

    site = serve(handler)
    with pytest.raises(ClientFailed) as caught:
        visitor(site).get(site.url)
    assert len(caught.value.body) == 65_536


@pytest.mark.parametrize("wait", ["7", "date"])
def test_a_site_that_says_how_long_to_wait_is_obeyed(serve, visitor, reply, wait: str):
    world = World()
    if wait == "date":
        wait = format_datetime(datetime.now(timezone.utc) + timedelta(seconds=7), usegmt=True)
    site = serve([reply("no", status=429, Retry_After=wait), reply("[1]")])
    client = visitor(site, retries=1, total_timeout=60, world=world.options())
    assert client.get_json(site.url) == [1]
    assert 3 < world.slept < 7.5


def test_a_wait_beyond_the_cap_is_handed_to_the_caller(serve, visitor, reply):
    world = World()
    site = serve(reply("no", status=429, Retry_After="3600"))
    client = visitor(site, retries=5, total_timeout=9999, max_retry_after=120, world=world.options())
    with pytest.raises(Throttled) as caught:
        client.get(site.url)
    assert (caught.value.retry_after, world.slept, len(site.asked)) == (3600, 0, 1)


def test_a_wait_beyond_the_deadline_is_not_begun(serve, visitor, reply):
    world = World()
    site = serve(reply("no", status=503, Retry_After="30"))
    with pytest.raises(ServerFailed) as caught:
        visitor(site, retries=5, total_timeout=10, world=world.options()).get(site.url)
    assert (caught.value.retry_after, world.slept) == (30, 0)


def test_a_pause_asked_for_holds_for_every_call_to_that_host(serve, visitor, reply):
    world = World()
    site = serve([reply("no", status=429, Retry_After="20"), reply("[1]")])
    client = visitor(site, total_timeout=10, world=world.options())
    for _ in range(2):
        with pytest.raises(Throttled) as caught:
            client.get(site.url)
        assert caught.value.retry_after == 20
    assert len(site.asked) == 1, "the second call did not even ask"
    assert client.get(site.url, total_timeout=60).json() == [1]
    assert world.slept == pytest.approx(20)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "-5"}, 0),
        ({"Retry-After": " 12 "}, 12),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
        ({"Retry-After": "Wed, 18 May 2033 03:34:20 GMT"}, 60),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "Wed, 99 Oct 2015"}, None),
        ({"Retry-After": "9" * 400}, None),
        ({"X-RateLimit-Reset": "30"}, 30),
        ({"X-RateLimit-Reset": "2000000045"}, 45),
        ({"X-RateLimit-Reset": "2033-05-18T03:33:40Z"}, 20),
        ({"X-RateLimit-Reset": "tomorrow"}, None),
        ({}, None),
    ],
)
def test_every_way_to_say_when_is_read(headers: dict, seconds: float | None):
    assert retry_after(headers, now=lambda: 2e9) == seconds


def test_backoff_doubles_with_jitter_and_has_a_ceiling():
    assert [backoff(i, 0.5, 30, lambda: 1.0) for i in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert backoff(0, 0.5, 30, lambda: 0.0) == 0.25
    assert backoff(10**6, 0.5, 30, lambda: 1.0) == 30


def test_a_reset_in_the_body_is_tried_again_whole(serve, visitor, reply):
    turns = iter([1, 2])

    def handler(asked, line):
        if next(turns, 0):
            line.send(HEAD + b"[1,")
            line.reset()
            return None
        return reply("[1,2]")

    site = serve(handler)
    assert visitor(site, retries=2).get_json(site.url) == [1, 2]


def test_a_cut_without_an_answer_is_typed_and_tried_again(serve, visitor):
    site = serve(lambda asked, line: line.reset())
    with pytest.raises((Unreachable, BadBody)) as caught:
        visitor(site, retries=1).get(site.url)
    assert (caught.value.code, caught.value.attempts) == ("connection_lost", 2)


def test_a_connection_closed_while_idle_is_replaced(serve, visitor, reply):
    def handler(asked, line):
        line.send(reply("[1]"))
        line.close()

    site = serve(handler)
    client = visitor(site, retries=1)
    for _ in range(3):
        assert client.get_json(site.url) == [1]


def test_a_post_is_repeated_only_if_it_is_said_to_be_harmless(serve, visitor, reply):
    site = serve([reply("no", status=503), reply("[1]")])
    client = visitor(site, retries=3)
    with pytest.raises(ServerFailed):
        client.post_json(site.url, {"q": "é"})
    assert len(site.asked) == 1
    again = serve([reply("no", status=503), reply("[1]")])
    assert visitor(again, retries=3).post_json(again.url, {"q": "é"}, repeatable=True) == [1]
    assert [asked.body for asked in again.asked] == ['{"q": "é"}'.encode()] * 2
    assert again.asked[0].headers["content-type"] == "application/json"


def test_a_file_that_the_site_is_still_preparing_is_waited_for(serve, visitor, reply, tmp_path):
    site = serve([reply("{}", status=202), reply("a,b", kind="text/csv")])
    assert visitor(site, retries=1).download(site.url, tmp_path / "x.csv").size == 3
    slow = serve(reply("{}", status=202))
    with pytest.raises(ServerFailed) as caught:
        visitor(slow, retries=1).download(slow.url, tmp_path / "y.csv")
    assert caught.value.code == "not_ready"
    assert not (tmp_path / "y.csv").exists()


def test_every_failure_can_be_caught_by_its_base(serve, visitor, reply):
    site = serve(reply("no", status=418))
    with pytest.raises(HttpProblem) as caught:
        visitor(site).get(site.url)
    assert caught.value.message["fr"].endswith("(erreur 418).")
