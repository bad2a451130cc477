"""`./dev bench`: our site and CKAN as it comes, side by side on databases of their own, and measured in turns."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import databases, environment, pairs, ports, postgres, roles, site, stack, store, testing
from .databases import Databases
from .errors import Stop
from .layout import Layout
from .site import Place

ALONE = ("harvest", "scale")
"""The benchmarks that have a file of their own in tests/bench/ and need no second site."""
VANILLA = ("activity", "datastore", "datatables_view", "text_view", "image_view")
"""The plugins of CKAN's own that the other site has; ours has them too."""
SITES = {
    "pole": (Databases("bench_pole", "bench_pole_datastore", "bench_pole_xloader"), 2),
    "vanilla": (Databases("bench_vanilla", "bench_vanilla_datastore", "bench_vanilla_xloader"), 3),
}
"""Each site's databases, and its database in Redis."""


def run(layout: Layout, arguments: list[str]) -> int:
    """Measure.

    Args:
        layout: the checkout.
        arguments: the name of a benchmark, or none for the whole; then options for it.

    Returns:
        The benchmark's exit code.

    Raises:
        Stop: there is no such benchmark.
    """
    name, rest = (arguments[0], arguments[1:]) if arguments and not arguments[0].startswith("-") else ("", arguments)
    if name == "chart":
        return _python(layout, "chart.py", rest)
    if name == "load":
        return testing.with_services(layout, lambda: load(layout, rest))
    if name in ALONE:
        return testing.with_services(layout, lambda: _python(layout, f"{name}.py", rest))
    if name:
        raise Stop(
            "Ce banc d'essai n'existe pas.",
            "There is no such benchmark.",
            do=" | ".join(["./dev bench [--quick]", *(f"./dev bench {n}" for n in (*ALONE, "load", "chart"))]),
            code=2,
        )
    return testing.with_services(layout, lambda: _whole(layout, rest))


def _whole(layout: Layout, arguments: list[str]) -> int:
    if {"-h", "--help"} & set(arguments):
        return _python(layout, "run.py", arguments)
    with sites(layout) as described:
        return _python(layout, "run.py", ["--sites", str(described), *arguments])


def load(layout: Layout, arguments: list[str]) -> int:
    """`./dev bench load`: our site behind nginx, asked by many at once. Services have to run; gives the exit code."""
    if {"-h", "--help"} & set(arguments):
        return _python(layout, "load.py", arguments)
    with sites(layout, ("pole",)) as described:
        front = _front(layout, json.loads(described.read_text("utf-8"))["sites"]["pole"]["url"])
        path = described.with_name("front.json")
        store.write_text(path, json.dumps(front))
        return _python(layout, "load.py", ["--sites", str(described), "--front", str(path), *arguments])


def _front(layout: Layout, url: str) -> dict[str, Any]:
    """Settings of nginx before one web process and before two, and who the services are."""
    place = _place(layout)
    solr = place.ports["solr"]
    chosen = {"web1": int(url.rpartition(":")[2]), "solr1": solr, "solr2": solr}
    for name in ("web", "web2", "solr"):
        chosen[name] = ports.another({*place.ports.values(), *chosen.values()})
    commands = []
    for number in (1, 2):
        folder = layout.local / "bench" / f"nginx{number}"
        pairs.write_nginx(layout, folder, chosen, "127.0.0.1", webs=list(pairs.WEBS.values())[:number])
        commands.append(pairs.nginx_command(folder))
    return {
        "url": f"http://127.0.0.1:{chosen['web']}", "nginx": commands,
        "webs": [f"127.0.0.1:{chosen[name]}" for name in pairs.WEBS.values()],
        "ports": {name: place.ports[name] for name in ("solr", "postgres", "redis")},
    }  # fmt: skip


def _python(layout: Layout, script: str, arguments: list[str]) -> int:
    command = [str(layout.python), str(layout.root / "tests" / "bench" / script), *arguments]
    env = environment.command(layout, layout.test_ini)
    return subprocess.run(command, env=env, cwd=layout.root, check=False).returncode


@contextmanager
def sites(layout: Layout, names: Sequence[str] = tuple(SITES)) -> Iterator[Path]:
    """Make the sites' databases and settings, and remove the databases afterwards.

    Services have to run.

    Args:
        layout: the checkout.
        names: of the sites.

    Yields:
        A file that describes the sites.
    """
    place = _place(layout)
    secrets = store.drawn_secrets(layout.secrets)
    folder = layout.local / "bench"
    folder.mkdir(mode=0o700, exist_ok=True)
    _drop(layout, place, secrets)
    try:
        described = {name: _site(layout, place, secrets, name, folder) for name in names}
        with ThreadPoolExecutor(len(names)) as pool:  # each waits for a CKAN
            list(pool.map(lambda one: site.migrate(layout, Path(one["ini"])), described.values()))
        path = folder / "sites.json"
        store.write_text(path, json.dumps({"python": str(layout.python), "sites": described}))
        yield path
    finally:
        _drop(layout, place, secrets)


def _site(layout: Layout, place: Place, secrets: dict[str, Any], name: str, folder: Path) -> dict[str, Any]:
    names, redis = SITES[name]
    port = place.ports["postgres"]
    databases.create(layout, port, secrets, names)
    databases.grant_datastore(layout, port, secrets, names)
    storage = folder / name
    storage.mkdir(mode=0o700, exist_ok=True)
    own = Place({**place.ports, "web": ports.another(set(place.ports.values()))}, "127.0.0.1")
    plugins = VANILLA if name == "vanilla" else site.plugins(layout)
    ini = folder / f"{name}.ini"
    site.write(layout, ini, site.values(
        layout, own, secrets, names, core=names.main, redis_db=redis, storage=storage, loaded=plugins
    ) | {"api_limit": "1000000/minute"})  # fmt: skip
    programs = layout.venv / "bin"
    return {
        "name": name, "ini": str(ini), "url": own.internal_url, "log": str(layout.log / f"bench-{name}.log"),
        "solr": f"http://127.0.0.1:{place.ports['solr']}/solr/{names.main}",
        "web": roles.command("web", programs, layout.templates), "folder": str(layout.templates),
        "worker": roles.command("worker", programs, layout.templates),
    }  # fmt: skip


def _place(layout: Layout) -> Place:
    place = stack.remembered(layout)
    if place is None:
        raise Stop("Les services ne tournent pas.", "The services do not run.", do="./dev up")
    return place


def _drop(layout: Layout, place: Place, secrets: dict[str, Any]) -> None:
    every = [name for names, _ in SITES.values() for name in (names.main, names.datastore, names.jobs)]
    sql = "".join(f"DROP DATABASE IF EXISTS {name} WITH (FORCE);\n" for name in every)
    postgres.run_sql(layout, place.ports["postgres"], secrets["pg_superuser"], sql)
