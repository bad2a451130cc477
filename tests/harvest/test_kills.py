"""Whatever is killed, and whenever: the run ends with nothing lost, nothing twice, and the index equal to the database.

`kill -9` strikes the consumers of a real harvest at fifty moments drawn from seeds, with POLE_LONG=1.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan import model
from ckan.lib.search.common import make_connection
from ckanext.harvest.model import HarvestObject

from ckanext.pole.harvest import runs
from ckanext.pole.harvest.model import lease, unindexed

SEEDS = range(50)
CONSUMER = """
import sys
from ckan.cli import CKANConfigLoader
from ckan.config.middleware import make_app
app = make_app(CKANConfigLoader(sys.argv[1]).get_config())
from threading import Event
from ckanext.pole.harvest import consumer, indexing
indexing.GRACE = 1
consumer.LOOK = 1.0
with app._wsgi_app.test_request_context():
    print("ready", flush=True)
    consumer.consume(sys.argv[2], Event())
"""
PATIENCE = 120


@pytest.fixture
def portal():
    from pole_demo.httpd import DemoServer

    with DemoServer() as server:
        yield server


class Consumers:
    """A gather and a fetch consumer, as processes; a killed one is started again, as the process manager does."""

    def __init__(self, ini: str) -> None:
        self.ini = ini
        self.processes: dict[str, subprocess.Popen[str]] = {}
        for stage in ("gather", "fetch"):
            self.start(stage)
        for process in self.processes.values():
            assert process.stdout.readline().strip() == "ready"

    def start(self, stage: str) -> None:
        self.processes[stage] = subprocess.Popen(
            [sys.executable, "-c", CONSUMER, self.ini, stage],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=Path(self.ini).parent,
        )  # fmt: skip

    def kill(self, stage: str) -> None:
        self.processes[stage].send_signal(signal.SIGKILL)
        self.processes[stage].wait()
        self.start(stage)

    def end(self) -> None:
        for process in self.processes.values():
            process.kill()
            process.wait()
            process.stdout.close()


@pytest.fixture
def consumers(request, harvest):
    found = Consumers(str(Path(request.config.option.ckan_ini).resolve()))
    yield found
    found.end()


@pytest.mark.skipif(not os.environ.get("POLE_LONG"), reason="minutes long: POLE_LONG=1 runs it")
@pytest.mark.faults
def test_a_kill_at_any_moment_loses_nothing_and_doubles_nothing(harvest, portal, consumers):
    city = harvest(f"{portal.url}/city", "pole_ckan", language="fr", page_size=5)
    packages = portal.city.portal.packages
    total = len(packages)
    for seed in SEEDS:
        draw = random.Random(seed)
        for package in draw.sample(packages, total // 2):
            package["title"] = f"{package['title'].split(' — ')[0]} — {seed}"
        job = tk.get_action("harvest_job_create")(city.context(), {"source_id": city.source_id, "run": True})
        for stage in draw.choices(["gather", "fetch"], k=draw.randint(1, 2)):
            time.sleep(draw.uniform(0, 2.5))
            consumers.kill(stage)
        until = time.monotonic() + PATIENCE
        while not settled(job["id"]):
            assert time.monotonic() < until, (seed, state(job["id"]))
            time.sleep(0.5)
        # What the scheduler does; ckanext-harvest lets no second job begin before it.
        model.Session.execute(sa.text("UPDATE harvest_job SET status = 'Finished'"))
        model.Session.commit()
        assert_whole(packages, seed)


def state(run_id):
    model.Session.remove()
    row = runs.get(run_id)
    left = model.Session.query(HarvestObject.state).filter_by(harvest_job_id=run_id).all()
    return row and row.state, row and row.problem, [item for item in left if item[0] != "COMPLETE"]


def settled(run_id):
    model.Session.remove()
    row = runs.get(run_id)
    waiting = model.Session.execute(sa.select(sa.func.count()).select_from(unindexed)).scalar()
    return row is not None and row.state == runs.FINISHED and not waiting


def assert_whole(packages, seed):
    model.Session.remove()
    stored = model.Session.query(model.Package).filter_by(type="dataset", state="active").all()
    titles = sorted(" ".join(package["title"].split()) for package in packages)
    assert sorted(package.title for package in stored) == titles, seed
    make_connection().commit()
    indexed = make_connection().search("dataset_type:dataset", fl="id,title", rows=1000).docs
    assert {doc["id"]: doc["title"] for doc in indexed} == {package.id: package.title for package in stored}, seed
    current = model.Session.query(HarvestObject.guid).filter_by(current=True).all()
    assert sorted(guid for (guid,) in current) == sorted(package["id"] for package in packages), seed
    held = model.Session.execute(sa.select(lease.c.name)).scalars().all()
    assert not [name for name in held if name.startswith("object:")], seed
