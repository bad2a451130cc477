"""`./dev up`: from whatever is there to a healthy portal, and back to what was there if that fails."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from . import (
    databases, environment, packages, postgres, programs, python_env, readiness, site, solr, stack, store,
)
from .errors import Stop
from .keeper import Keeper
from .layout import Layout
from .site import Place
from .terminal import say, step

WEB_SECONDS = 120
CONSUMER_SECONDS = 30
DEMO_SECONDS = 30


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the options of `up`."""
    parser = argparse.ArgumentParser(prog="./dev up", description="Démarre le portail · Start the portal")
    parser.add_argument("--empty", action="store_true", help="sans la démonstration · without the demonstration")
    parser.add_argument("--demo", action="store_true", help="ajoute la démonstration · add the demonstration")
    parser.add_argument("--live", action="store_true", help="moissonne aussi les vrais portails · harvest the real portals")
    options = parser.parse_args(arguments)
    if options.empty and (options.live or options.demo):
        parser.error("--empty, ou · or --demo/--live")
    return options


def run(layout: Layout, arguments: list[str]) -> int:
    """Bring the portal up.

    Returns:
        The exit code.

    Raises:
        Stop: a step failed; what this run had started is stopped again.
    """
    options = parse(arguments)
    stack.check_owner(layout)
    layout.make()
    keeper = Keeper(layout)
    with stack.locked(layout), undone(layout, keeper):
        install(layout, "serve")
        place, secrets = start(layout, keeper)
        start_application(layout, keeper, place)
        load_demo(layout, keeper, place, secrets, options)
    summary(layout, place, secrets)
    return 0


@contextmanager
def undone(layout: Layout, keeper: Keeper) -> Iterator[None]:
    """Stop again what was started inside, if it fails or is interrupted; what ran before goes on."""
    before = keeper.running() if keeper.pid() is not None else None

    def interrupted(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupted)
    try:
        yield
    except BaseException:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if before is None:
            keeper.shutdown()
            stack.sweep(layout, keeper)
        else:
            new = keeper.running() - before
            keeper.stop_programs([name for name in reversed(programs.ALL) if name in new])
        raise


def install(layout: Layout, profile: str) -> None:
    """Install what the machine and the checkout lack; nothing at all when nothing does.

    Args:
        layout: the checkout.
        profile: `serve`, or `test` which adds the tests' own.
    """
    ready = python_env.is_ready(layout, profile)
    needs = [*packages.SERVE]
    if not ready and not python_env.has_psycopg(layout):
        needs += packages.COMPILE
    if not solr.jars_ready(layout):
        needs += packages.JARS
    if profile == "test":
        needs += packages.BROWSE
    if lacking := packages.missing(needs):
        say(f"  {' '.join(lacking)}")
        with step("Paquets du système", "system packages", slow=True):
            packages.install(lacking, layout.setup_log)
    if not ready:
        with step("Paquets Python", "Python packages", slow=True):
            python_env.install(layout, profile)
    if not solr.jars_ready(layout):
        with step("Jars de Solr", "Solr jars", slow=True):
            solr.fetch_jars(layout)


def start(layout: Layout, keeper: Keeper) -> tuple[Place, dict[str, Any]]:
    """Start the services and make their data fit the code.

    Returns:
        Where everything listens, and the secrets.
    """
    if stack.sweep(layout, keeper):
        say("✓ Restes d'un arrêt brutal arrêtés · leftovers of a crash stopped")
    secrets = store.drawn_secrets(layout.secrets)
    place = stack.settle(layout, keeper)
    if postgres.needs_cluster(layout):
        with step("Base de données créée", "database cluster made"):
            postgres.make_cluster(layout, secrets)
    site.write_ini(layout, place, secrets)
    configset_before = solr.configset_hash(layout)
    reindex = solr.prepare_home(layout)
    keeper.start(stack.configure(layout, place, secrets))
    started = stack.start_services(layout, keeper, place, secrets)
    if "solr" not in started and solr.configset_hash(layout) != configset_before:
        with step("Configset rechargé", "configset reloaded"):
            solr.reload(place.ports["solr"])
    if reindex or not site.is_prepared(layout):
        with step("Base de données à jour", "database up to date", slow=True):
            port = place.ports["postgres"]
            databases.create(layout, port, secrets, databases.SITE)
            databases.grant_datastore(layout, port, secrets, databases.SITE)
            secrets = site.prepare(layout, secrets, reindex=reindex)
            site.write_ini(layout, place, secrets)  # with xloader's token
    return place, secrets


