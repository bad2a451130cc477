"""A scaled portal under load, for the tests that kill its parts.

A conftest loads this file by path; it starts nothing by itself.
"""

from __future__ import annotations

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
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import psycopg2

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "docker" / "demo"))
sys.path.append(str(ROOT / "docker"))

NODES = ("solr", "solr2")
NOT_SEARCHED = re.compile("error while searching|erreur est survenue|erreur lors de la recherche")
"""What a list says, with status 200, when CKAN could not ask Solr."""
ROWS = 60
AGAIN_SECONDS = 300
"""RQ believes a worker dead after 90 s; the scheduler looks once a minute."""


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
    if name in NODES:  # one that fell behind while it was busy is not the one to be left alone
        until(lambda: all(replica_serves(site, node) for node in NODES), lambda: "a replica does not recover", 180)
    before = site.pids()[name]
    for pid in [before, *children(before)]:
        send(pid, signal.SIGKILL)
    answers = probe(site, name)
    until(lambda: site.pids().get(name, before) != before and answers(), lambda: f"{name} did not come back", 180)


def send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # one that ended meanwhile
        os.kill(pid, number)


def probe(site, name: str) -> Callable[[], object]:
    """How to see that a program is well; one that answers nobody always is."""
    from local.layout import Layout
    from local.stack import probes, remembered

    layout = Layout(site.root)
    place = remembered(layout)
    assert place is not None
    served = {node: lambda node=node: replica_serves(site, node) for node in NODES}
    return {**probes(layout, place), **served}.get(name, lambda: True)


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


class Failed(NamedTuple):
    """A search without an answer: when, what was struck as it was asked, and what came instead."""

    at: str
    struck: str
    path: str
    status: int
    text: str


