"""`./dev up`: from whatever is there to a healthy portal, and back to what was there if that fails."""

from __future__ import annotations

import argparse
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from . import (
    databases,
    demo,
    packages,
    ports,
    postgres,
    programs,
    python_env,
    site,
    solr,
    stack,
    store,
)
from .keeper import Keeper
from .layout import Layout
from .site import Place
from .terminal import say, step

WEB_SECONDS = 120
CONSUMER_SECONDS = 90
STEADY = 1.5
"""Seconds that a consumer must stay connected; one that fails does so sooner."""


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the options of `up`."""
    parser = argparse.ArgumentParser(prog="./dev up", description="Démarre le portail · Start the portal")
    parser.add_argument("--empty", action="store_true", help="sans la démonstration · without the demonstration")
    parser.add_argument("--demo", action="store_true", help="ajoute la démonstration · add the demonstration")
    parser.add_argument("--scale", action="store_true", help="tout en double, derrière nginx · two of each")
    parser.add_argument("--live", action="store_true", help="et les vrais portails · and the real portals")
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
        if stack.sweep(layout, keeper):
            say("✓ Restes d'un arrêt brutal arrêtés · leftovers of a crash stopped")
        _change_form(keeper, paired=options.scale)
        stack.check_web(layout, keeper)
        install(layout, "serve", paired=options.scale)
        place, secrets = start(layout, keeper, paired=options.scale)
        start_application(layout, keeper, place)
        demo.load(layout, keeper, place, options)
    summary(layout, place, secrets)
    return 0


def _change_form(keeper: Keeper, *, paired: bool) -> None:
    """Stop what runs in the other form: alone, or two of each."""
    if keeper.pid() is not None and stack.is_paired(keeper) != paired:
        with step("Autre forme, on arrête la première", "another form, stopping the first"):
            keeper.shutdown(programs.STOPPING)


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
            keeper.shutdown(programs.STOPPING)
            stack.sweep(layout, keeper)
        else:
            new = keeper.running() - before
            keeper.stop_programs(new)
        raise


def install(layout: Layout, profile: str, *, paired: bool = False) -> None:
    """Install what the machine and the checkout lack; nothing at all when nothing does.

    Args:
        layout: the checkout.
        profile: `serve`, or `test` which adds the tests' own.
        paired: whether there are two of each, behind nginx.
    """
    ready = python_env.is_ready(layout, profile)
    needs = [*packages.SERVE, *(packages.BALANCE if paired else ())]
    if not ready and not python_env.has_psycopg(layout):
        needs += packages.COMPILE
    if not solr.jars_ready(layout):
        needs += packages.JARS
    if profile == "test":
        needs += [*packages.BROWSE, *packages.BALANCE]
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


def start(layout: Layout, keeper: Keeper, *, paired: bool = False) -> tuple[Place, dict[str, Any]]:
    """Start the services and make their data fit the code.

    Returns:
        Where everything listens, and the secrets.
    """
    secrets = store.drawn_secrets(layout.secrets)
    place = stack.settle(layout, keeper, paired=paired)
    if postgres.needs_cluster(layout):
        with step("Base de données créée", "database cluster made"):
            postgres.make_cluster(layout, secrets)
    site.write_ini(layout, place, secrets)
    solr.compile_launcher(layout)
    reindex = solr.prepare_home(layout, paired=paired)
    keeper.start(stack.configure(layout, place, secrets))
    _stop_stale(layout, keeper)
    prepared = not reindex and site.is_prepared(layout)
    if prepared:  # nothing to change under them: they load their modules while the services start
        for name in programs.webs(paired=paired):
            keeper.start_program(name)
    if reindex and not paired:  # its index is made anew, from nothing
        keeper.stop_programs(["solr"])
    stack.start_services(layout, keeper, place)
    if not prepared:
        with step("Base de données à jour", "database up to date", slow=True):
            port = place.ports["postgres"]
            databases.create(layout, port, secrets, databases.SITE)
            databases.grant_datastore(layout, port, secrets, databases.SITE)
            secrets = site.prepare(layout, secrets, reindex=reindex, paired=paired)
            site.write_ini(layout, place, secrets)  # with xloader's token
    return place, secrets


def start_application(layout: Layout, keeper: Keeper, place: Place) -> None:
    """Start the web server and the consumers, and wait for them.

    Consumers take seconds each to load. Code that was seen to work is not waited for again until it changes.
    """
    stamp = site.code_stamp(layout)
    seen = store.update(layout.state, code=stamp).get("seen_working") == stamp
    for name in programs.webs(paired=place.paired):
        keeper.start_program(name)
    with step("Site web prêt", "web ready"):
        for name in programs.webs(paired=place.paired):
            stack.wait_for(keeper, name, stack.probes(layout, place)[name], WEB_SECONDS)
    # Only now: each loads for seconds, and the site would wait for its share of the processor.
    consumers = programs.consumers(paired=place.paired)
    started = [name for name in consumers if keeper.start_program(name)]
    with step("Files et planificateur prêts", "queues and scheduler ready"):
        for name in consumers:
            working = Consuming(keeper, name, place.ports["redis"], STEADY if name in started else 0)
            ready = partial(_is_running, keeper, name) if seen else working
            stack.wait_for(keeper, name, ready, CONSUMER_SECONDS)
    store.update(layout.state, seen_working=stamp)


def _is_running(keeper: Keeper, name: str) -> bool:
    return keeper.table().get(name, {}).get("statename") == "RUNNING"


def _stop_stale(layout: Layout, keeper: Keeper) -> None:
    """Stop what runs older code or settings than those on disk; it is started again with the new ones."""
    running = keeper.running()
    stale = [name for name in programs.doubled(programs.APPLICATION) if name in running]
    if stale and store.read(layout.state).get("code") != site.code_stamp(layout):
        with step("Code changé, on redémarre", "code changed, starting again"):
            keeper.stop_programs(stale)


class Consuming:
    """Tells when a consumer of queues is at work: it has held a connection to Redis for a moment.

    A process that runs may still be loading, or about to end in an error: CKAN takes seconds for either.
    """

    def __init__(self, keeper: Keeper, name: str, port: int, seconds: float) -> None:
        self._keeper = keeper
        self._name = name
        self._port = port
        self._seconds = seconds
        self._since: dict[int, float] = {}

    def __call__(self) -> bool:
        """Whether it is at work."""
        pid = self._keeper.table().get(self._name, {}).get("pid", 0)
        if not pid or not ports.is_connected(pid, self._port):
            return False
        return time.monotonic() - self._since.setdefault(pid, time.monotonic()) >= self._seconds


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
