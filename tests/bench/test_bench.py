"""The bench runs, on a handful of datasets, and what it writes is right."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckan.tests import factories

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path += [str(HERE), str(ROOT / "docker")]

from local import bench, layout  # noqa: E402
from pole_bench import content, rows, table  # noqa: E402
from pole_bench.alike import without  # noqa: E402
from pole_bench.asking import CREATE, GOALS  # noqa: E402
from pole_bench.figures import PROCESSOR  # noqa: E402

#: A site whose index CKAN makes too, and one that our batches fill for both.
SIZES = (12, 30)
#: What issue 7 asks of a row of the JSON.
CONTRACT = {"name", "vanilla", "pole", "ratio", "goal", "spread", "ok"}


def shown(name):
    return without(tk.get_action("package_show")({"ignore_auth": True}, {"id": name}))


@pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")
def test_rows_written_in_bulk_are_what_the_action_writes():
    admin = factories.Sysadmin()
    rows.organisations([0], True, content.identity)
    item, twin = content.items(2, 1, [("mtl-12", {"fr": "Verdun", "en": "Verdun"})])
    dataset = content.for_pole(item, content.identity("organisation", 0))
    rows.Catalogue(True, admin["id"]).write([dataset])
    again = {**dataset, "id": twin.id, "name": twin.name}
    again["resources"] = [
        {**mine, "id": other["id"]} for mine, other in zip(dataset["resources"], twin.resources, strict=True)
    ]
    tk.get_action("package_create")({"user": admin["name"], "ignore_auth": True}, again)
    model.Session.expire_all()
    assert shown(item.name) == shown(twin.name)


def test_the_bench_measures_both_sites_and_writes_its_figures(tmp_path):
    figures = tmp_path / "bench.json"
    sizes = f"--sizes={','.join(map(str, SIZES))}"
    few = [sizes, "--small=20", "--rounds=1", "--organisations=6", "--many=40", "--harvest=0", "--no-worker"]
    with bench.sites(layout.from_here()) as sites:
        done = subprocess.run(
            [sys.executable, str(HERE / "run.py"), "--sites", str(sites), "--json", str(figures), *few],
            capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    written = figures.read_text("utf-8")
    assert all(set(row) == CONTRACT for row in json.loads(written)["rows"])
    rows = table.rows_of(written)
    for size in SIZES:
        found = {row.name: row for row in rows if row.datasets == size}
        assert {*GOALS, CREATE, "index rebuild", "search, member of 40", "memory, web"} <= set(found)
        for name, row in found.items():
            assert row.vanilla > 0, name
            assert row.pole > 0, name
            assert row.goal is not None or row.ok is None, name
        page = found["dataset page, anonymous"]
        assert page.ratio == pytest.approx(page.pole / page.vanilla, rel=0.01)
        assert page.ok is (page.ratio <= page.goal)
        assert all(name in done.stdout for name in found if not name.endswith(PROCESSOR))


@pytest.mark.skipif(os.environ.get("POLE_LONG") != "1", reason="a minute; its parts are tested in tests/unit/bench")
def test_a_crowd_before_nginx_is_measured_part_by_part(tmp_path):
    figures = tmp_path / "load.json"
    few = ["--sizes=30,40", "--seconds=0.5", "--readers=2", "--json", str(figures)]
    assert bench.load(layout.from_here(), few) == 0
    found = json.loads(figures.read_text("utf-8"))
    assert {(one["datasets"], one["webs"]) for one in found["asked"]} == {(30, 1), (30, 2), (40, 1), (40, 2)}
    for one in found["asked"]:
        kept = one["page"] in ("file of the theme", "page that nginx keeps")
        assert one["cached"] == kept, one
        assert (one["cost"]["web"] > 1) is not kept, one
    assert all(found["bytes_each"][kind] > 100 for kind in ("database", "index"))
    assert all(megabytes > 1 for megabytes in found["megabytes"].values())
