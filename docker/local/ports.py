"""Ports: which are free, which are ours, who has the one we want."""

from __future__ import annotations

import errno
import os
import random
import socket
from pathlib import Path

PRIVATE = ("postgres", "redis", "solr", "demo")
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


def choose(known: dict[str, int], running: set[str]) -> dict[str, int]:
    """Settle the private ports.

    Args:
        known: ports chosen earlier.
        running: names of the services that run now, whose port is busy because they have it.

    Returns:
        A port for each name in PRIVATE: the known one while it is ours or free, else another.
    """
    chosen: dict[str, int] = {}
    for name in PRIVATE:
        port = known.get(name)
        while port is None or port in chosen.values() or not (name in running or is_free(port)):
            port = random.choice(RANGE)  # noqa: S311
        chosen[name] = port
    return chosen


def listener(port: int) -> tuple[int, str] | None:
    """Who listens on a TCP port, as far as this user may know.

    Returns:
        Process id and command line, or None when nobody does or the process belongs to someone else.
    """
    inodes = _listening_inodes(port)
    if not inodes:
        return None
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            links = {os.readlink(link) for link in (folder / "fd").iterdir()}
            if links & inodes:
                words = (folder / "cmdline").read_bytes().split(b"\0")
                return int(folder.name), b" ".join(words).decode("utf-8", "replace").strip()
        except OSError:
            continue
    return None


def _listening_inodes(port: int) -> set[str]:
    """The `socket:[…]` names of what listens on a port."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == "0A" and int(fields[1].rsplit(":", 1)[1], 16) == port:
                found.add(f"socket:[{fields[9]}]")
    return found
