"""Waiting for services: each is asked in its own language, never guessed from a running process."""

from __future__ import annotations

import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable

from .errors import Stop

direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Our own services are never asked through a proxy."""


def http_ok(url: str, timeout: float = 10) -> bool:
    """Whether a GET answers 200."""
    try:
        with direct.open(url, timeout=timeout) as answer:
            return answer.status == 200
    except (OSError, urllib.error.URLError, ValueError):
        return False


def tcp_open(port: int) -> bool:
    """Whether something accepts connections on a loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def redis_pong(port: int, password: str) -> bool:
    """Whether Redis is done loading and answers PING."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as link:
            link.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            answer = b""
            while answer.count(b"\r\n") < 2:
                received = link.recv(1024)
                if not received:
                    return False
                answer += received
            return answer.startswith(b"+OK") and b"+PONG" in answer
    except OSError:
        return False


def wait(ready: Callable[[], bool], failed: Callable[[], Stop | None], seconds: float, late: Stop) -> None:
    """Wait until something is ready.

    Args:
        ready: asked again and again.
        failed: why waiting longer makes no sense, or None while it does.
        seconds: how long to wait.
        late: what to raise after that.

    Raises:
        Stop: `late`, or what `failed` returned.
    """
    deadline = time.monotonic() + seconds
    pause = 0.05
    while not ready():
        why = failed()
        if why is not None:
            raise why
        if time.monotonic() > deadline:
            raise late
        time.sleep(pause)
        pause = min(pause * 1.3, 0.5)
