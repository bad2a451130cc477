"""Ports: which are free, which are ours, who has the one we want."""

from __future__ import annotations

import errno
import os
import random
import socket
import time
from collections.abc import Callable
from pathlib import Path

PRIVATE = ("postgres", "redis", "solr", "demo")
PAIRED = {"zookeeper": "zookeeper", "solr1": "solr", "solr2": "solr2", "web1": "web", "web2": "web2"}
"""What `./dev up --scale` needs besides: the port's name, and the program that listens on it."""
RANGE = range(20000, 32000)
"""Below the range the kernel gives to outgoing connections, so that none of those sits on a remembered port."""


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen on this port now.

    A listener on all addresses, or on the IPv6 loopback (which a browser tries first for `localhost`), counts too.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise
    with socket.socket(socket.AF_INET6) as probe:
        probe.settimeout(1)
        return probe.connect_ex(("::1", port)) != 0 if socket.has_ipv6 else True


def becomes_free(port: int, host: str = "127.0.0.1", seconds: float = 3) -> bool:
    """Whether a port is free, or is let go of in a moment: a process that was killed takes a little time to leave."""
    deadline = time.monotonic() + seconds
    while not is_free(port, host):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def choose(known: dict[str, int], running: set[str], *, paired: bool = False) -> dict[str, int]:
    """Settle the private ports.

    Args:
        known: ports chosen earlier.
        running: names of the services that run now, whose port is busy because they have it.
        paired: whether there are two of each.

    Returns:
        A port for each name in PRIVATE, and in PAIRED where wanted: the known one while it is ours or free, else
        another.
    """
    chosen: dict[str, int] = {}
    for name, program in {**{name: name for name in PRIVATE}, **(PAIRED if paired else {})}.items():
        port = known.get(name)
        if port is None or not (program in running or becomes_free(port)):
            port = another({*chosen.values(), *known.values()})
        chosen[name] = port
    return chosen


def another(taken: set[int]) -> int:
    """A free port of our range, none of those taken."""
    while True:
        port = random.choice(RANGE)  # noqa: S311
        if port not in taken and is_free(port):
            return port


def listener(port: int) -> tuple[int, str] | None:
    """Who listens on a TCP port, as far as this user may know.

    Returns:
        Process id and command line, or None when nobody does or the process belongs to someone else.
    """
    inodes = _sockets(lambda local, remote, state: state == "0A" and local == port)
    if not inodes:
        return None
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and _holds(folder, inodes):
            return int(folder.name), _command_line(folder)
    return None


def is_connected(pid: int, port: int) -> bool:
    """Whether a process holds a connection to a port of this machine."""
    inodes = _sockets(lambda local, remote, state: state == "01" and remote == port)
    return _holds(Path(f"/proc/{pid}"), inodes)


def _holds(process: Path, inodes: set[str]) -> bool:
    try:
        return any(os.readlink(link) in inodes for link in (process / "fd").iterdir())
    except OSError:
        return False


def _command_line(process: Path) -> str:
    try:
        return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
    except OSError:
        return "?"


def _sockets(wanted: Callable[[int, int, str], bool]) -> set[str]:
    """The `socket:[…]` names of the TCP sockets that a test of local port, remote port and state picks."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            local, remote = (int(address.rsplit(":", 1)[1], 16) for address in fields[1:3])
            if wanted(local, remote, fields[3]):
                found.add(f"socket:[{fields[9]}]")
    return found