def start_application(layout: Layout, keeper: Keeper, place: Place) -> None:
    """Start the web server and the consumers; start them again if they run older code than what is on disk."""
    stamp = site.code_stamp(layout)
    if store.read(layout.state).get("code") != stamp:
        running = keeper.running()
        keeper.stop_programs([name for name in reversed(programs.APPLICATION) if name in running])
    store.update(layout.state, code=stamp)
    keeper.start_program("web")
    health = f"{place.internal_url}/api/3/action/status_show"
    with step("Site web prêt", "web ready"):
        stack.wait_for(keeper, "web", lambda: readiness.http_ok(health), WEB_SECONDS)
    for name in programs.CONSUMERS:
        keeper.start_program(name)
    with step("Consommateurs et planificateur prêts", "consumers and scheduler ready"):
        for name in programs.CONSUMERS:
            stack.wait_for(keeper, name, lambda name=name: _is_steady(keeper, name), CONSUMER_SECONDS)


def _is_steady(keeper: Keeper, name: str) -> bool:
    return keeper.table().get(name, {}).get("statename") == "RUNNING"


def load_demo(
    layout: Layout, keeper: Keeper, place: Place, secrets: dict[str, Any], options: argparse.Namespace
) -> None:
    """Serve the demonstration's sources and, the first time, load it.

    Once `--empty` was said it stays said, until `--demo` or `--live`.
    """
    state = store.read(layout.state).get("demo", {})
    wanted = options.demo or options.live or not (options.empty or state.get("empty"))
    if not wanted:
        if not state.get("loaded"):
            store.update(layout.state, demo={"empty": True})
            return
    with step("Sources de démonstration prêtes", "demonstration sources ready"):
        keeper.start_program("demo")
        stack.wait_for(keeper, "demo", lambda: readiness.http_ok(f"{place.demo_url}/health"), DEMO_SECONDS)
    done = state.get("loaded") and state.get("port") == place.ports["demo"] and state.get("live", False) >= options.live
    if done and not options.demo:
        return
    with step("Démonstration chargée", "demonstration loaded", slow=True):
        _run_demo(layout, ["--live"] if options.live else [])
    live = bool(options.live or state.get("live"))
    store.update(layout.state, demo={"loaded": True, "live": live, "port": place.ports["demo"]})


def _run_demo(layout: Layout, arguments: list[str]) -> None:
    """Run `ckan pole demo load` and show its progress, a line at a time."""
    log = layout.log / "demo-load.log"
    command = [str(layout.venv / "bin" / "ckan"), "pole", "demo", "load", *arguments]
    env = environment.command(layout) | {"PYTHONUNBUFFERED": "1"}
    with log.open("w", encoding="utf-8") as out:
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
        raise Stop(
            "La démonstration n'a pas pu être chargée.", "The demonstration could not be loaded.", do="./dev up", log=log
        )


def summary(layout: Layout, place: Place, secrets: dict[str, Any]) -> None:
    """Print what a newcomer needs next."""
    say()
    say(f"  {place.url}")
    say()
    say("  Comptes · accounts")
    for name, password in site.accounts(layout, secrets).items():
        say(f"    {name:<24} {password}")
    say()
    say("  Ensuite · next")
    say("    ./dev status            ce qui tourne · what runs")
    say("    ./dev logs web -f       les journaux · the logs")
    say("    ./dev ckan --help       la commande de CKAN · CKAN's command")
    say("    ./dev token admin       un jeton d'API · an API token")
    say("    ./dev test              les tests · the tests")
    say("    ./dev down              tout arrêter · stop everything")
    if os.environ.get("POLE_HOST", place.host) not in site.LOOPBACK[:2]:
        say(f"  ! {place.host} : d'autres machines peuvent entrer · other machines can come in")
    say()
