"""What a large portal needs, from what a small one was seen to do; and the pages that say so."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path += [str(ROOT / "tests" / "bench"), str(ROOT / "docker")]

from pole_bench import parts, readers, sizing, sizing_page  # noqa: E402
from pole_bench.crowd import KEPT, Crowd  # noqa: E402
from pole_bench.site import BenchError  # noqa: E402
from pole_bench.sizing import PARTS, Asked, Load, Wish  # noqa: E402

COST = {"web": 10.0, "solr": 2.0, "postgres": 3.0, "nginx": 0.1, "redis": 0.0}
PAGES = {"docs/en/scaling.md": sizing_page.ENGLISH, "docs/fr/echelle.md": sizing_page.FRENCH}


def asked(page="search by API", datasets=1000, webs=1, **cost):
    return Asked(page, datasets, webs, 155.0, 51.0, 95.0, {**COST, **cost})


def load(*pages):
    memory = dict.fromkeys(PARTS, 100.0)
    return Load("2 × AMD EPYC", 0.4, 8, pages or (asked(),), memory, {"database": 9000.0, "index": 8000.0})


def test_requests_a_second_times_milliseconds_are_processors_at_work():
    found = sizing.need(load(), Wish(1000, {"search by API": 700}, busy=0.7, spare=0))
    assert found.working == pytest.approx({"web": 7, "solr": 1.4, "postgres": 2.1, "nginx": 0.07, "redis": 0})
    assert found.processors == {"web": 10, "solr": 2, "postgres": 3, "nginx": 1, "redis": 0}
    assert found.web_memory == 1000
    assert (found.database, found.index) == (9e6, 8e6)


def test_a_machine_may_be_lost_and_the_pages_of_a_mix_are_added():
    both = load(asked(), asked("home page", web=30.0))
    found = sizing.need(both, Wish(1000, {"search by API": 100, "home page": 100}, busy=1, spare=0.5))
    assert found.working["web"] == pytest.approx(4)
    assert found.processors["web"] == 6


def test_only_solrs_work_grows_with_the_catalogue_along_the_line_through_two_sizes():
    two = load(asked(), asked(datasets=21_000, solr=4.0, web=20.0))
    assert two.datasets == 21_000
    assert two.cost("search by API", "solr", 1_001_000) == pytest.approx(2 + 2 * 50)
    assert two.cost("search by API", "web", 1_001_000) == 20


def test_work_that_was_less_at_more_datasets_is_not_thought_to_shrink():
    noise = load(asked(solr=2.1), asked(datasets=21_000, solr=2.0))
    assert noise.cost("search by API", "solr", 1_000_000) == 2.0


def test_of_two_measures_the_one_that_was_disturbed_less_counts():
    assert load(asked(webs=2, web=99.0), asked()).cost("search by API", "web", 1000) == 10


def test_a_percentile_is_a_value_that_was_seen():
    values = [float(value) for value in range(100, 0, -1)]
    assert (sizing.percentile(values, 0.95), sizing.percentile(values, 0.5)) == (95, 50)
    assert sizing.percentile([7.0], 0.95) == 7
    with pytest.raises(ValueError, match="no values"):
        sizing.percentile([], 0.5)


@pytest.mark.parametrize("words", PAGES.values())
def test_what_a_page_says_is_read_from_it_again(words):
    every = [asked(page, datasets) for datasets in (1000, 20_000) for page in sizing_page.WISH.mix]
    measured = load(*every, replace(asked("file of the theme", webs=2), cached=0.97))
    page = sizing_page.put(f"before\n{sizing_page.BEGIN}{sizing_page.END}\nafter\n", measured, words)
    assert page.startswith("before")
    assert page.endswith("after\n")
    assert sizing_page.read(page, words) == replace(measured, asked=list(measured.asked))


@pytest.mark.parametrize("page", ["", f"{sizing_page.BEGIN} {sizing_page.END}"])
def test_a_page_without_figures_is_no_page_on_sizes(page):
    with pytest.raises(ValueError, match="what was measured"):
        sizing_page.read(page, sizing_page.ENGLISH)


@pytest.mark.parametrize(("path", "words"), PAGES.items())
def test_the_sums_of_the_pages_follow_from_the_figures_beside_them(path, words):
    tables = sizing_page.tables((ROOT / path).read_text("utf-8"))
    measured = sizing_page.read(tables, words)
    assert tables == sizing_page.text(measured, words)
    assert len({one.datasets for one in measured.asked}) > 1, "what grows cannot be seen at one size"
    assert {one.webs for one in measured.asked} == {1, 2}
    working = sum(
        rate * min(one.cost["web"] for one in measured.asked if (one.page, one.datasets) == (page, 20_000)) / 1000
        for page, rate in sizing_page.WISH.mix.items()
    )
    point = words["point"]
    line = next(line for line in tables.splitlines() if line.startswith(f"| {words['working']}"))
    assert line.split("|")[2].strip() == f"{working:.2f}".replace(".", point)
    have = next(line for line in tables.splitlines() if line.startswith(f"| {words['have']}"))
    assert int(have.split("|")[2]) == math.ceil(working / 0.7 * 4 / 3)


def test_both_pages_tell_the_same_figures():
    english, french = (sizing_page.read((ROOT / path).read_text("utf-8"), words) for path, words in PAGES.items())
    assert english == french


def test_a_tree_of_processes_is_counted_with_its_children():
    work = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'for _ in range(4_000_000): pass'])"
    with subprocess.Popen([sys.executable, "-c", f"{work}; print(); input()"], stdin=-1, stdout=-1) as process:
        process.stdout.readline()
        assert parts.processor(process.pid) > 0.05
        assert parts.megabytes(process.pid) > 1
        assert list(parts.tree(process.pid)) == [process.pid]
        process.stdin.close()
    assert parts.processor(process.pid) == parts.megabytes(process.pid) == 0


class Portal(BaseHTTPRequestHandler):
    """Answers with what its path asks for, and remembers who asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.append((self.path, self.headers["X-Forwarded-For"]))
        self.send_response(503 if self.path == "/away" else 200)
        if self.path == "/kept" and not self.headers["Cookie"]:
            self.send_header("X-Cache", "HIT")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


