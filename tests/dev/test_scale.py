"""One of each pair is killed, and each part frozen, under load: nothing is lost, nothing is done twice.

A portal of its own is started with `./dev up --scale`, which takes minutes: with POLE_LONG=1 only. What can be seen of
the pairs without starting them is in test_pairs.py; that a dead worker's job comes back, in tests/watch.
"""

from __future__ import annotations

import http.cookiejar
import json
import os
import re
import signal
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pole_scaled import assert_nothing_is_lost_or_twice, loaded_portal
from pole_striking import children, freeze, send, strike, until

pytestmark = [
    pytest.mark.stack,
    pytest.mark.faults,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not os.environ.get("POLE_LONG"), reason="LONG FORM: POLE_LONG=1 starts two of each and kills"),
]
VICTIMS = ("solr", "web", "worker", "gather", "fetch", "scheduler", "solr2", "web2", "worker2", "gather2", "fetch2")
"""In this order: the second of a pair is struck when the first is well again."""
FROZEN = ("web", "solr", "worker", "gather", "fetch", "postgres", "redis")
FROZEN_SECONDS = 20
BOUND = 75
"""Seconds within which a reader has an answer: a call of the API waits 60 for a frozen web, then for the other."""


@pytest.fixture(scope="module")
def site() -> Iterator[Any]:
    portal = sys.modules["pole_portal"]
    if folder := os.environ.get("POLE_TEST_SCALED"):  # a person's own, up already
        state = json.loads((Path(folder) / ".local" / "state.json").read_text("utf-8"))
        yield portal.Portal(Path(folder), state["ports"]["web"])
        return
    made = portal.new_portal()
    try:
        made.must("up", "--empty", "--scale", timeout=portal.UP_SECONDS)
        yield made
    finally:
        portal.discard(made)


@pytest.fixture(scope="module")
def ports(site) -> dict[str, int]:
    return json.loads((site.local / "state.json").read_text("utf-8"))["ports"]


@pytest.fixture(scope="module")
def token(site) -> str:
    return site.must("token", "admin").strip()


def test_one_of_each_pair_is_killed_under_load(site, ports, token):
    with loaded_portal(site, ports, token) as load:
        for victim in VICTIMS:
            time.sleep(3)
            load.struck = victim
            strike(site, victim)
        # The lease is shared: another process than the one that died went on with its source.
        until(lambda: len(load.holders) > 1, lambda: f"nobody went on after {load.holders}")
    assert load.failed == []
    assert_nothing_is_lost_or_twice(load, site)


def test_each_part_is_frozen_under_load(site, ports, token):
    with loaded_portal(site, ports, token) as load:
        for victim in FROZEN:
            load.struck = victim
            freeze(site, victim, FROZEN_SECONDS)
            load.struck = ""
            time.sleep(3)
    # What there is one of cannot answer while it is frozen; it says so, and the rest answers as ever.
    for failed in load.failed:
        assert (failed.struck in ("postgres", "redis"), failed.status) == (True, 503), failed
        assert "Traceback" not in failed.text
        assert ('lang="en"' in failed.text) or json.loads(failed.text)["error"]["__type"] == "Service Unavailable"
    assert load.slowest < BOUND
    assert_nothing_is_lost_or_twice(load, site)


def test_a_frozen_worker_of_gunicorn_is_replaced_without_anybody(site):
    master = site.pids()["web"]
    frozen = children(master)[0]
    send(frozen, signal.SIGSTOP)
    until(lambda: frozen not in children(master), lambda: "it is still there", 60)
    until(lambda: len(children(master)) == 2, lambda: "nobody took its place", 60)


def test_a_session_of_one_process_is_one_of_the_other_and_tries_are_counted_together(site, ports):
    """Sessions are signed cookies, tries are in Redis: neither knows which process one speaks to."""
    # By its name: a cookie of localhost goes to each of its ports, nginx' too, where a login leads.
    one, other = (f"http://localhost:{ports[name]}" for name in ("web1", "web2"))
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(jar))

    def form(password: str, base: str) -> str:
        page = browser.open(f"{base}/user/login", timeout=60).read().decode()
        hidden = re.search(r'name="_csrf_token"[^>]*value="([^"]+)"', page)
        assert hidden is not None
        data = {"login": "admin", "password": password, "_csrf_token": hidden[1]}
        request = urllib.request.Request(f"{base}/user/login", urllib.parse.urlencode(data).encode())
        request.add_header("X-Forwarded-For", "192.0.2.77")
        request.add_header("Referer", f"{base}/user/login")
        try:
            with browser.open(request, timeout=60) as answer:
                return f"{answer.status} {answer.url}"
        except urllib.error.HTTPError as error:
            return str(error.code)

    assert "/user/login" not in form(site.accounts["admin"], one)
    assert browser.open(f"{other}/user/edit", timeout=60).status == 200  # the cookie is good at the other process
    jar.clear()
    told = [form("wrong", base) for base in (one, other) * 4]
    assert "429" in told[:7], told  # five tries in all, not five at each


def test_what_one_process_counts_the_other_counts_on(site, ports):
    """The limit of the API is one for both, in Redis: not as much again at the other process."""
    allowed = 1200
    webs = [f"http://127.0.0.1:{ports[name]}/api/3/action/status_show" for name in ("web1", "web2")]

    def once(number: int) -> int:
        request = urllib.request.Request(webs[number % 2], headers={"X-Forwarded-For": "192.0.2.88"})
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    # A minute of the clock may begin in between: twice what one allows, and a little, is still less than two would.
    with ThreadPoolExecutor(8) as pool:
        told = Counter(pool.map(once, range(2 * allowed)))
    assert set(told) == {200, 429}, told
    assert told[200] < 2 * allowed - 10, told
