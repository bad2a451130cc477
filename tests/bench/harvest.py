"""`./dev bench harvest`: ours beside ckanext-harvest's CKANHarvester, the same source, site and run.

Prints a table and, with `--json FILE`, writes the figures. Empties the tests' database first.
"""

from __future__ import annotations

import argparse
import copy
import json
import logging
import os
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

from pole_bench import figures, table
from pole_bench.figures import Row

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "docker" / "demo"))

#: What issue 6 asks: how many times the records/s of CKANHarvester.
GOALS = {"first": 12, "unchanged": 200, "changed": 60}
NAMES = {"first": "harvest, first import", "unchanged": "harvest, all unchanged", "changed": "harvest, 1 % changed"}


def start() -> Any:
    """Start CKAN with CKANHarvester loaded beside ours."""
    from ckan.cli import CKANConfigLoader
    from ckan.config.middleware import make_app

    config = CKANConfigLoader(os.environ["CKAN_INI"]).get_config()
    config["ckan.plugins"] = f"{config['ckan.plugins']} ckan_harvester"
    app = make_app(config)
    logging.disable(logging.INFO)
    return app._wsgi_app


def records(portal: Any, number: int) -> None:
    """Make a source of so many datasets out of the demonstration's."""
    seeds = [copy.deepcopy(package) for package in portal.packages]
    portal.packages.clear()
    for at in range(number):
        package = copy.deepcopy(seeds[at % len(seeds)])
        package |= {"id": str(uuid.uuid5(uuid.NAMESPACE_OID, str(at))), "name": f"{package['name'][:80]}-{at}"}
        package |= {"landing_page": f"https://donnees.exemple.test/dataset/{at}"}
        for place, resource in enumerate(package["resources"]):
            resource |= {"id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{at} {place}")), "package_id": package["id"]}
        portal.packages.append(package)


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
        self.admin = factories.Sysadmin()["name"]
        self.organisations = [factories.Organization(title_translated={"fr": "Ville"})["id"] for _ in range(2)]

    def context(self) -> dict[str, Any]:
        return {"model": self.model, "session": self.model.Session, "ignore_auth": True, "user": self.admin}

    def source(self, kind: str, url: str, organisation: str, config: dict[str, Any]) -> str:
        details = {"name": kind.replace("_", "-"), "title": kind, "url": url, "source_type": kind}
        details |= {"owner_org": organisation, "config": json.dumps(config)}
        return self.tk.get_action("harvest_source_create")(self.context(), details)["id"]

    def job(self, source_id: str, run: bool) -> str:
        return self.tk.get_action("harvest_job_create")(self.context(), {"source_id": source_id, "run": run})["id"]


def ours(site: Site, source_id: str) -> None:
    """One run through our consumers."""
    from ckanext.pole.harvest.consumer import consume

    site.job(source_id, True)
    for stage in ("gather", "fetch"):
        consume(stage, Event(), until_empty=True)
    site.tk.get_action("harvest_jobs_run")(site.context(), {"source_id": source_id})


def vanilla(site: Site, source_id: str) -> None:
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


def timed(work: Callable[[], None], number: int) -> float:
    """Records a second."""
    began = time.perf_counter()
    work()
    return number / (time.perf_counter() - began)


def measure(number: int) -> list[Row]:
    """Both harvesters: first import, all unchanged, one record in a hundred changed."""
    from pole_demo.httpd import DemoServer

    site = Site()
    rows = []
    with DemoServer() as server:
        records(server.city.portal, number)
        url = f"{server.url}/city"
        first, second = site.organisations
        theirs = site.source("ckan", url, first, {"force_all": True, "remote_groups": "", "clean_tags": True})
        # Another address of the same portal, or the rule of one owner would leave nothing to do.
        mine = site.source("pole_ckan", url, second, {"language": "fr"})
        for step, goal in GOALS.items():
            if step == "changed":
                for package in server.city.portal.packages[:: max(1, min(100, number))]:
                    package |= {"title": f"{package['title']} (nouveau)", "metadata_modified": "2030-01-01T00:00:00"}
            speeds = [timed(lambda: vanilla(site, theirs), number)], [timed(lambda: ours(site, mine), number)]
            rows.append(figures.rates(NAMES[step], *speeds, goal=goal, datasets=number))
    stored = site.model.Session.query(site.model.Package).filter_by(type="dataset", state="active").count()
    if stored != 2 * number:
        raise SystemExit(f"{stored} datasets came of twice {number} records")
    return rows


def main() -> int:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(prog="./dev bench harvest", description=__doc__)
    parser.add_argument("--records", type=int, default=1000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    app = start()
    load = [os.getloadavg()[0]]
    with app.test_request_context():
        rows = measure(options.records)
    load.append(os.getloadavg()[0])
    print(table.text(rows, load))
    if options.json:
        options.json.write_text(table.document(rows), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
