"""The smaller commands: down, status, logs, ckan, token, reset."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from . import environment, pairs, postgres, programs, stack, store
from .errors import Stop
from .keeper import Keeper
from .layout import Layout
from .site import Place
from .terminal import complain, say, step

KEPT = ("venv", "tools", "solr")
"""What `reset` keeps: it can be had again, but takes minutes."""


def down(layout: Layout, arguments: list[str]) -> int:
    """Stop all processes of this checkout, and no other."""
    _no_arguments("down", arguments)
    if not layout.local.exists():
        say("Rien ne tourne ici · nothing runs here")
        return 0
    stack.check_owner(layout)
    with stack.locked(layout):
        _stop_all(layout)
    return 0


def _stop_all(layout: Layout) -> None:
    keeper = Keeper(layout)
    if keeper.pid() is None and not stack.belonging(layout):
        say("Rien ne tourne ici · nothing runs here")
        return
    with step("Tout est arrêté", "everything stopped"):
        keeper.shutdown(programs.STOPPING)
        stack.sweep(layout, keeper)


def status(layout: Layout, arguments: list[str]) -> int:
    """Print a table of the programs.

    Returns:
        0 when the portal is healthy, else 1.
    """
    _no_arguments("status", arguments)
    keeper = Keeper(layout)
    place = stack.remembered(layout)
    table = keeper.table()
    demo = store.read(layout.state).get("demo", {}).get("loaded", False)
    every = programs.PAIRED_ALL if stack.is_paired(keeper) else programs.ALL
    wanted = [name for name in every if name != "demo" or demo]
    say(f"{'':<12} {'état · state':<14} {'pid':>8} {'depuis · since':>15} {'port':>6}")
    for name in wanted:
        info = table.get(name, {})
        up = info.get("statename") in ("RUNNING", "STARTING")
        port = _port(place, name)
        since = _duration(info["now"] - info["start"]) if up else "-"
        say(f"{name:<12} {info.get('statename', 'STOPPED'):<14} {info.get('pid') or '-':>8} {since:>15} {port:>6}")
    say()
    silent = [name for name in wanted if table.get(name, {}).get("statename") != "RUNNING"]
    if place is not None and not silent:
        silent = [name for name, answers in stack.probes(layout, place).items() if not answers()]
        if not silent:
            say(f"{place.url}  ✓")
            return 0
    if not table and stack.belonging(layout):
        say("Le gestionnaire est mort, des processus restent · the manager is dead, processes are left: ./dev up")
    elif not table:
        say("Le portail n'est pas en marche · the portal is not up: ./dev up")
    else:
        say(f"Ne répond pas · gives no answer: {' '.join(silent)}   ./dev logs {silent[0]}")
    return 1


def _port(place: Place | None, name: str) -> object:
    """The port that a program listens on; of a pair, its own and not the one that nginx has before both."""
    if place is None:
        return ""
    own = {**pairs.NODES, **pairs.WEBS, "nginx": "web"} if place.paired else {}
    return place.ports.get(own.get(name, name), "")


def _duration(seconds: int) -> str:
    hours, rest = divmod(max(0, seconds), 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}"


def logs(layout: Layout, arguments: list[str]) -> int:
    """Show the end of one log, or of all, and follow them if asked."""
    options, names = _log_options(arguments)
    available = {path.stem: path for path in sorted(layout.log.glob("*.log"))}
    unknown = [name for name in names if name not in available]
    if unknown or not available:
        complain(f"Journaux · logs: {' '.join(available) or '-'}")
        return 2 if unknown else 1
    chosen = [str(available[name]) for name in names or available]
    if "-F" not in options:
        return subprocess.run(["tail", *options, *chosen], check=False).returncode
    os.execvp("tail", ["tail", *options, *chosen])  # noqa: S606


def _log_options(arguments: list[str]) -> tuple[list[str], list[str]]:
    count, follow, names = "40", False, []
    left = list(arguments)
    while left:
        word = left.pop(0)
        if word == "-f":
            follow = True
        elif word == "-n" and left and left[0].isdigit():
            count = left.pop(0)
        elif word.startswith("-"):
            raise _unknown(word, "./dev logs [web] [-f] [-n 100]")
        else:
            names.append(word)
    return ["-n", count, *(["-F"] if follow else [])], names


def ckan(layout: Layout, arguments: list[str]) -> int:
    """Become CKAN's own command, on this portal."""
    _must_run(layout)
    program = str(layout.venv / "bin" / "ckan")
    sys.stdout.flush()
    os.execve(program, [program, *arguments], environment.command(layout))  # noqa: S606


def token(layout: Layout, arguments: list[str]) -> int:
    """Print a new API token of an account, and nothing else."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        raise Stop("Il manque le nom du compte.", "The account's name is missing.", do="./dev token admin", code=2)
    _must_run(layout)
    name = time.strftime("dev-%Y%m%d-%H%M%S")
    done = subprocess.run(
        [str(layout.venv / "bin" / "ckan"), "user", "token", "add", "--quiet", arguments[0], name],
        env=environment.command(layout), cwd=layout.root, capture_output=True, text=True, check=False,
    )
    lines = done.stdout.split()
    if done.returncode or not lines:
        complain("\n".join((done.stdout + done.stderr).splitlines()[-5:]))
        raise Stop(f"Pas de jeton pour {arguments[0]}.", f"No token for {arguments[0]}.", do="./dev ckan user list")
    say(lines[-1])
    return 0


def reset(layout: Layout, arguments: list[str]) -> int:
    """Delete the portal's data, after a yes."""
    for word in arguments:
        if word not in ("--yes", "--all"):
            raise _unknown(word, "./dev reset [--yes] [--all]")
    if not layout.local.exists():
        say("Rien à effacer · nothing to delete")
        return 0
    stack.check_owner(layout)
    if "--yes" not in arguments and not _agreed(layout):
        say("Rien n'a été effacé · nothing was deleted")
        return 1
    with stack.locked(layout):
        _stop_all(layout)
        with step("Données effacées", "data deleted"):
            _delete(layout, everything="--all" in arguments)
    return 0


def _agreed(layout: Layout) -> bool:
    say(f"Effacer toutes les données de {layout.local} ? · Delete all data in {layout.local}?")
    try:
        return input("oui/yes : ").strip().lower() in ("oui", "yes", "o", "y")
    except EOFError:
        return False


def _delete(layout: Layout, *, everything: bool) -> None:
    outside = postgres.data_folder(layout)
    if layout.postgres.is_symlink() and outside == layout.postgres_outside:
        for folder in (outside, outside.with_name(outside.name + ".new")):
            shutil.rmtree(folder, ignore_errors=True)
    if layout.socket.parent != layout.run:
        shutil.rmtree(layout.socket.parent, ignore_errors=True)
    shutil.rmtree(layout.solr_home, ignore_errors=True)
    for path in layout.local.iterdir():
        if path == layout.lock or (path.name in KEPT and not everything):
            continue
        _remove(path)
    if everything:
        _remove(layout.local)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _unknown(word: str, do: str) -> Stop:
    return Stop(f"Option inconnue : {word}", f"Unknown option: {word}", do=do, code=2)


def _must_run(layout: Layout) -> None:
    """Stop unless the services run.

    Raises:
        Stop: with what to do.
    """
    if not set(programs.SERVICES) <= Keeper(layout).running():
        raise Stop("Le portail n'est pas en marche.", "The portal is not up.", do="./dev up")


def _no_arguments(name: str, arguments: list[str]) -> None:
    if arguments:
        raise Stop(f"{name} ne prend pas d'option.", f"{name} takes no option.", do=f"./dev {name}", code=2)
