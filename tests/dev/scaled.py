"""A scaled portal under load, for the tests that kill and freeze its parts.

A conftest loads this file by path; it starts nothing by itself.
"""

from __future__ import annotations

import itertools
import json
import random
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from pole_striking import AGAIN_SECONDS, ask, call, sql, until, upload

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "docker" / "demo"))

NOT_SEARCHED = re.compile("error while searching|erreur est survenue|erreur lors de la recherche")
"""What a list says, with status 200, when CKAN could not ask Solr."""
ROWS = 60


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
        status, told = upload(self.site, self.token, dataset, "table.csv", table.encode())
        if status != 200:
            self.refused.append(f"table of {dataset}: {status} {str(told)[:300]}")
            return ""
        return told["result"]["id"]


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
            until(
                lambda resource=resource: loaded(site, resource),
                lambda name=name, resource=resource: f"{name}: table not loaded: {noted(site, resource)}",
            )
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


def noted(site, resource: str) -> list[tuple[Any, ...]]:
    """What xloader and whoever helps it have written of a table."""
    return sql(site, "SELECT state, error, last_updated, value, now() at time zone 'utc' FROM task_status "
                     f"WHERE entity_id = '{resource}' AND task_type = 'xloader'")  # fmt: skip


def found(site, organisation: str) -> set[str]:
    status, told = call(site, "", "package_search", fq=f"owner_org:{organisation} name:publie-*", rows=1000)
    return {item["name"] for item in told["result"]["results"]} if status == 200 else set()
