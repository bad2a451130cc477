"""`./dev bench load`: the portal behind nginx as compose starts it, asked by many at once.

For each size of catalogue: one gunicorn, then two, each with the processes and threads of the image. What each part
takes of the processor for a page, and of memory, is what docs/en/scaling.md multiplies.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "docker"))

from pole_bench import sizing_page  # noqa: E402
from pole_bench.crowd import Crowd, Front, index_bytes, machine, memory  # noqa: E402
from pole_bench.site import BenchError, Process, Where, core  # noqa: E402
from pole_bench.sizing import Asked, Load  # noqa: E402

PAGES = {"docs/en/scaling.md": sizing_page.ENGLISH, "docs/fr/echelle.md": sizing_page.FRENCH}
ORGANISATIONS = 600
#: Megabytes by part, and bytes a dataset.
Held = tuple[dict[str, float], dict[str, float]]


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="./dev bench load", description=__doc__)
    parser.add_argument("--sites", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--front", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--sizes", default="1k,20k", help="numbers of datasets, one after another (default: 1k,20k)")
    parser.add_argument("--quick", action="store_true", help="500 and 1,000 datasets, 1 s a page: within two minutes")
    parser.add_argument("--seconds", type=float, help="of each page (default: 7, quick 1)")
    parser.add_argument("--readers", type=int, default=8, help="at once (default: 8)")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--docs", action="store_true", help="write the tables into the pages on scaling")
    return parser.parse_args()


def main() -> int:
    """Measure, print, and write."""
    asked = options()
    front = Front(**json.loads(asked.front.read_text("utf-8")))
    described = json.loads(asked.sites.read_text("utf-8"))
    where = Where(**described["sites"]["pole"])
    sizes = [int(size.replace("k", "000")) for size in ("500,1k" if asked.quick else asked.sizes).split(",")]
    seconds = asked.seconds or (1 if asked.quick else 7)
    began, load = time.monotonic(), os.getloadavg()[0]
    try:
        pages, held = measure(
            where, front, described["python"], sorted(sizes), Crowd(front.url, asked.readers, seconds)
        )
    except BenchError as error:
        print(f"✗ {error}", file=sys.stderr)
        return 1
    measured = Load(machine(), load, asked.readers, pages, *held)
    print(sizing_page.text(measured, sizing_page.ENGLISH))
    print(f"Took {(time.monotonic() - began) / 60:.1f} minutes.")
    if asked.json:
        asked.json.write_text(json.dumps(asdict(measured), indent=1) + "\n", "utf-8")
    for path, words in PAGES.items() if asked.docs else ():
        page = ROOT / path
        page.write_text(sizing_page.put(page.read_text("utf-8"), measured, words), "utf-8")
    return 0


def measure(where: Where, front: Front, python: str, sizes: list[int], crowd: Crowd) -> tuple[list[Asked], Held]:
    """Fill the portal and ask it everything, for each size with one gunicorn and with two.

    Args:
        where: the site.
        front: nginx before it.
        python: that runs CKAN.
        sizes: how many datasets, from few to many.
        crowd: who asks.

    Returns:
        The pages, and what the greatest catalogue takes.
    """
    pages: list[Asked] = []
    held: Held = {}, {}
    with core(where.solr, "pole"), closing(Process(where, python)) as process:
        process.ready()
        for size in sizes:
            process("empty")
            empty = process("weigh")["database"]
            _say(f"filling the portal: {size:,} datasets")
            filled = process("fill", datasets=size, organisations=ORGANISATIONS)
            process("rebuild")
            bytes_each = {
                "database": (process("weigh")["database"] - empty) / size, "index": index_bytes(where.solr) / size
            }
            for webs in (1, 2):
                _say(f"asking, webs: {webs}")
                with front.open(where, webs) as pids:
                    paths = front.paths(filled["public"])
                    for asked in (*paths.values(),) * 2 if not pages else ():  # Java compiles what it does often
                        crowd.read(asked, crowd.seconds)
                    pages += [crowd.ask(page, asked, pids, size) for page, asked in paths.items()]
                    if webs == 1:
                        held = memory(pids), bytes_each
    return pages, held


def _say(what: str) -> None:
    print(f"… {time.strftime('%H:%M:%S')} {what}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
