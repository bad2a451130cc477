"""One of each pair is killed under load: no search fails, no job is lost, nothing is harvested twice.

A portal of its own is started with `./dev up --scale`, which takes minutes: with POLE_LONG=1 only. What can be seen of
the pairs without starting them is in test_pairs.py; that a dead worker's job comes back, in tests/watch.
"""

from __future__ import annotations

import http.cookiejar
import importlib.util
import io
import itertools
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "docker" / "demo"))
sys.path.append(str(ROOT / "docker"))

pytestmark = [
    pytest.mark.stack,
    pytest.mark.faults,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not os.environ.get("POLE_LONG"), reason="LONG FORM: POLE_LONG=1 starts two of each and kills"),
]
VICTIMS = ("solr", "web", "worker", "gather", "fetch", "scheduler", "solr2", "web2", "worker2", "gather2", "fetch2")
"""In this order: the second of a pair is struck when the first is well again."""
ROWS = 60
AGAIN_SECONDS = 300
"""RQ believes a worker dead after 90 s; the scheduler looks once a minute."""


@pytest.fixture(scope="module")
def site() -> Iterator[Any]:
    spec = importlib.util.spec_from_file_location("pole_portal", Path(__file__).with_name("portal.py"))
    assert spec is not None
    assert spec.loader is not None
    portal = sys.modules.get("pole_portal") or importlib.util.module_from_spec(spec)
    spec.loader.exec_module(portal)
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


_addresses = itertools.count(1)


def ask(url: str, token: str = "", body: bytes | None = None, kind: str = "application/json") -> tuple[int, bytes]:
    """One request, from an address of its own: nginx believes the loopback about whom it asks for."""
    number = next(_addresses)
    headers = {"X-Forwarded-For": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"}
    headers |= {"Authorization": token} if token else {}
    headers |= {"Content-Type": kind} if body is not None else {}
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            urllib.request.Request(url, body, headers), timeout=90
        ) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except (OSError, ValueError) as error:
        return 0, repr(error).encode()


def call(site, token: str, action: str, **wanted: object) -> tuple[int, dict[str, Any]]:
    status, text = ask(f"{site.url}/api/3/action/{action}", token, json.dumps(wanted).encode())
    try:
        return status, json.loads(text)
    except ValueError:
        return status, {"text": text[:300].decode("utf-8", "replace")}


