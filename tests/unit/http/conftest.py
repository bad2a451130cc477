"""Real sites on loopback that behave badly, byte by byte, and clients that may visit them."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from ckanext.pole.http import GuardedClient, Limits

REASONS = {200: "OK", 206: "Partial Content", 302: "Found", 429: "Too Many Requests", 503: "Service Unavailable"}


def reply(body: bytes | str = b"{}", status: int = 200, kind: str = "application/json", **headers: object) -> bytes:
    """A whole HTTP/1.1 answer; header names are written with `_` for `-`, a None takes a usual one away."""
    data = body.encode() if isinstance(body, str) else body
    lines: dict[str, object] = {"Content-Type": kind, "Content-Length": len(data)}
    lines.update({name.replace("_", "-"): value for name, value in headers.items()})
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value is not None)
    return f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}\r\n{head}\r\n".encode("latin-1") + data


@dataclass
class Asked:
    """One request as the site saw it."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int
    at: float = field(default_factory=time.monotonic)


class Line:
    """The site's end of a connection."""

    def __init__(self, sock: socket.socket, site: Site) -> None:
        self.sock, self.site = sock, site

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def drip(self, data: bytes, every: float) -> None:
        """Send byte by byte until the visitor leaves or the test is over."""
        for i in range(len(data)):
            if self.site.closing.wait(every):
                return
            self.send(data[i : i + 1])

    def reset(self) -> None:
        """Cut the line with a TCP reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        self.close()

    def close(self) -> None:
        with suppress(OSError):
            self.sock.close()


Handler = Callable[[Asked, Line], "bytes | None"]


class Site:
    """A server of one handler: it answers with the bytes returned, or writes to the line itself."""

    def __init__(self, handler: Handler, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        self.handler, self.tls, self.host = handler, tls, host
        self.asked: list[Asked] = []
        self.closing = threading.Event()
        self.connections = 0
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, port), family=family, backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self._lines: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    @property
    def opening(self) -> str:
        """The entry of `allow_private` that opens this site and nothing else."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def _accept(self) -> None:
        while not self.closing.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._lines.append(sock)
            threading.Thread(target=self._serve, args=(sock, self.connections), daemon=True).start()

    def _serve(self, sock: socket.socket, number: int) -> None:
        with suppress(OSError, ValueError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls:
                sock = self.tls.wrap_socket(sock, server_side=True)
                self._lines.append(sock)
            line, reader = Line(sock, self), sock.makefile("rb")
            while asked := self._read(reader, number):
                self.asked.append(asked)
                answer = self.handler(asked, line)
                if answer is None:
                    break
                line.send(answer)
                if b"\r\nConnection: close" in answer[:2000]:
                    break
            reader.close()
            with suppress(OSError):  # end of stream, also while the reader's reference holds the socket
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    @staticmethod
    def _read(reader, number: int) -> Asked | None:
        first = reader.readline(65536).decode("latin-1").split()
        if len(first) != 3:
            return None
        headers: dict[str, str] = {}
        while line := reader.readline(65536).decode("latin-1").strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = reader.read(int(headers.get("content-length", 0)))
        return Asked(first[0], first[1], headers, body, number)

    def close(self) -> None:
        self.closing.set()
        for sock in [self._listener, *self._lines]:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            with suppress(OSError):
                sock.close()


def address(ip: str, port: int) -> tuple:
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    return (family, socket.SOCK_STREAM, 0, "", (ip, port, 0, 0) if ":" in ip else (ip, port))


class Names:
    """A resolver that answers each look-up with the next list of addresses, the last again and again."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers, self.asked = list(answers), []

    def __call__(self, host: str, port: int) -> list[tuple]:
        self.asked.append(host)
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [address(ip, port) for ip in found]


@pytest.fixture
def names() -> type[Names]:
    return Names


@pytest.fixture(name="reply")
def reply_() -> Callable[..., bytes]:
    return reply


@pytest.fixture
def serve() -> Iterator[Callable[..., Site]]:
    """`serve(handler)` starts a site. Bytes are answered always; a list in turn, its last again and again."""
    sites: list[Site] = []

    def start(
        handler: Handler | bytes | list[bytes],
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> Site:
        if isinstance(handler, bytes):
            handler = [handler]
        if isinstance(handler, list):
            answers = list(handler)
            handler = lambda asked, line: answers.pop(0) if len(answers) > 1 else answers[0]  # noqa: E731
        site = Site(handler, host, port, tls)
        sites.append(site)
        return site

    yield start
    for site in sites:
        site.close()


@pytest.fixture
def visitor() -> Iterator[Callable[..., GuardedClient]]:
    """`visitor(site, …)` is a client with small limits to which these sites are open; extras go to `Limits`."""
    clients: list[GuardedClient] = []

    def make(*sites: Site, world: dict | None = None, **limits: object) -> GuardedClient:
        small: dict = {
            "connect_timeout": 1.0,
            "read_timeout": 1.0,
            "total_timeout": 5.0,
            "retries": 0,
            "backoff": 0.01,
            "per_host_interval": 0.0,
            "allow_private": tuple(site.opening for site in sites),
        }
        client = GuardedClient(Limits(**{**small, **limits}), **(world or {}))
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()
