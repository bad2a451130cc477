"""Whatever is killed, and whenever: the run ends with nothing lost, nothing twice, and the index equal to the database.

`kill -9` strikes the consumers of a real harvest, and the PostgreSQL, Redis and Solr under it, at moments drawn from
seeds, or freezes them for seconds: three seeds always, sixty with POLE_LONG=1. What was killed is started again by the
process manager.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import ckan.plugins.toolkit as tk
import pytest
import redis
import sqlalchemy as sa
from ckan import model
from ckan.lib.redis import connect_to_redis
from ckan.lib.search.common import make_connection
from ckanext.harvest.model import HarvestJob, HarvestObject
from pysolr import SolrError
from sqlalchemy.exc import DBAPIError

from ckanext.pole.harvest import runs
from ckanext.pole.harvest.consumer import Gatherers
from ckanext.pole.harvest.model import lease, unindexed

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "docker"))

STAGES = ("gather", "fetch")
#: A service, and the setting of its address.
SERVICES = {"postgres": "sqlalchemy.url", "redis": "ckan.redis.url", "solr": "solr_url"}
FROZEN = "frozen "
#: What each run is struck with; its number is the seed that draws the moments, and whether a consumer is struck too.
STRIKES = [(name,) for name in (*STAGES, *SERVICES, *(FROZEN + each for each in (*STAGES, *SERVICES)))] * 6 if (
    os.environ.get("POLE_LONG")
) else [("fetch",), ("postgres",), ("solr", FROZEN + "postgres")]
AWAY = (DBAPIError, redis.RedisError, SolrError, OSError)
PATIENCE = 150
#: The tests' own settings, but that nobody waits long for what a dead process had in hand.
INI = """
[app:main]
use = config:{ini}
ckanext.pole.harvest.takeover = 2
"""


@pytest.fixture
def portal():
    from pole_demo.httpd import DemoServer

    with DemoServer() as server:
        yield server


class Consumers:
    """The two consumers as processes; one that ended is started again, as the process manager does."""

    def __init__(self, ini: Path, log: Path) -> None:
        self.log = log.open("ab")
        self.command = [str(Path(sys.executable).with_name("ckan")), "-c", str(ini), "pole", "harvest", "consume"]
        self.processes = {stage: self._started(stage) for stage in STAGES}

    def _started(self, stage: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([*self.command, stage], stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)

    def kill(self, stage: str) -> None:
        self.processes[stage].send_signal(signal.SIGKILL)
        self.processes[stage].wait()
        self.tend()

    def tend(self) -> None:
        for stage, process in self.processes.items():
            if process.poll() is not None:
                self.processes[stage] = self._started(stage)

    def said(self) -> str:
        return Path(self.log.name).read_text("utf-8", "replace")

    def end(self) -> None:
        for process in self.processes.values():
            process.kill()
            process.wait()
        self.log.close()


@pytest.fixture
def consumers(request, harvest, tmp_path):
    ini = tmp_path / "consumers.ini"
    ini.write_text(INI.format(ini=Path(request.config.option.ckan_ini).resolve()), "utf-8")
    found = Consumers(ini, tmp_path / "consumers.log")
    yield found
    found.end()
    until_well()


@pytest.mark.faults
@pytest.mark.timeout(60 * len(STRIKES) + 300)
def test_a_kill_at_any_moment_loses_nothing_and_doubles_nothing(harvest, portal, consumers):
    city = harvest(f"{portal.url}/city", "pole_ckan", language="fr", page_size=5)
    packages = portal.city.portal.packages
    for seed, struck_on_purpose in enumerate(STRIKES):
        draw = random.Random(seed)
        for package in draw.sample(packages, len(packages) // 2):
            package["title"] = f"{package['title'].split(' — ')[0]} — {seed}"
        job = tk.get_action("harvest_job_create")(city.context(), {"source_id": city.source_id, "run": True})
        victims = [*struck_on_purpose, *draw.choices(STAGES, k=draw.randint(0, 1))]
        for struck in victims:
            time.sleep(draw.uniform(0, 2.5))
            if struck.startswith(FROZEN):
                freeze(struck.removeprefix(FROZEN), consumers, draw.uniform(1, 4))
            elif struck in SERVICES:
                kill_service(struck)
            else:
                consumers.kill(struck)
        told = f"seed {seed}: {', '.join(victims)}"
        until(lambda job=job: settled(job["id"]), lambda job=job, told=told: f"{told}: {state(job['id'])}", consumers)
        # The scheduler's round: ckanext-harvest itself agrees that the job has ended.
        tk.get_action("harvest_jobs_run")(city.context(), {"source_id": city.source_id})
        assert model.Session.get(HarvestJob, job["id"]).status == "Finished", told
        assert_whole(packages, told)


@pytest.mark.faults
def test_a_gatherer_that_thaws_after_its_run_was_taken_over_writes_nothing_more(
    harvest, portal, consumers, monkeypatch
):
    monkeypatch.setitem(tk.config, "ckanext.pole.harvest.takeover", 0)
    city = harvest(f"{portal.url}/city", "pole_ckan", language="fr", page_size=5)
    slow = portal.faults.add("slow", path="*/package_search", delay=0.1, chunk=4096)
    job = tk.get_action("harvest_job_create")(city.context(), {"source_id": city.source_id, "run": True})
    until(lambda: has_read(job["id"], pages=2), lambda: f"nothing read: {state(job['id'])}", consumers)
    frozen = consumers.processes["gather"]
    frozen.send_signal(signal.SIGSTOP)
    portal.faults.clear()
    assert slow.seen
    # So much time passes that its lease is anybody's.
    model.Session.execute(sa.update(lease).values(beat=lease.c.beat - timedelta(minutes=5)))
    model.Session.commit()
    another = Gatherers()
    assert another.left_behind(another.connect()) == 1
    until(lambda: settled(job["id"]), lambda: f"nobody went on: {state(job['id'])}", consumers)
    frozen.send_signal(signal.SIGCONT)
    until(lambda: "while this process was frozen" in consumers.said(), consumers.said)
    assert_whole(portal.city.portal.packages, "frozen gather")
    each = sa.select(HarvestObject.guid).group_by(HarvestObject.guid).having(sa.func.count() > 1)
    assert model.Session.execute(each).all() == []
    assert runs.get(job["id"]).state == runs.FINISHED


def has_read(run_id: str, pages: int) -> bool:
    model.Session.remove()
    row = runs.get(run_id)
    return row is not None and row.pages >= pages


def kill_service(name: str) -> None:
    """Kill the server that listens where the settings say; its manager starts it again."""
    os.kill(server(name), signal.SIGKILL)


def server(name: str) -> int:
    from local import ports

    port = urlsplit(tk.config[SERVICES[name]]).port
    found = ports.listener(port)
    assert found is not None, f"nobody that we may see listens on the port of {name}"
    return found[0]


def freeze(name: str, consumers: Consumers, seconds: float) -> None:
    """Stop a service or a consumer with its children where they are, and let them go on a moment later."""
    first = server(name) if name in SERVICES else consumers.processes[name].pid
    os.kill(first, signal.SIGSTOP)
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(first)], capture_output=True, text=True, check=False)
    stopped = [first, *map(int, listed.stdout.split())]
    for pid in stopped[1:]:
        send(pid, signal.SIGSTOP)
    time.sleep(seconds)
    for pid in stopped:
        send(pid, signal.SIGCONT)


def send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # one that ended meanwhile
        os.kill(pid, number)


def until_well() -> None:
    """Wait until all three answer, so that the next test finds them as it left them."""

    def well() -> bool:
        model.Session.remove()
        model.Session.execute(sa.text("SELECT 1"))
        make_connection().search("*:*", rows=0)
        return connect_to_redis().ping()

    until(well, lambda: "a service did not come back")


def until(true, told, consumers: Consumers | None = None) -> None:
    """Wait until something is true; while a service is away, it is not."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            if true():
                return
        except AWAY:
            model.Session.remove()
        if consumers is not None:
            consumers.tend()
        assert time.monotonic() < end, told()
        time.sleep(0.3)