def until(true: Callable[[], object], what: Callable[[], str], seconds: float = AGAIN_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, what()
        time.sleep(1)


def strike(site, name: str) -> None:
    """`kill -9` one program with all its children, and wait until the process manager's new one is at work."""
    from local.layout import Layout
    from local.stack import probes, remembered

    before = site.pids()[name]
    for pid in [before, *children(before)]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    layout = Layout(site.root)
    place = remembered(layout)
    assert place is not None
    answers = {**probes(layout, place), **{node: lambda node=node: replica_serves(site, node) for node in
               ("solr", "solr2")}}.get(name, lambda: True)  # fmt: skip
    until(lambda: site.pids().get(name, before) != before and answers(), lambda: f"{name} did not come back", 180)


def children(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    found = [int(word) for word in listed.stdout.split()]
    return [*found, *(grandchild for child in found for grandchild in children(child))]


def replica_serves(site, node: str) -> bool:
    """Whether a node's replica has recovered: asked of the other one, which knows the cluster's state."""
    known = json.loads((site.local / "state.json").read_text("utf-8"))["ports"]
    mine, other = known["solr1" if node == "solr" else "solr2"], known["solr2" if node == "solr" else "solr1"]
    status, text = ask(f"http://127.0.0.1:{other}/solr/admin/collections?action=CLUSTERSTATUS&collection=ckan&wt=json")
    if status != 200:
        return False
    cluster = json.loads(text)["cluster"]
    replicas = cluster["collections"]["ckan"]["shards"]["shard1"]["replicas"].values()
    alive = set(cluster["live_nodes"])
    return any(
        f":{mine}" in one["base_url"] and one["state"] == "active" and one["node_name"] in alive for one in replicas
    )


class Load:
    """Readers that search without a pause, and a publisher, until told to stop."""

    def __init__(self, site, token: str, organisation: str) -> None:
        self.site, self.token, self.organisation = site, token, organisation
        self.searches: Counter[int] = Counter()
        self.failed: list[str] = []
        self.refused: list[str] = []
        self.published: dict[str, str] = {}
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._search, args=(seed,)) for seed in range(2)]
        self._threads.append(threading.Thread(target=self._publish))

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _search(self, seed: int) -> None:
        draw = random.Random(seed)
        while not self._over.is_set():
            word = draw.choice(["logement", "parc", "budget", "quartier", "x"])
            path = draw.choice(["/dataset/", "/en/dataset/", "/api/3/action/package_search"]) + f"?q={word}"
            status, text = ask(self.site.url + path)
            self.searches[status] += 1
            if status != 200:
                self.failed.append(f"{time.strftime('%T')} {path}: {status} {text[:200]!r}")
            time.sleep(0.1)

    def _publish(self) -> None:
        """Datasets with a table each, which a worker loads."""
        table = "a,b\r\n" + "".join(f"{row},{row * 2}\r\n" for row in range(ROWS))
        for number in itertools.count():
            name = f"publie-{number}"
            if self._over.wait(2):
                return
            status, told = call(
                self.site, self.token, "package_create", name=name, owner_org=self.organisation, access_tier="open",
                title_translated={"fr": name}, notes_translated={"fr": "Publié pendant la panne"}, license_id="cc-by",
            )  # fmt: skip
            if status != 200:
                self.refused.append(f"{name}: {status} {str(told)[:300]}")
                continue
            self.published[name] = ""
            made = self._upload(told["result"]["id"], table)
            if made:
                self.published[name] = made

    def _upload(self, dataset: str, table: str) -> str:
        border = "pole-border"
        body = io.BytesIO()
        fields = {"package_id": dataset, "format": "CSV", "url_type": "upload",
                  "name_translated": json.dumps({"fr": "Table"}), "name": "Table"}  # fmt: skip
        for key, value in fields.items():
            body.write(f'--{border}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode())
        body.write(
            f'--{border}\r\nContent-Disposition: form-data; name="upload"; filename="table.csv"\r\n'
            f"Content-Type: text/csv\r\n\r\n{table}\r\n--{border}--\r\n".encode()
        )
        status, text = ask(
            f"{self.site.url}/api/3/action/resource_create", self.token, body.getvalue(),
            f"multipart/form-data; boundary={border}",
        )  # fmt: skip
        if status != 200:
            self.refused.append(f"table of {dataset}: {status} {text[:300]!r}")
            return ""
        return json.loads(text)["result"]["id"]


def sql(site, statement: str) -> list[tuple[Any, ...]]:
    found = re.search(r"^sqlalchemy\.url = (.+)$", (site.local / "ckan.ini").read_text("utf-8"), re.M)
    assert found is not None
    connection = psycopg2.connect(found[1].replace("%%", "%"))
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()
    finally:
        connection.close()


def test_one_of_each_pair_is_killed_under_load(site, ports, token):
    from pole_demo.httpd import DemoServer

    run = time.strftime("%H%M%S")
    status, told = call(site, token, "organization_create", name=f"ville-{run}", title_translated={"fr": "Ville"})
    assert status == 200, told
    organisation = told["result"]["id"]
    with DemoServer(ports["demo"]) as server, Load(site, token, organisation) as load:
        packages = server.city.portal.packages
        config = json.dumps({"language": "fr", "page_size": random.randint(2, 6)})
        status, told = call(
            site, token, "harvest_source_create", name=f"source-{run}", title="Source", url=f"{server.url}/city",
            source_type="pole_ckan", owner_org=organisation, config=config,
        )  # fmt: skip
        assert status == 200, told
        source = told["result"]["id"]
        status, told = call(site, token, "harvest_job_create", source_id=source, run=True)
        assert status == 200, told
        job = told["result"]["id"]
        for victim in VICTIMS:
            time.sleep(3)
            strike(site, victim)
        until(
            lambda: call(site, token, "harvest_job_show", id=job)[1].get("result", {}).get("status") == "Finished",
            lambda: f"the harvest did not end: {call(site, token, 'harvest_job_show', id=job)}",
        )
    # No failed search.
    assert load.failed == []
    assert load.searches[200] > 100
    # No duplicate harvest: one dataset and one current object a record.
    current = f"FROM harvest_object WHERE current AND harvest_source_id = '{source}'"
    objects = sql(site, f"SELECT guid, count(*), count(DISTINCT package_id) {current} GROUP BY 1")
    assert len(objects) == len(packages)
    assert {(kept, datasets) for _, kept, datasets in objects} == {(1, 1)}
    assert sql(site, f"SELECT count(DISTINCT package_id), count(*) {current}") == [(len(packages), len(packages))]
    # No lost write, and no lost job: what was acknowledged is found, and its table is loaded.
    assert len(load.published) > 10, load.refused
    for name, resource in load.published.items():
        status, told = call(site, "", "package_show", id=name)
        assert status == 200, name
        if resource:
            until(lambda resource=resource: loaded(site, resource), lambda name=name: f"{name}: table not loaded")
    until(
        lambda: set(load.published) <= found(site, organisation),
        lambda: f"not in the index: {sorted(set(load.published) - found(site, organisation))}",
    )
    # What was refused was refused in words, while something was away.
    print(f"\n{load.searches[200]} searches, none failed; {len(load.published)} datasets published, "
          f"{len(load.refused)} refused; {len(objects)} records harvested once; {len(VICTIMS)} kills")  # fmt: skip
    for line in load.refused:
        print(line)
        assert re.search(r": (409|429|502|503|0) |Unavailable", line), line


def loaded(site, resource: str) -> bool:
    status, told = call(site, "", "datastore_search", resource_id=resource, limit=0)
    return status == 200 and told["result"]["total"] == ROWS


def found(site, organisation: str) -> set[str]:
    status, told = call(site, "", "package_search", fq=f"owner_org:{organisation} name:publie-*", rows=1000)
    return {item["name"] for item in told["result"]["results"]} if status == 200 else set()


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
