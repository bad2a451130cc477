"""`./dev bench harvest`: ours beside ckanext-harvest's CKANHarvester, the same sources, site and run, in turns.

Prints a table and, with `--json FILE`, writes the figures. Empties the tests' database first. Each step is measured on
the clock and by the processor's own count of the harvester's process, since a machine may do other things as well;
the portals that are read are a process of their own.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import random
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

from pole_bench import content, figures, table
from pole_bench.alike import different, without
from pole_bench.figures import Row
from pole_bench.portal import Portals

ROOT = Path(__file__).resolve().parents[2]

#: What issue 6 asks: how many times the records/s of CKANHarvester.
GOALS = {"first": 12, "unchanged": 200, "changed": 60}
NAMES = {"first": "harvest, first import", "unchanged": "harvest, all unchanged", "changed": "harvest, 1 % changed"}
#: A directory of 4,089 services and 26,259 links to terms, outside of the project; seconds to the DataStore, and again.
DIRECTORY = "hsds-miami"
DIRECTORY_GOALS = {"directory, first to DataStore": 20.0, "directory, unchanged": 3.0}
#: Datasets compared with what `package_create` makes of the same record.
COMPARED = 40
#: Records that each harvester reads before the clock runs.
WARM = 50


def start() -> Any:
    """Start CKAN with CKANHarvester loaded beside ours."""
    from ckan.cli import CKANConfigLoader
    from ckan.config.middleware import make_app

    config = CKANConfigLoader(os.environ["CKAN_INI"]).get_config()
    config["ckan.plugins"] = f"{config['ckan.plugins']} ckan_harvester"
    app = make_app(config)
    logging.disable(logging.INFO)
    return app._wsgi_app


class Site:
    """The emptied site, and what the two harvesters need of it."""

    def __init__(self) -> None:
        import ckan.plugins.toolkit as tk
        from ckan import model
        from ckan.lib import search
        from ckan.tests import factories

        self.tk, self.model = tk, model
        model.repo.delete_all()
        search.clear_all()
        self.admin = factories.Sysadmin(password=content.PASSWORD)["name"]
        self.organisations = [factories.Organization(title_translated={"fr": "Ville"})["id"] for _ in range(2)]

    def context(self) -> dict[str, Any]:
        return {"model": self.model, "session": self.model.Session, "ignore_auth": True, "user": self.admin}

    def source(self, kind: str, url: str, organisation: str, config: dict[str, Any]) -> str:
        name = f"{kind.replace('_', '-')}-{uuid.uuid4().hex[:8]}"
        details = {"name": name, "title": name, "url": url, "source_type": kind}
        details |= {"owner_org": organisation, "config": json.dumps(config)}
        return self.tk.get_action("harvest_source_create")(self.context(), details)["id"]

    def job(self, source_id: str, run: bool) -> str:
        return self.tk.get_action("harvest_job_create")(self.context(), {"source_id": source_id, "run": run})["id"]


def ours(site: Site, source_id: str) -> str:
    """One run through our consumers; gives the run."""
    from ckanext.pole.harvest.consumer import consume

    job = site.job(source_id, True)
    for stage in ("gather", "fetch"):
        consume(stage, Event(), until_empty=True)
    return job


def close(site: Site, source_id: str) -> None:
    """End a source's job, as ckanext-harvest's cron does for any harvester some time later: not part of the run."""
    site.tk.get_action("harvest_jobs_run")(site.context(), {"source_id": source_id})


def vanilla(site: Site, source_id: str) -> str:
    """One run of CKANHarvester, in one process, with ckanext-harvest's own steps."""
    from ckanext.harvest import queue
    from ckanext.harvest.model import HarvestJob, HarvestObject

    job_id = site.job(source_id, False)
    job: Any = site.model.Session.get(HarvestJob, job_id)
    job.status = "Running"
    job.save()
    harvester = queue.get_harvester("ckan")
    for object_id in queue.gather_stage(harvester, job) or []:
        queue.fetch_and_import_stages(harvester, site.model.Session.get(HarvestObject, object_id))
    job = site.model.Session.get(HarvestJob, job_id)
    job.status = "Finished"
    job.save()
    return job_id


class Clock:
    """Seconds of pieces of work, on the clock and of the processor."""

    def __init__(self) -> None:
        self.wall: list[float] = []
        self.processor: list[float] = []

    @contextmanager
    def running(self) -> Any:
        began = time.perf_counter(), time.process_time()
        yield
        self.wall.append(time.perf_counter() - began[0])
        self.processor.append(time.process_time() - began[1])


def measure(site: Site, portals: Portals, number: int, rounds: int) -> list[Row]:
    """Both harvesters in turns: first import, all unchanged, one record in a hundred changed."""
    sources = [_both(site, f"{url}/city") for url in portals.urls]
    theirs, mine = [list(side) for side in zip(*sources, strict=True)]
    # The first records of a process are the slow ones, and whoever comes first would pay for Solr's as well.
    warm = theirs.pop(), mine.pop()
    vanilla(site, warm[0])
    ours(site, warm[1])
    close(site, warm[1])
    rows: list[Row] = []
    for step, goal in GOALS.items():
        clocks = Clock(), Clock()
        for at in range(rounds):
            changed = portals.change(at, at) if step == "changed" else 0
            turns = [
                partial(_timed, clocks[0], vanilla, site, theirs[at]),
                partial(_checked, site, clocks[1], mine[at], step, {"first": number, "changed": changed}),
            ]
            for turn in turns if at % 2 else reversed(turns):
                turn()
        if step == "first":
            print(f"{compared(site, mine[0], portals.urls[0])} datasets are as package_create makes them, key by key")
        for name, goal_, seconds in (
            (NAMES[step], goal, [clock.wall for clock in clocks]),
            (f"{NAMES[step]}, processor", None, [clock.processor for clock in clocks]),
        ):
            speeds = [[number / one for one in found] for found in seconds]
            rows.append(figures.rates(name, *speeds, goal=goal_, datasets=number))
    stored = site.model.Session.query(site.model.Package).filter_by(type="dataset", state="active").count()
    if stored != 2 * (number * rounds + WARM):
        raise SystemExit(f"{stored} datasets came of {rounds} times twice {number} records, and twice {WARM}")
    return rows


