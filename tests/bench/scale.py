"""`./dev bench scale`: what does not grow with a source, and a whole 211 directory.

The memory of reading 1,000 and 60,000 new records, each in a process of its own; the directory of Miami (4,089
services and 26,259 links to terms, a real capture) to the DataStore, and again unchanged. Empties the tests' database.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harvest import ROOT, Site, close, ours, start

#: Megabytes that the larger source may take more than the smaller one (issue 6).
MORE_MEMORY = 60
SMALL = 1000
#: Seconds for the directory's first publication, and for a run that finds it unchanged (issue 6).
PUBLISHED, UNCHANGED = 20, 3


def gather(number: int) -> None:
    """Read so many new records, in this process; print how many megabytes the reading took."""
    from ckan import model
    from ckanext.harvest.model import HarvestJob

    from ckanext.pole.harvest.adapters.ckan import MOST, CkanHarvester
    from ckanext.pole.harvest.records import Page

    class Generated(CkanHarvester):
        """The CKAN harvester, its pages made on the spot."""

        def pages(self, http: Any, source: Any) -> Iterator[Page]:
            for begin in range(0, number, MOST):
                yield Page([_raw(at) for at in range(begin, begin + MOST)], number, after=str(begin + MOST))

    site = Site()
    source = site.source("pole_ckan", "http://127.0.0.1:9/", site.organisations[0], {"language": "fr"})
    job = model.Session.get(HarvestJob, site.job(source, False))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # CKAN gives the plugin that it has loaded for any call of the class.
    planned = object.__new__(Generated).gather_stage(job)
    if len(planned) != number:
        raise SystemExit(f"{len(planned)} of {number} records were planned")
    print(json.dumps((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024))


def _raw(at: int) -> dict[str, Any]:
    """A record of some 2.5 kB, as a portal of a city gives it."""
    name = str(uuid.uuid5(uuid.NAMESPACE_OID, str(at)))
    kind = {"format": "CSV", "url_type": None, "description": "Une ligne par fiche, mise à jour chaque mois. " * 8}
    resources = [
        {**kind, "id": f"{name}-{n}", "name": f"Tableau {n}", "url": f"https://exemple.test/{at}/{n}.csv"}
        for n in range(4)
    ]
    notes = f"Description du jeu de données {at}, avec ses limites et sa méthode. " * 10
    return {"id": name, "name": f"jeu-{at}", "title": f"Jeu {at}", "notes": notes, "resources": resources, "tags": []}


def memory(number: int) -> bool:
    """Compare the memory of two readings, each in a process of its own; say whether the goal is met."""
    took = {}
    for size in (SMALL, number):
        done = subprocess.run(
            [sys.executable, __file__, "--gather", str(size)], stdout=subprocess.PIPE, text=True, check=True
        )
        took[size] = float(done.stdout.splitlines()[-1])
    more = took[number] - took[SMALL]
    print(f"reading {SMALL} records: +{took[SMALL]:.0f} MB, {number}: +{took[number]:.0f} MB")
    print(f"the larger source takes {more:.0f} MB more (goal: at most {MORE_MEMORY})")
    return more <= MORE_MEMORY


def directory(fixtures: Path) -> bool:
    """Publish Miami's directory, then find it unchanged; say whether the goals are met."""
    from ckanext.harvest.model import HarvestObject
    from pole_bench.portal import DEMO

    sys.path.append(str(DEMO))
    from pole_demo.httpd import DemoServer

    site = Site()
    with DemoServer(hsds_dir=fixtures / "hsds-miami") as server:
        url = f"{server.url}/hsds/datapackage.zip"
        source = site.source("pole_directory", url, site.organisations[0], {"language": "en"})
        seconds, cpu, objects = [], [], []
        for _ in range(2):
            began, worked = time.perf_counter(), time.process_time()
            ours(site, source)
            seconds.append(time.perf_counter() - began)
            cpu.append(time.process_time() - worked)
            close(site, source)
            objects.append(site.model.Session.query(HarvestObject).count())
    print(f"directory, first: {seconds[0]:.1f} s ({cpu[0]:.1f} s of ours; goal: {PUBLISHED})")
    print(f"directory, unchanged: {seconds[1]:.1f} s ({cpu[1]:.1f} s of ours; goal: {UNCHANGED}), no write")
    return seconds[0] <= PUBLISHED and seconds[1] <= UNCHANGED and objects == [1, 1]


def main() -> int:
    """Measure and print; 1 if a goal is missed."""
    parser = argparse.ArgumentParser(prog="./dev bench scale", description=__doc__)
    parser.add_argument("--records", type=int, default=60_000)
    parser.add_argument("--gather", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    app = start()
    if options.gather:
        with app.test_request_context():
            gather(options.gather)
        return 0
    fixtures = Path(os.environ.get("POLE_FIXTURES", ROOT.parent / "shared" / "fixtures"))
    met = memory(options.records)
    if fixtures.is_dir():
        with app.test_request_context():
            met &= directory(fixtures)
    else:
        print("REAL CAPTURES ABSENT: set POLE_FIXTURES to measure the directory")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
