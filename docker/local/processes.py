"""Processes that belong to this checkout, found by a marker in their environment or by the folder they work in."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

MARKER = "POLE_INSTANCE"


def marked(instance: str) -> list[int]:
    """Process ids that carry our marker.

    A process group that has lost its manager keeps the marker, so this finds what a crash has left behind. Processes
    of other users are invisible to a plain user, and never ours.

    Args:
        instance: `Layout.instance`.
    """
    wanted = os.fsencode(f"{MARKER}={instance}")
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            if wanted in (folder / "environ").read_bytes().split(b"\0") and not is_dead(int(folder.name)):
                found.append(int(folder.name))
        except OSError:
            continue
    return sorted(found)


def working_in(folders: set[str], names: tuple[str, ...]) -> list[int]:
    """Process ids of servers that work in one of our data folders.

    Redis and PostgreSQL write their titles over their environment, and the marker with it.

    Args:
        folders: data folders, resolved.
        names: of the servers; a person's shell in such a folder is no server.
    """
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            if os.readlink(folder / "cwd") in folders and (folder / "comm").read_text("utf-8").strip() in names:
                found.append(int(folder.name))
        except OSError:
            continue
    return [pid for pid in sorted(found) if not is_dead(pid)]


def is_dead(pid: int) -> bool:
    """Whether a process is gone, or a zombie that its parent has not read yet."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return True
    return state in ("Z", "X")


def stop(pids: list[int], patience: float = 15, gentle: dict[int, signal.Signals] | None = None) -> list[int]:
    """Stop processes by id: first asked, then forced.

    Args:
        pids: process ids.
        patience: seconds before force.
        gentle: what to ask a process with, where it is not SIGTERM.

    Returns:
        Those that had to be forced.
    """
    for pid in pids:
        _signal(pid, (gentle or {}).get(pid, signal.SIGTERM))
    left = _wait(pids, patience)
    for pid in left:
        _signal(pid, signal.SIGKILL)
    _wait(left, 5)
    return left


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _wait(pids: list[int], seconds: float) -> list[int]:
    deadline = time.monotonic() + seconds
    left = [pid for pid in pids if not is_dead(pid)]
    while left and time.monotonic() < deadline:
        time.sleep(0.05)
        left = [pid for pid in left if not is_dead(pid)]
    return left


def describe(pid: int) -> str:
    """A process's name and id, for a person."""
    try:
        name = Path(f"/proc/{pid}/comm").read_text("utf-8").strip()
    except OSError:
        name = "?"
    return f"{name} ({pid})"