class Load:
    """Readers that search without a pause, a publisher, and a source that is harvested again and again, until told."""

    def __init__(self, site, token: str, organisation: str, source: str, packages: list[dict[str, Any]]) -> None:
        self.site, self.token, self.organisation = site, token, organisation
        self.source, self.packages = source, packages
        self.harvests: list[str] = []
        self.holders: set[str] = set()
        self.searches: Counter[int] = Counter()
        self.failed: list[Failed] = []
        self.struck, self.slowest = "", 0.0
        self.refused: list[str] = []
        self.published: dict[str, str] = {}
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._search, args=(seed,)) for seed in range(2)]
        self._threads += [threading.Thread(target=work) for work in (self._publish, self._harvest, self._look)]

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
            struck, started = self.struck, time.monotonic()
            status, text = ask(self.site.url + path)
            self.slowest = max(self.slowest, time.monotonic() - started)
            self.searches[status] += 1
            if status != 200 or NOT_SEARCHED.search(text.decode("utf-8", "replace")):
                self.failed.append(Failed(time.strftime("%T"), struck, path, status, text.decode("utf-8", "replace")))
            time.sleep(0.1)

    def _publish(self) -> None:
        """Datasets with a table each, which a worker loads."""
        table = "a,b\r\n" + "".join(f"{row},{row * 2}\r\n" for row in range(ROWS))
        for number in itertools.count():
            name = f"publie-{self.source[:8]}-{number}"
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

    def _harvest(self) -> None:
        """One run after the other, each with half of the titles changed; the last one is waited for."""
        while not self._over.is_set():
            for package in random.sample(self.packages, len(self.packages) // 2):
                package["title"] = f"{package['title'].split(' — ')[0]} — {len(self.harvests)}"
            job = ""
            while not job:
                status, told = call(self.site, self.token, "harvest_job_create", source_id=self.source, run=True)
                if status != 200:  # refused, or made by a process that died before it could say so
                    status, told = call(self.site, self.token, "harvest_job_list", source_id=self.source)
                    made = [one for one in told.get("result") or [] if one["status"] != "Finished"]
                    told = {"result": made[0] if made else {}}
                job = told["result"].get("id", "") if status == 200 else ""
                time.sleep(1)
            self.harvests.append(job)
            deadline = time.monotonic() + AGAIN_SECONDS
            while self._status(job) != "Finished" and time.monotonic() < deadline:
                time.sleep(1)

    def _status(self, job: str) -> str:
        return (call(self.site, self.token, "harvest_job_show", id=job)[1].get("result") or {}).get("status", "")

    def _look(self) -> None:
        """Who holds the source's lease, which is in PostgreSQL: never two at once, since it is one row."""
        asked = f"SELECT holder FROM pole_harvest_lease WHERE name = 'source:{self.source}'"
        while not self._over.wait(0.5):
            for (holder,) in sql(self.site, asked):
                self.holders.add(holder.split("|")[1])

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


def a_city_of_its_own(server, run: str) -> list[dict[str, Any]]:
    """The city's datasets, under addresses of this run: what another source holds already is not harvested again."""
    for package in server.city.portal.packages:
        package["url"] = package["landing_page"] = f"https://ville-{run}.example.org/dataset/{package['name']}"
    return server.city.portal.packages


@contextmanager
def loaded_portal(site, ports: dict[str, int], token: str) -> Iterator[Load]:
    """A portal that is read, filled and harvested inside; at the end all of it has come to rest."""
    from pole_demo.faults import Fault
    from pole_demo.httpd import DemoServer

    run = time.strftime("%H%M%S")
    status, told = call(site, token, "organization_create", name=f"ville-{run}", title_translated={"fr": "Ville"})
    assert status == 200, told
    organisation = told["result"]["id"]
    # A source so slow that each strike finds a run at work.
    slow = Fault("slow", path="*/package_search", delay=0.1, chunk=2048)
    with DemoServer(ports["demo"], faults=[slow]) as server:
        packages = a_city_of_its_own(server, run)
        # Its priority makes it another source than that of a run before.
        config = json.dumps({"language": "fr", "page_size": random.randint(2, 6), "priority": int(time.time())})
        status, told = call(
            site, token, "harvest_source_create", name=f"source-{run}", title="Source", url=f"{server.url}/city",
            source_type="pole_ckan", owner_org=organisation, config=config,
        )  # fmt: skip
        assert status == 200, told
        with Load(site, token, organisation, told["result"]["id"], packages) as load:
            yield load


def assert_nothing_is_lost_or_twice(load: Load, site) -> None:
    """Every run has ended whole, every record is one dataset as its source says it, and what was acknowledged is found.

    Prints what happened, for a person who reads the log.
    """
    assert load.searches[200] > 100
    # No lost harvest: each run ended, all its objects written.
    source = load.source
    ended = sql(site, f"SELECT state, count(*) FROM pole_harvest_run WHERE source_id = '{source}' GROUP BY 1")
    assert ended == [("finished", len(load.harvests))]
    assert len(load.harvests) > 1
    # No duplicate harvest: one dataset and one current object a record, as the source says it at last.
    current = f"FROM harvest_object WHERE current AND harvest_source_id = '{source}'"
    objects = sql(site, f"SELECT guid, count(*), count(DISTINCT package_id) {current} GROUP BY 1")
    assert len(objects) == len(load.packages)
    assert {(kept, datasets) for _, kept, datasets in objects} == {(1, 1)}
    assert sql(site, f"SELECT count(DISTINCT package_id), count(*) {current}") == [(len(objects), len(objects))]
    written = sql(site, f"SELECT o.guid, p.title FROM package p JOIN harvest_object o ON o.package_id = p.id "
                        f"WHERE o.current AND p.state = 'active' AND o.harvest_source_id = '{source}'")  # fmt: skip
    assert dict(written) == {package["id"]: " ".join(package["title"].split()) for package in load.packages}
    twice = sql(site, f"SELECT guid, harvest_job_id FROM harvest_object WHERE harvest_source_id = '{source}' "
                      "GROUP BY 1, 2 HAVING count(*) > 1")  # fmt: skip
    assert twice == []
    # No lost write, and no lost job: what was acknowledged is found, and its table is loaded.
    assert len(load.published) > 10, load.refused
    for name, resource in load.published.items():
        assert call(site, "", "package_show", id=name)[0] == 200, name
        if resource:
            until(lambda resource=resource: loaded(site, resource), lambda name=name: f"{name}: table not loaded")
    until(
        lambda: set(load.published) <= found(site, load.organisation),
        lambda: f"not in the index: {sorted(set(load.published) - found(site, load.organisation))}",
    )
    print(f"\n{dict(load.searches)} searches by status, the slowest {load.slowest:.0f} s; {len(load.published)} "
          f"datasets published, {len(load.refused)} refused; {len(objects)} records harvested once by "
          f"{len(load.harvests)} runs in the hands of {len(load.holders)} processes")  # fmt: skip
    # What was refused was refused in words, while something was away.
    for line in load.refused:
        print(line)
        assert re.search(r": (409|429|502|503|0) |Unavailable", line), line


def loaded(site, resource: str) -> bool:
    status, told = call(site, "", "datastore_search", resource_id=resource, limit=0)
    return status == 200 and told["result"]["total"] == ROWS


def found(site, organisation: str) -> set[str]:
    status, told = call(site, "", "package_search", fq=f"owner_org:{organisation} name:publie-*", rows=1000)
    return {item["name"] for item in told["result"]["results"]} if status == 200 else set()
