"""Two of each: what `./dev up --scale` writes, before anything is started."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from local import pairs, ports, programs, readiness
from local.errors import Stop

ROOT = Path(__file__).resolve().parents[2]
WEB = """
import itertools, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

number, two = itertools.count(), threading.Barrier(2)

class Web(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path in ("/dump", "/file"):
            return self.download(chunked=self.path == "/dump")
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        said = f"{self.command} {sys.argv[2]}".encode()
        if self.path.startswith("/together"):
            try:
                two.wait(0.8)
            except threading.BrokenBarrierError:
                said = b"alone"
        self.send_response(200)
        if "." in self.path or self.path.startswith("/together"):
            said += f" {next(number)} {self.headers.get('Cookie')}".encode()
            self.send_header("Cache-Control", "no-cache, public, max-age=0, must-revalidate")
            self.send_header("Vary", "Cookie")
            self.send_header("Set-Cookie", "ckan=somebody; Path=/")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_POST = do_GET

    def download(self, chunked):
        self.protocol_version = "HTTP/1.1"  # there are chunks in no older one
        self.send_response(200)
        self.send_header("Connection", "close")
        self.send_header("Cache-Control", "public, max-age=60")
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", "20000")
        self.end_headers()
        for piece in range(20):
            part = b"%04d" % piece * 250
            self.wfile.write(b"%x\\r\\n%b\\r\\n" % (len(part), part) if chunked else part)
            self.wfile.flush()
            time.sleep(0.02)
        self.wfile.write(b"0\\r\\n\\r\\n" if chunked else b"")

    def log_message(self, *_):
        pass

ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Web).serve_forever()
"""
PORTS = {name: 20000 + number for number, name in enumerate(["web", *ports.PRIVATE, *ports.PAIRED])}


@pytest.fixture
def checkout(layout):
    for folder in ("docker/nginx", "docker/solr"):
        shutil.copytree(ROOT / folder, layout.root / folder)
    return layout


def test_every_program_that_can_be_lost_is_there_twice_and_a_port_belongs_to_one(checkout):
    wanted = programs.programs(checkout, PORTS, "127.0.0.1", paired=True)
    names = [program.name for program in wanted]
    assert set(names) == set(programs.PAIRED_ALL)
    assert len(names) == len(set(names))
    for name in ("solr", *programs.APPLICATION):
        assert {name, f"{name}2"} <= set(names)
    first, second = (program for program in wanted if program.name in ("web", "web2"))
    assert (first.command, first.variables) != (second.command, second.variables)
    assert first.command == second.command
    assert len({program.order for program in wanted if program.name.startswith("solr")}) == 1


def test_alone_nothing_of_it_is_there(checkout):
    assert {program.name for program in programs.programs(checkout, PORTS, "127.0.0.1")} == set(programs.ALL)


def test_the_two_kinds_of_template_are_filled_in_whole_and_name_both_of_each(checkout):
    pairs.configure(checkout, PORTS, "127.0.0.1")
    folder = checkout.run / "nginx"
    for name, both in (("portal", pairs.WEBS), ("solr", pairs.NODES)):
        text = (folder / f"{name}.conf").read_text("utf-8")
        assert not re.search(r"\$\{POLE_\w", text)
        assert all(f"127.0.0.1:{PORTS[port]}" in text for port in both.values())
    with pytest.raises(KeyError):
        pairs.fill_in("listen ${POLE_NOTHING};", {})


def test_nginx_takes_the_templates_that_compose_gives_it_too(checkout):
    pairs.configure(checkout, PORTS, "127.0.0.1")
    command = [*pairs.nginx_command(pairs.nginx_folder(checkout)), "-t"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr


class Front:
    """nginx as `./dev up --scale` runs it, before two web processes that say their number."""

    def __init__(self, checkout, number: int = 2, patience: str = "1s") -> None:
        self.ports: dict[str, int] = {}
        for name in PORTS:
            self.ports[name] = ports.another({*self.ports.values()})
        self.url = f"http://127.0.0.1:{self.ports['web']}"
        pairs.configure(checkout, self.ports, "127.0.0.1", dict.fromkeys(pairs.PATIENCE, patience))
        command = [sys.executable, "-c", WEB]
        self.webs = [subprocess.Popen([*command, str(self.ports[f"web{at}"]), str(at)]) for at in range(1, number + 1)]
        self.nginx = subprocess.Popen(pairs.nginx_command(pairs.nginx_folder(checkout)), stderr=subprocess.DEVNULL)
        for name in ("web", *(f"web{at}" for at in range(1, number + 1))):
            late = Stop("", f"{name} does not listen")
            readiness.wait(lambda name=name: readiness.tcp_open(self.ports[name]), lambda: None, 20, late)

    def ask(
        self, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], str]:
        request = urllib.request.Request(self.url + path, body, headers or {})
        try:
            with readiness.direct.open(request, timeout=20) as answer:
                return answer.status, dict(answer.headers), answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, dict(error.headers), error.read().decode()

    def until_served(self, path: str) -> str:
        """What the first answer with status 200 says; one that was away is asked again at once, if it is alone."""
        deadline = time.monotonic() + 10
        while (answer := self.ask(path))[0] != 200:
            assert time.monotonic() < deadline, answer
            time.sleep(0.2)
        return answer[2]

    def end(self) -> None:
        for process in (self.nginx, *self.webs):
            process.send_signal(signal.SIGCONT)
            process.terminate()
            process.wait(20)


@pytest.fixture
def front(checkout):
    made: list[Front] = []
    yield lambda *options: made.append(Front(checkout, *options)) or made[0]
    for each in made:
        each.end()


def assert_away(page: tuple[int, dict[str, str], str], api: tuple[int, dict[str, str], str]) -> None:
    for status, headers, _ in (page, api):
        assert (status, headers.get("Retry-After"), headers.get("Cache-Control")) == (503, "30", "no-store")
    assert '<html lang="fr">' in page[2]
    assert '<div lang="en">' in page[2]
    assert json.loads(api[2])["error"]["__type"] == "Service Unavailable"


@pytest.mark.faults
def test_with_both_web_processes_down_nginx_says_so_in_both_languages_and_serves_when_they_are_back(front):
    nginx = front(0)
    assert_away(nginx.ask("/dataset/"), nginx.ask("/api/3/action/package_search"))
    assert_away(nginx.ask("/user/login", b"login=a"), nginx.ask("/api/3/action/package_create", b"{}"))
    nginx.webs = [subprocess.Popen([sys.executable, "-c", WEB, str(nginx.ports["web2"]), "2"])]
    assert nginx.until_served("/dataset/") == "GET 2"


@pytest.mark.faults
def test_a_frozen_web_process_costs_a_reader_a_moment_and_a_writer_a_503_that_is_written_once_at_most(front):
    # On a machine that is busy a process that lives may be late by a second too.
    nginx = front(2, "2s")
    deadline, seen = time.monotonic() + 20, {nginx.until_served("/")}
    while seen != {"GET 1", "GET 2"}:  # one that was late is passed over for five seconds
        assert time.monotonic() < deadline, seen
        seen.add(nginx.until_served("/"))
    nginx.webs[0].send_signal(signal.SIGSTOP)
    assert {nginx.ask("/")[::2] for _ in range(4)} == {(200, "GET 2")}
    assert {nginx.ask("/api/3/action/package_search")[::2] for _ in range(4)} == {(200, "GET 2")}
    nginx.webs[1].send_signal(signal.SIGSTOP)
    assert_away(nginx.ask("/dataset/"), nginx.ask("/api/3/action/package_create", b"{}"))
    for web in nginx.webs:
        web.send_signal(signal.SIGCONT)
    assert nginx.until_served("/") in ("GET 1", "GET 2")


def test_nginx_keeps_the_files_of_the_theme_and_nothing_of_the_person_who_asked_first(front):
    nginx = front(1)
    named = "/webassets/pole/164be3ea_theme.css"
    for path, kept in ((named, "public, max-age=31536000, immutable"), ("/pole/mark.svg", "public, max-age=600")):
        first, again = nginx.ask(path, headers={"Cookie": "ckan=me"}), nginx.ask(path)
        assert (first[1]["X-Cache"], again[1]["X-Cache"]) == ("MISS", "HIT")
        assert first[2] == again[2]
        assert first[2].endswith(" None"), "the web process saw a cookie"
        for _status, headers, _text in (first, again):
            assert headers["Cache-Control"] == kept
            assert "Set-Cookie" not in headers
    for path in ("/pole/health.txt", "/dataset/x/resource/y/download/map.svg", "/user/me.css"):
        first, again = nginx.ask(path), nginx.ask(path)
        assert first[2] != again[2]
        assert again[1]["X-Cache"] != "HIT"


def test_two_readers_of_a_page_that_nobody_may_keep_do_not_wait_for_each_other(front):
    nginx = front(1)
    with ThreadPoolExecutor(2) as pool:
        assert all("alone" not in said for _, _, said in pool.map(nginx.ask, ["/together"] * 2))


@pytest.mark.faults
@pytest.mark.parametrize("path", ["/dump", "/file"])
def test_a_web_process_that_freezes_in_the_middle_of_a_download_leaves_no_half_that_looks_whole(front, path):
    nginx = front(1)
    with readiness.direct.open(nginx.url + path, timeout=20) as answer:
        first = answer.read(2000)
        nginx.webs[0].send_signal(signal.SIGSTOP)
        with pytest.raises(http.client.IncompleteRead) as cut:
            answer.read()
    assert 0 < len(first + cut.value.partial) < 20_000
    nginx.webs[0].send_signal(signal.SIGCONT)
    # Neither does nginx keep the half for those who come after, though anybody may keep the page.
    status, headers, text = nginx.ask(path)
    assert (status, text) == (200, "".join(f"{piece:04}" * 250 for piece in range(20)))
    assert headers["X-Cache"] == "MISS"
    deadline = time.monotonic() + 10
    while nginx.ask(path)[1]["X-Cache"] != "HIT":  # a whole one is kept, a moment after its reader has it
        assert time.monotonic() < deadline


def test_ports_of_pairs_are_settled_only_when_wanted_and_stay():
    alone = ports.choose({}, set())
    assert set(alone) == set(ports.PRIVATE)
    both = ports.choose(alone, set(), paired=True)
    assert set(both) == {*ports.PRIVATE, *ports.PAIRED}
    assert len(set(both.values())) == len(both)
    assert ports.choose(both, set(), paired=True) == both
