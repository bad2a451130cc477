"""A service that is frozen (SIGSTOP) instead of away: an answer in words within a bounded time, and all is well after.

It accepts connections and says nothing: worse than one that is away, which refuses at once.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckan.tests import factories, helpers

from ckanext.pole.watch.frozen import Watch, watch

sys.path.append(str(Path(__file__).resolve().parents[2] / "docker"))

pytestmark = [pytest.mark.faults, pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")]
SETTING = {"postgres": "sqlalchemy.url", "redis": "ckan.redis.url", "solr": "solr_url"}
BOUND = 25
"""Seconds within which somebody who asks must have an answer, whatever is frozen."""


@contextmanager
def frozen(service: str) -> Iterator[None]:
    """Freeze a service with all its processes, the first one before those that it could still start."""
    from local import ports

    found = ports.listener(urlsplit(tk.config[SETTING[service]]).port)
    assert found is not None
    os.kill(found[0], signal.SIGSTOP)
    frozen_too = children(found[0])
    for pid in frozen_too:
        send(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in (*frozen_too, found[0]):
            send(pid, signal.SIGCONT)


def send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # one that ended meanwhile
        os.kill(pid, number)


def children(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(word) for word in listed.stdout.split()]


def ask(app, path: str, **options):
    started = time.monotonic()
    answer = app.get(path, expect_errors=True, **options) if "data" not in options else app.post(
        path, expect_errors=True, **options
    )
    assert time.monotonic() - started < BOUND, f"{path}: {time.monotonic() - started:.0f} s"
    return answer


def well_again(app, path: str) -> None:
    deadline = time.monotonic() + BOUND
    while (status := app.get(path, expect_errors=True).status_code) != 200:
        assert time.monotonic() < deadline, status
        time.sleep(0.3)


def assert_unavailable(page, api) -> None:
    assert page.status_code == api.status_code == 503
    assert int(page.headers["Retry-After"]) > 0
    assert 'lang="fr"' in page.text
    assert 'lang="en"' in page.text
    assert "Traceback" not in page.text
    assert json.loads(api.text)["error"]["__type"] == "Service Unavailable"


def test_solr_frozen_is_a_503_and_what_was_acknowledged_is_there(app):
    dataset = factories.Dataset(owner_org=factories.Organization()["id"])
    model.Session.remove()
    paths = ("/dataset/", "/api/3/action/package_search")
    with helpers.changed_config("solr_timeout", 1), frozen("solr"):
        assert_unavailable(*(ask(app, path) for path in paths))
    for path in paths:
        well_again(app, path)
    found = json.loads(app.get(f"/api/3/action/package_show?id={dataset['id']}").text)
    assert found["result"]["name"] == dataset["name"]


class Between(BaseHTTPRequestHandler):
    """A proxy before Solr that has nobody to ask for a moment, and is well again when the gate looks."""

    def do_GET(self) -> None:
        well = "/admin/ping" in self.path
        self.send_response(200 if well else 502)
        self.end_headers()
        self.wfile.write(b'{"status":"OK"}' if well else b"<html>502 Bad Gateway</html>")

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.parametrize("path", ["/dataset/?q=parc", "/en/dataset/", "/api/3/action/package_search"])
def test_a_proxy_that_finds_no_solr_is_a_503_and_no_list_without_datasets(app, path):
    with ThreadingHTTPServer(("127.0.0.1", 0), Between) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        with helpers.changed_config("solr_url", f"http://127.0.0.1:{server.server_port}/solr/ckan"):
            answer = ask(app, path)
        server.shutdown()
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert ask(app, path).status_code == 200


def test_publishing_while_a_proxy_finds_no_solr_is_a_503_and_not_our_error(app):
    organization = factories.Organization()
    token = {"Authorization": factories.SysadminWithToken()["token"]}
    data = {"name": "publie", "owner_org": organization["id"], "title_translated": {"fr": "Publié"},
            "notes_translated": {"fr": "Publié"}, "license_id": "cc-by"}  # fmt: skip
    with ThreadingHTTPServer(("127.0.0.1", 0), Between) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        with helpers.changed_config("solr_url", f"http://127.0.0.1:{server.server_port}/solr/ckan"):
            answer = ask(app, "/api/3/action/package_create", data=json.dumps(data), headers=token,
                         content_type="application/json")  # fmt: skip
        server.shutdown()
    assert answer.status_code == 503
    assert json.loads(answer.text)["error"]["__type"] == "Service Unavailable"


def test_a_question_that_solr_cannot_read_stays_the_askers_fault(app):
    assert ask(app, "/api/3/action/package_search?fq=name:[").status_code in (400, 409)


def test_redis_frozen_stops_no_reader_and_lets_nobody_try_a_password(app):
    with frozen("redis"):
        assert ask(app, "/dataset/").status_code == 200
        assert ask(app, "/api/3/action/package_search").status_code == 200
        answer = ask(app, "/user/login", data={"login": "anna", "password": "x"})
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
    well_again(app, "/dataset/")


def test_postgres_frozen_is_a_503_for_who_waits_and_at_once_for_who_comes_after(app):
    """Reading, searching, publishing, downloading: what was acknowledged is there after, what was refused is not."""
    organization = factories.Organization()
    token = {"Authorization": factories.SysadminWithToken()["token"]}
    kept = factories.Dataset(owner_org=organization["id"])
    resource = factories.Resource(package_id=kept["id"], url="http://127.0.0.1:9/never.csv")

    def publish(name: str):
        data = {"name": name, "owner_org": organization["id"], "title_translated": {"fr": name},
                "notes_translated": {"fr": "Publié"}, "license_id": "cc-by"}  # fmt: skip
        return ask(app, "/api/3/action/package_create", data=json.dumps(data), headers=token,
                   content_type="application/json")  # fmt: skip

    assert publish("avant").status_code == 200
    download = f"/dataset/{kept['id']}/resource/{resource['id']}/download/never.csv"
    model.Session.remove()
    with frozen("postgres"):
        # The first one holds a connection of the pool, and finds out for all.
        assert_unavailable(ask(app, "/dataset/"), publish("pendant"))
        started = time.monotonic()
        pages = [ask(app, path) for path in ("/", f"/en/dataset/{kept['name']}", download)]
        pages.append(ask(app, "/user/login", data={"login": "anna", "password": "x"}))
        for page in pages:
            assert_unavailable(page, ask(app, "/api/3/action/package_search"))
        assert time.monotonic() - started < 2
        assert ask(app, "/pole/health/live").status_code == 200
        told = json.loads(ask(app, "/pole/health").text)
        assert told["services"]["postgresql"]["ok"] is False
        assert watch.is_silent()
    for path in ("/dataset/", f"/en/dataset/{kept['name']}", "/api/3/action/package_search"):
        well_again(app, path)
    assert (watch.is_silent(), watch.is_silent(since=started)) == (False, True)
    found = json.loads(app.get("/api/3/action/package_search?q=*:*").text)["result"]["results"]
    assert {item["name"] for item in found} == {kept["name"], "avant"}
    assert app.get("/api/3/action/package_show?id=pendant", expect_errors=True).status_code == 404
    assert publish("pendant").status_code == 200


def test_a_long_statement_on_a_server_that_lives_goes_on():
    mine = Watch(patience=0.1)
    with mine.waiting(), ThreadPoolExecutor(1) as pool, closing(model.meta.engine.raw_connection()) as taken:
        mine.opened(taken.dbapi_connection, taken)
        running = pool.submit(taken.cursor().execute, "SELECT pg_sleep(1)")
        time.sleep(0.3)
        mine.look()
        assert not mine.is_silent()
        running.result()  # it ended as it should
