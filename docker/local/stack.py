"""The three services under the portal, started together and waited for."""

from __future__ import annotations

import fcntl
import os
import pwd
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from . import pairs, ports, postgres, processes, programs, readiness, solr, store
from .errors import Stop
from .keeper import Keeper
from .layout import Layout
from .site import Place
from .terminal import say, step

WEB_PORT = 5000
HOST = "127.0.0.1"
SERVERS = ("redis-server", "valkey-server", "postgres")
SERVICE_SECONDS = 90
REDIS_CONF = """# Written by ./dev at each start.
bind 127.0.0.1
port {port}
requirepass {password}
dir {folder}
daemonize no
databases 4
# Queues outlive a crash: every change is written, once a second to the disk.
appendonly yes
save ""
"""


@contextmanager
def locked(layout: Layout) -> Iterator[None]:
    """Hold the checkout: two commands that start or stop things wait for one another."""
    with layout.lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("… un autre ./dev travaille ici, on l'attend · another ./dev is at work here, waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def check_owner(layout: Layout) -> None:
    """Refuse to mix two users' files in one checkout.

    Raises:
        Stop: `.local` belongs to someone else.
    """
    if layout.local.exists() and layout.local.stat().st_uid != os.getuid():
        owner = pwd.getpwuid(layout.local.stat().st_uid).pw_name
        raise Stop(
            f"Ce portail appartient à « {owner} ».", f"This portal belongs to '{owner}'.", do=f"su {owner} -c './dev …'"
        )


def settle(layout: Layout, keeper: Keeper, *, paired: bool = False) -> Place:
    """Settle all ports and remember them.

    Raises:
        Stop: POLE_PORT is no port, or someone else has the web port.
    """
    web, host = check_web(layout, keeper)
    return _remember(layout, keeper, web, host, paired=paired)


def is_paired(keeper: Keeper) -> bool:
    """Whether what runs is the form of `./dev up --scale`."""
    return "nginx" in keeper.table()


def check_web(layout: Layout, keeper: Keeper) -> tuple[int, str]:
    """The port and address of the site, which nobody else has.

    Raises:
        Stop: POLE_PORT is no port, or someone else has it.
    """
    state = store.read(layout.state)
    web = _web_port(state)
    host = os.environ.get("POLE_HOST") or state.get("host") or HOST
    known = (state.get("ports", {}).get("web"), state.get("host"))
    if not ("web" in keeper.running() and known == (web, host)):
        refuse_taken(web, host)
    return web, host


def settle_services(layout: Layout, keeper: Keeper) -> Place:
    """Settle the services' ports only: the tests need no web port."""
    state = store.read(layout.state)
    return _remember(layout, keeper, _web_port(state), state.get("host") or HOST, paired=is_paired(keeper))


def _remember(layout: Layout, keeper: Keeper, web: int, host: str, *, paired: bool) -> Place:
    known = store.read(layout.state).get("ports", {})
    chosen = {**ports.choose(known, keeper.running(), paired=paired), "web": web}
    store.update(layout.state, ports=chosen, host=host)
    return Place(chosen, host, paired)


def remembered(layout: Layout) -> Place | None:
    """The ports settled earlier, None before the first start."""
    state = store.read(layout.state)
    return Place(state["ports"], state["host"], "web1" in state["ports"]) if "ports" in state else None


def _web_port(state: dict[str, Any]) -> int:
    text = os.environ.get("POLE_PORT") or str(state.get("ports", {}).get("web", WEB_PORT))
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        what = (f"POLE_PORT={text} n'est pas un port.", f"POLE_PORT={text} is not a port.")
        raise Stop(*what, do="POLE_PORT=5001 ./dev up", code=2)
    return int(text)


def refuse_taken(port: int, host: str) -> None:
    """Stop if someone else has the web port.

    Raises:
        Stop: with who has it, as far as we may know.
    """
    try:
        if ports.becomes_free(port, host):
            return
    except OSError as error:
        raise Stop(
            f"Impossible d'écouter sur {host}:{port} ({error.strerror}).",
            f"Cannot listen on {host}:{port} ({error.strerror}).", do="POLE_PORT=5001 ./dev up",
        ) from error
    holder = ports.listener(port)
    who = f" : {holder[1]} (pid {holder[0]})" if holder else ""
    raise Stop(
        f"Le port {port} est pris{who}.", f"Port {port} is taken{who}.",
        do=f"POLE_PORT={next_free(port, host)} ./dev up",
    )


def next_free(port: int, host: str) -> int:
    """A free port to propose, after the one that is taken."""
    return next((other for other in range(port + 1, min(port + 100, 65536)) if ports.is_free(other, host)), 5001)


def belonging(layout: Layout) -> list[int]:
    """Process ids of all that belongs to this checkout."""
    folders = {str(layout.redis.resolve()), str(postgres.data_folder(layout))}
    return sorted({*processes.marked(layout.instance), *processes.working_in(folders, SERVERS)})


def sweep(layout: Layout, keeper: Keeper) -> bool:
    """Stop what a crash has left behind, if the process manager is gone.

    Returns:
        Whether there was anything.
    """
    if keeper.pid() is not None:
        return False
    left = belonging(layout)
    server = postgres.postmaster(layout)
    gentle = {server: signal.SIGINT} if server in left else {}
    if left:
        processes.stop(left, gentle=gentle)
    return bool(left)


def configure(layout: Layout, place: Place, secrets: dict[str, Any]) -> str:
    """Write the services' configuration.

    Returns:
        The process manager's.
    """
    postgres.configure(layout, place.ports["postgres"])
    folder = str(layout.redis)
    text = REDIS_CONF.format(
        port=place.ports["redis"], password=secrets["redis"], folder='"' + folder.replace('"', '\\"') + '"'
    )
    store.write_text(layout.run / "redis.conf", text)
    if place.paired:
        pairs.configure(layout, place.ports, place.host)
    wanted = programs.programs(layout, place.ports, place.host, paired=place.paired)
    return programs.render(layout, wanted, as_root=os.getuid() == 0)


def start_services(layout: Layout, keeper: Keeper, place: Place) -> list[str]:
    """Start PostgreSQL, Redis and Solr side by side and wait for each; a SolrCloud with what it consists of.

    Returns:
        Those started now.

    Raises:
        Stop: one of them does not come up.
    """
    if "postgres" not in keeper.running():
        postgres.forget_the_dead(layout)
    if not place.paired and "solr" not in keeper.running():
        solr.drop_other_indexes(layout)
    started = [name for name in programs.services(paired=place.paired) if keeper.start_program(name)]
    ready = probes(layout, place)
    for name, title in (("postgres", "PostgreSQL"), ("redis", "Redis"), ("solr", "Solr")):
        if name == "solr" and place.paired:
            with step("SolrCloud prêt", "ready"):
                _wait_for_cloud(layout, keeper, place)
        with step(f"{title} prêt", "ready"):
            wait_for(keeper, name, ready[name], SERVICE_SECONDS)
    return started


def _wait_for_cloud(layout: Layout, keeper: Keeper, place: Place) -> None:
    for node, port in pairs.NODES.items():
        wait_for(keeper, node, lambda port=place.ports[port]: pairs.node_answers(port), SERVICE_SECONDS)
    pairs.complete(layout, place.ports)


def probes(layout: Layout, place: Place) -> dict[str, Callable[[], bool]]:
    """How to ask each server whether it serves."""
    password = store.read(layout.secrets).get("redis", "")
    status = "api/3/action/status_show"
    webs = {"web": f"{place.internal_url}/{status}"}
    if place.paired:
        webs = {name: f"http://127.0.0.1:{place.ports[port]}/{status}" for name, port in pairs.WEBS.items()}
        webs["nginx"] = f"{place.internal_url}/{status}"
    return {
        "postgres": lambda: postgres.is_ready(layout, place.ports["postgres"]),
        "redis": lambda: readiness.redis_pong(place.ports["redis"], password),
        "solr": lambda: all(solr.answers(place.ports["solr"], core) for core in solr.CORES),
        **{name: partial(readiness.http_ok, url) for name, url in webs.items()},
    }


def wait_for(keeper: Keeper, name: str, ready: Callable[[], bool], seconds: float) -> None:
    """Wait for one program.

    Raises:
        Stop: it stopped, or gave no answer in time.
    """
    watch = keeper.watch(name)
    readiness.wait(ready, watch.failed, seconds, watch.late(seconds))
