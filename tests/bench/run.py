"""`./dev bench`: our site beside CKAN as it comes, with the same datasets, asked in turns in the same run.

Prints a table and, with `--json FILE`, writes the figures.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from pole_bench import figures, table
from pole_bench.asking import Limits, Pair
from pole_bench.figures import Row
from pole_bench.site import BenchError, Process, Where, core, megabytes, serving, together, working

HERE = Path(__file__).resolve().parent
REBUILD_GOAL = 3
#: Datasets of a greater site that CKAN's own rebuild is timed on.
PART = 1000


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--sites", type=Path, help=argparse.SUPPRESS)
    parser.add_argument(
        "--sizes", "--size", default="1k", type=_sizes,
        help="numbers of datasets, one after another, as 1k,20k,100k (default: 1k)",
    )  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="fewer rounds: ends within five minutes at 1k")
    parser.add_argument("--rounds", type=int, help="rounds of each measure (default: 200, quick 40)")
    parser.add_argument("--organisations", type=int, default=600, help="organisations (default: 600)")
    parser.add_argument("--many", type=int, default=5000, help="organisations of one person (default: 5000)")
    parser.add_argument("--harvest", type=int, help="records of the harvest (default: 1000, quick 250; 0: none)")
    parser.add_argument("--small", type=int, default=Limits.small, help=argparse.SUPPRESS)
    parser.add_argument("--no-worker", action="store_true", help="do not measure the worker's memory")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    return parser.parse_args()


def _sizes(text: str) -> list[int]:
    return [int(size.replace("k", "000")) for size in text.split(",")]


def main() -> int:
    """Measure, print, and write."""
    asked = options()
    described = json.loads(asked.sites.read_text("utf-8"))
    limits = Limits(asked.rounds or (40 if asked.quick else 200), 5 if asked.quick else 40, asked.small)
    harvest = asked.harvest if asked.harvest is not None else (250 if asked.quick else 1000)
    load, began = [os.getloadavg()[0]], time.monotonic()
    sites = {name: Where(**details) for name, details in described["sites"].items()}
    rows: list[Row] = []
    try:
        for size in asked.sizes:
            rows += measure(sites, described["python"], size, (asked.organisations, asked.many), limits)
            _write(asked.json, rows)  # what was measured stays, whatever happens to the next
        if not asked.no_worker:
            rows.append(workers(sites, asked.sizes[-1]))
        if harvest:
            rows += harvested(described["python"], harvest)
    except BenchError as error:
        print(f"✗ {error}", file=sys.stderr)
        return 1
    load.append(os.getloadavg()[0])
    for size in dict.fromkeys(row.datasets for row in rows):
        print(f"\n{size:,} datasets or records, {asked.organisations} organisations\n")
        print(table.text([row for row in rows if row.datasets == size], load))
    print(f"\nTook {(time.monotonic() - began) / 60:.1f} minutes.")
    _write(asked.json, rows)
    return 0


def _write(path: Path | None, rows: list[Row]) -> None:
    if path:
        path.write_text(table.document(rows), "utf-8")


def measure(
    sites: dict[str, Where], python: str, size: int, of_many: tuple[int, int], limits: Limits
) -> list[Row]:
    """Fill both sites and ask them everything.

    Args:
        sites: both, by name.
        python: that runs CKAN.
        size: how many datasets.
        of_many: how many organisations, and how many that one person joins.
        limits: of each row.
    """
    rows: list[Row] = []
    organisations, many = of_many
    with ExitStack() as stack:
        for name, where in sites.items():
            stack.enter_context(core(where.solr, "pole" if name == "pole" else ""))
        processes: dict[str, Process] = {}
        for name, where in sites.items():
            processes[name] = Process(where, python)
            stack.callback(processes[name].close)
        for process in processes.values():
            process.ready()
        _say(f"filling both sites: {size:,} datasets")
        with ThreadPoolExecutor(len(processes)) as pool:
            list(pool.map(lambda process: process("empty"), processes.values()))
            filling = {
                name: pool.submit(process, "fill", datasets=size, organisations=organisations)
                for name, process in processes.items()
            }
        filled = {name: one.result() for name, one in filling.items()}
        _say("making both indexes")
        rows.append(rebuilt(processes, size, limits))
        _say("starting both sites")
        pids = stack.enter_context(together(serving, sites))
        pair = Pair(sites, filled, limits, pids)
        _say("asking both sites")
        rows[:0] = pair.rows()
        rows.append(pair.create(processes, organisations))
        rows.append(pair.many_labels(processes, organisations, many))
        rows.append(_memory("memory, web", {name: megabytes(pid) for name, pid in pids.items()}, size))
    return rows


def workers(sites: dict[str, Where], size: int) -> Row:
    """Memory of the workers that wait for work."""
    _say("starting both workers")
    with together(working, sites) as pids:
        return _memory("memory, worker", {name: megabytes(pid) for name, pid in pids.items()}, size)


def rebuilt(processes: dict[str, Process], size: int, limits: Limits) -> Row:
    """Make the indexes anew, in turns; of a great catalogue ours once, and a part of CKAN's own."""
    great = size > limits.small
    if great:
        processes["vanilla"]("index")
    found: dict[str, list[dict[str, float]]] = {name: [] for name in processes}
    # Of a small one the first is not counted, as WARM of what is asked: it is over before Solr's Java is quick at it.
    turns, warm = (1, 0) if great else (1 + min(3, max(1, limits.rounds // 16)), 1)
    for turn in range(turns):
        for name, process in processes.items():
            done = process("rebuild", part=PART if great else 0)
            if turn >= warm:
                found[name].append(done)
    speeds = {name: [one["rate"] for one in each] for name, each in found.items()}
    cpu = {name: statistics.median(one["cpu"] for one in each) for name, each in found.items()}
    note = f"of vanilla's, {PART:,} datasets of the whole" if great else ""
    return figures.rates(
        "index rebuild", **speeds, goal=REBUILD_GOAL, datasets=size, note=note, cpu=(cpu["vanilla"], cpu["pole"])
    )


def harvested(python: str, records: int) -> list[Row]:
    """The harvest's own bench, in a process of its own: it has a database of its own."""
    _say("harvesting with both harvesters")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "harvest.json"
        command = [python, str(HERE / "harvest.py"), "--records", str(records), "--json", str(path)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            raise BenchError(f"the harvest's bench failed: {done.stderr[-2000:]}")
        return table.rows_of(path.read_text("utf-8"))


def _memory(name: str, found: dict[str, float], size: int) -> Row:
    ratio = found["pole"] / found["vanilla"]
    return Row(name, figures.MEGABYTES, found["vanilla"], found["pole"], ratio, None, None, size)


def _say(what: str) -> None:
    print(f"… {time.strftime('%H:%M:%S')} {what}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
