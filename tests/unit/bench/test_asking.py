"""Both sites are asked the same, in turns, and what is counted of them comes after the same."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlsplit

import pytest
from pole_bench.asking import LONG, Limits, Pair
from pole_bench.site import BenchError, Where


class Site(BaseHTTPRequestHandler):
    """Notes what it is asked; takes its time for what is named so."""

    protocol_version = "HTTP/1.1"
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if "long" in self.path:
            time.sleep(LONG * 1.2)
        self.send_response(404 if "nowhere" in self.path else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def pair(asked: list[str]) -> Iterator[Pair]:
    """Two sites that stand on one server, so that the order of all questions is seen."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Both", (Site,), {"asked": asked}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    where = {name: Where(name, "", url, "", [], "", [], "") for name in ("pole", "vanilla")}
    yield Pair(where, {"pole": {"datasets": 1}}, Limits(2, 60), dict.fromkeys(where, os.getpid()))
    server.shutdown()
    thread.join()
    server.server_close()


def question(name: str) -> Any:
    return lambda site, at: (f"/{name}/{site}/{at}", {}, None)


def test_each_question_follows_the_one_of_the_round_before(pair, asked):
    pair.measure({"search": question("search")})
    told = [tuple(path.split("/")[2:]) for path in asked]
    pairs = list(zip(told[::2], told[1::2], strict=True))
    assert all(before == (site, str(max(0, int(at) - 1))) for before, (site, at) in pairs)
    assert [site for _, (site, _) in pairs] == ["pole", "vanilla", "vanilla", "pole", "pole", "vanilla"]


def test_what_is_not_counted_is_in_no_figure(pair):
    pair.measure({"search": question("search")})
    assert {site: len(taken) for site, taken in pair.taken["search"].items()} == {"pole": 2, "vanilla": 2}


def test_an_order_is_given_once(pair, asked):
    pair.measure({"create": lambda site, at: (f"/create/{site}/{at}", {}, {"name": at})})
    assert len(asked) == len(set(asked)) == 6


def test_a_long_question_warms_itself(pair, asked):
    pair.measure({"page": question("long")})
    assert len(asked) == 6 + 2  # before it was known to be long, once at each site


def test_a_site_that_does_not_answer_ends_the_bench(pair):
    with pytest.raises(BenchError, match="404"):
        pair.measure({"search": question("nowhere")})


def test_before_anything_counts_both_sites_are_asked_other_questions(pair: Pair, asked: list[str]) -> None:
    from pole_bench import content

    pair.warm()
    assert len(asked) == 2 * 4 * pair.limits.rounds
    assert sorted(asked[::2]) == sorted(asked[1::2])
    assert not pair.taken
    counted = {"q=" + quote_plus(one) + "&" for one in content.questions(1000)}
    assert not [path for path in asked for one in counted if one in path]


def test_nobody_asks_what_another_has_asked(pair: Pair) -> None:
    pair.filled["pole"]["public"] = ["one", "two"]
    pair.limits.rounds = 50
    questions = [
        parse_qs(urlsplit(path(at)).query).get("q")
        for together in pair._plan()
        for name, (path, _) in together.items()
        if name.startswith("search")
        for at in range(55)
    ]
    assert len(questions) == 8 * 55
    assert len({question[0] for question in questions if question}) == len(questions)


@pytest.mark.parametrize("number", [1, 400, 3000])
def test_no_question_is_there_twice(number: int) -> None:
    from pole_bench import content

    found = content.questions(number)
    assert len(found) == len(set(found)) == number
    assert found == content.questions(number)
    assert all(len(question.split()) <= 3 for question in found)