def state(run_id: str) -> object:
    model.Session.remove()
    row = runs.get(run_id)
    left = model.Session.query(HarvestObject.state).filter_by(harvest_job_id=run_id).all()
    return row and (row.state, row.problem, row.problem_detail), [item for item in left if item[0] != "COMPLETE"]


def settled(run_id: str) -> bool:
    model.Session.remove()
    row = runs.get(run_id)
    waiting = model.Session.execute(sa.select(sa.func.count()).select_from(unindexed)).scalar()
    return connect_to_redis().ping() and row is not None and row.state == runs.FINISHED and not waiting


def assert_whole(packages: list[dict], told: str) -> None:
    model.Session.remove()
    stored = model.Session.query(model.Package).filter_by(type="dataset", state="active").all()
    titles = sorted(" ".join(package["title"].split()) for package in packages)
    assert sorted(package.title for package in stored) == titles, told
    make_connection().commit()
    indexed = make_connection().search("dataset_type:dataset", fl="id,title", rows=1000).docs
    assert {doc["id"]: doc["title"] for doc in indexed} == {package.id: package.title for package in stored}, told
    current = model.Session.query(HarvestObject.guid).filter_by(current=True).all()
    assert sorted(guid for (guid,) in current) == sorted(package["id"] for package in packages), told
    held = model.Session.execute(sa.select(lease.c.name)).scalars().all()
    assert not [name for name in held if name.startswith("object:")], told