def _both(site: Site, url: str) -> tuple[str, str]:
    """A portal as a source of CKANHarvester, and as one of ours."""
    first, second = site.organisations
    settings = {"force_all": True, "remote_groups": "", "clean_tags": True}
    # Another owner of the same portal, or the rule of one owner would leave nothing to do.
    return site.source("ckan", url, first, settings), site.source("pole_ckan", url, second, {"language": "fr"})


def _timed(clock: Clock, work: Callable[..., Any], *args: Any) -> Any:
    with clock.running():
        return work(*args)


def _checked(site: Site, clock: Clock, source_id: str, step: str, written: dict[str, int]) -> None:
    """One run of ours, which has to have written what there was to write."""
    run = _timed(clock, ours, site, source_id)
    close(site, source_id)
    report = site.tk.get_action("pole_harvest_report")(site.context(), {"id": run, "limit": 1})
    if (report["state"], report["written"], report["failed"]) != ("finished", written.get(step, 0), 0):
        raise SystemExit(f"{step}: {report}")


def compared(site: Site, source_id: str, url: str) -> int:
    """Compare datasets that a harvest made with what `package_create` makes of the same records, key by key.

    Returns:
        How many were compared.

    Raises:
        SystemExit: two differ.
    """
    from ckanext.harvest import queue
    from ckanext.harvest.model import HarvestSource

    from ckanext.pole.harvest import datasets, options
    from ckanext.pole.harvest.records import dataset_id
    from ckanext.pole.harvest.source import Source

    source = Source.of(site.model.Session.get(HarvestSource, source_id))
    harvester: Any = queue.get_harvester("pole_ckan")
    with options.client(source) as http:
        raws = [raw for page in harvester.pages(http, source) for raw in page.records]
    show = site.tk.get_action("package_show")
    chosen = random.Random(url).sample(raws, min(COMPARED, len(raws)))
    for raw in chosen:
        made = show(site.context(), {"id": dataset_id(source.id, harvester.identity(raw))})
        # ckanext-harvest says where a dataset came from whenever it is shown; one that nobody harvested lacks that.
        made["extras"] = [one for one in made.get("extras", ()) if not one["key"].startswith("harvest_")]
        id_ = str(uuid.uuid4())
        wanted = datasets.fresh(id_, harvester.normalise(raw, source).dataset, source) | {"name": id_}
        site.tk.get_action("package_create")(datasets.context(), wanted)
        if found := different(without(made), without({"extras": [], **show(site.context(), {"id": id_})})):
            raise SystemExit(f"{made['name']} differs from what package_create makes: {found}")
        site.tk.get_action("dataset_purge")(site.context(), {"id": id_})
    return len(chosen)


def directory(site: Site, url: str) -> list[Row]:
    """A whole 211 directory: first to its tables in the DataStore, then unchanged and without a write."""
    source = site.source("pole_directory", f"{url}/hsds/datapackage.zip", site.organisations[1], {"language": "en"})
    rows = []
    for (name, goal), expected in zip(DIRECTORY_GOALS.items(), (1, 0), strict=True):
        clock = Clock()
        _checked(site, clock, source, name, {name: expected})
        found = site.tk.get_action("package_search")(site.context(), {"fq": 'name:"repertoire-211"'})["results"][0]
        services = next(item for item in found["resources"] if item.get("table") == "services")
        stored = site.tk.get_action("datastore_search")(site.context(), {"resource_id": services["id"], "limit": 0})
        note = f"{clock.processor[0]:.1f} s of the processor"
        rows.append(figures.seconds(name, clock.wall[0], goal=goal, datasets=stored["total"], note=note))
    return rows


def main() -> int:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(prog="./dev bench harvest", description=__doc__)
    parser.add_argument("--records", type=int, default=1000, help="records of a portal (default: 1000)")
    parser.add_argument("--rounds", type=int, default=3, help="portals, and turns of each step (default: 3)")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    captures = Path(os.environ.get("POLE_FIXTURES", ROOT.parent / "shared" / "fixtures")) / DIRECTORY
    load = [os.getloadavg()[0]]
    records = [options.records] * options.rounds + [WARM]
    with Portals(records, captures if captures.is_dir() else None) as portals:
        app = start()
        with app.test_request_context():
            site = Site()
            rows = measure(site, portals, options.records, options.rounds)
            if captures.is_dir():
                rows += directory(site, portals.urls[0])
    load.append(os.getloadavg()[0])
    print(table.text(rows, load))
    if not captures.is_dir():
        print(f"Not measured: the directory, for want of the captures ({DIRECTORY}; POLE_FIXTURES says where they are)")
    if options.json:
        options.json.write_text(table.document(rows), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