@pytest.fixture
def portal():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Portal)
    server.asked = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_readers_ask_in_turns_from_many_addresses_and_count_what_they_got(portal):
    found = readers.read(f"http://127.0.0.1:{portal.server_port}", ["/page", "/kept"], 3, 0.3)
    pages, addresses = zip(*portal.asked, strict=True)
    assert len(found["taken"]) == len(pages) > 3
    assert abs(pages.count("/page") - pages.count("/kept")) <= 1
    assert found["cached"] == pages.count("/kept")
    assert found["other"] == 0
    assert len(set(addresses)) > len(addresses) * 0.9
    assert all(0 < seconds < 60 for seconds in found["taken"])


def test_readers_with_a_cookie_get_nothing_that_is_kept(portal):
    found = readers.read(f"http://127.0.0.1:{portal.server_port}", ["/kept"], 1, 0.1, "reader=1")
    assert (found["cached"], found["other"]) == (0, 0)
    assert portal.asked


def test_a_crowd_says_what_each_part_took_a_request_and_takes_no_error_for_a_page(portal):
    crowd = Crowd(f"http://127.0.0.1:{portal.server_port}", 2, 0.4)
    pids = {part: [os.getpid()] for part in PARTS} | {"nginx": []}
    assert crowd.ask("page", ["/kept"], pids, 7).cached == 0
    found = crowd.ask(KEPT, ["/kept"], pids, 7)
    assert (found.page, found.datasets, found.webs, found.cached) == (KEPT, 7, 1, 1)
    assert found.median <= found.late
    assert found.rate > 2
    assert found.cost["nginx"] == 0
    with pytest.raises(BenchError, match="are no page"):
        crowd.ask("page", ["/kept", "/away"], pids, 7)
