"""The demonstration: its sources are served here, and `ckan pole demo load` fills the portal from them."""

from __future__ import annotations

import argparse
import json
import secrets
import subprocess
from pathlib import Path

from . import environment, readiness, stack, store
from .errors import Stop
from .keeper import Keeper
from .layout import Layout
from .site import Place
from .terminal import say, step

SECONDS = 30
SEEDS = "docker/demo/content/seeds.yaml"
READ_ACCOUNTS = """
import json, sys, yaml
print(json.dumps([account["name"] for account in (yaml.safe_load(sys.stdin) or {}).get("accounts") or []]))
"""
LIVE = "docker/demo/content/live.yaml"
"""The real portals, for a site with internet."""


def load(layout: Layout, keeper: Keeper, place: Place, options: argparse.Namespace) -> None:
    """Serve the sources and, the first time, load the demonstration.

    Once `--empty` was said it stays said, until `--demo` or `--live`.

    Raises:
        Stop: it could not be loaded.
    """
    state = store.read(layout.state).get("demo", {})
    asked = options.demo or options.live
    if not asked and (options.empty or state.get("empty")) and not state.get("loaded"):
        store.update(layout.state, demo={"empty": True})
        return
    with step("Sources de démonstration prêtes", "demonstration sources ready"):
        keeper.start_program("demo")
        stack.wait_for(keeper, "demo", lambda: readiness.http_ok(f"{place.demo_url}/health"), SECONDS)
    # The sources' addresses are in the database: another port, and they have to be told.
    if options.demo or not state.get("loaded") or state.get("port") != place.ports["demo"]:
        with step("Démonstration chargée", "demonstration loaded", slow=True):
            _run(layout, layout.root / SEEDS, place.demo_url)
        store.update(layout.state, demo={"loaded": True, "port": place.ports["demo"]})
    if options.live:
        with step("Vrais portails moissonnés", "real portals harvested", slow=True):
            _run(layout, layout.root / LIVE, place.demo_url)


def _run(layout: Layout, seeds: Path, url: str) -> None:
    """Run `ckan pole demo load` and show its progress, a line at a time."""
    log = layout.log / "demo-load.log"
    command = [
        str(layout.venv / "bin" / "ckan"), "pole", "demo", "load",
        "--seeds", str(seeds), "--url", url, "--passwords", str(_passwords(layout, seeds)),
    ]
    env = environment.command(layout) | {"PYTHONUNBUFFERED": "1"}
    with log.open("a", encoding="utf-8") as out:
        process = subprocess.Popen(
            command, env=env, cwd=layout.root, stdout=subprocess.PIPE, stderr=out, text=True, encoding="utf-8"
        )
        try:
            for line in process.stdout or ():
                out.write(line)
                out.flush()
                say(f"    {line.rstrip()}")
            code = process.wait()
        except BaseException:
            process.terminate()
            process.wait()
            raise
    if code:
        what = ("La démonstration n'a pas pu être chargée.", "The demonstration could not be loaded.")
        raise Stop(*what, do="./dev up", log=log)


def _passwords(layout: Layout, seeds: Path) -> Path:
    """Draw a password for each account that the seeds name, once.

    Returns:
        The file of accounts and passwords.
    """
    # YAML is read by the portal's Python: the one that runs us has the standard library only.
    done = subprocess.run(
        [str(layout.python), "-c", READ_ACCOUNTS], input=seeds.read_text("utf-8"), env=environment.clean(),
        capture_output=True, text=True, check=False,
    )
    if done.returncode:
        raise Stop(f"{seeds.name} est illisible.", f"{seeds.name} cannot be read: {done.stderr.splitlines()[-1]}")
    known = store.read(layout.accounts)
    drawn = {name: secrets.token_urlsafe(9) for name in json.loads(done.stdout)}
    store.write(layout.accounts, {**drawn, **known})
    return layout.accounts
