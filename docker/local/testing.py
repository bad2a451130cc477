"""`./dev test`: the whole suite on databases, a Redis database and a Solr core of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

from . import databases, environment, packages, postgres, programs, site, solr, stack, store, up
from .keeper import Keeper
from .layout import Layout
from .site import Place
from .terminal import step

WHOLE = ["-n", "2", "--dist", "loadgroup"]
"""The whole suite runs two by two: what shares a database or a portal stays together (tests/conftest.py)."""


def run(layout: Layout, arguments: list[str]) -> int:
    """Run pytest.

    Args:
        layout: the checkout.
        arguments: for pytest; none: the whole suite, by two processes.

    Returns:
        pytest's exit code.

    Raises:
        Stop: what the tests stand on could not be had.
    """
    return with_services(layout, lambda: run_pytest(layout, arguments))


def with_services(layout: Layout, work: Callable[[], int]) -> int:
    """Do something on the tests' databases.

    Services that do not run are started for it and stopped after it, unless a portal came up on them meanwhile.

    Args:
        layout: the checkout.
        work: what is done; gives an exit code.

    Returns:
        That exit code.

    Raises:
        Stop: what the tests stand on could not be had.
    """
    stack.check_owner(layout)
    layout.make()
    keeper = Keeper(layout)
    with stack.locked(layout), up.undone(layout, keeper):
        before = keeper.running()
        up.install(layout, "test")
        place, secrets = start_services(layout, keeper)
        prepare(layout, place, secrets)
    try:
        return work()
    finally:
        # Without a word: pytest's closing line stays the last one.
        with stack.locked(layout):
            if not before and not keeper.running() & set(programs.APPLICATION):
                keeper.shutdown(programs.STOPPING)


def start_services(layout: Layout, keeper: Keeper) -> tuple[Place, dict[str, Any]]:
    """Start PostgreSQL, Redis and Solr; a portal that runs is left as it is."""
    stack.sweep(layout, keeper)
    secrets = store.drawn_secrets(layout.secrets)
    place = stack.settle_services(layout, keeper)
    if postgres.needs_cluster(layout):
        with step("Base de données créée", "database cluster made"):
            postgres.make_cluster(layout, secrets)
    before = solr.configset_hash(layout)
    solr.compile_launcher(layout)
    solr.prepare_home(layout, paired=place.paired)
    if keeper.pid() is None:
        keeper.start(stack.configure(layout, place, secrets))
    started = stack.start_services(layout, keeper, place)
    if "solr" not in started and not place.paired and solr.configset_hash(layout) != before:
        solr.reload(place.ports["solr"])
    return place, secrets


def prepare(layout: Layout, place: Place, secrets: dict[str, Any]) -> None:
    """Make the tests' databases and ini."""
    with step("Bases des tests prêtes", "test databases ready"):
        databases.create(layout, place.ports["postgres"], secrets, databases.TEST)
        databases.grant_datastore(layout, place.ports["postgres"], secrets, databases.TEST)
        site.write_test_ini(layout, place, secrets)
        site.prepare_tests(layout)


def run_pytest(layout: Layout, arguments: list[str]) -> int:
    """Run pytest on our terminal.

    Returns:
        Its exit code.
    """
    env = environment.command(layout, layout.test_ini) | {"POLE_BROWSER": packages.browser() or ""}
    command = [str(layout.python), "-m", "pytest", f"--ckan-ini={layout.test_ini}", *(arguments or WHOLE)]
    sys.stdout.flush()
    process = subprocess.Popen(command, env=env, cwd=layout.root)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:  # the terminal has told pytest too: it ends its tests, we wait for it
            continue
