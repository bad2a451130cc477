"""urllib3 connections that only go to checked addresses and never outlast their call.

Library first: what PyPI has was read and tried (November 2026). `requests-hardened` 1.3 is kept and does connect to
the address it checked, but it can open loopback only (not a partner's network, host or port), tries one address, and
let through 168.63.129.16, `::127.0.0.1`, `fec0::1` and ISATAP. `microsoft-antissrf` 1.0 has good ranges but needs
Python 3.11, announces itself with `X-Forwarded-For: true` and tries one address; `advocate` stopped in 2020 at
urllib3 1; `drawbridge`, `safehttpx`, `httpx-secure` wrap httpx, which this stack lacks. None bounds the whole time
of a call, so sockets of our own were needed anyway, and the check stands where they connect: `_new_conn`, the method
that urllib3's own SOCKS connections override.

A name is resolved once, for a new connection; all its addresses must be allowed; the socket connects to one of those
very addresses. Host header, SNI and certificate stay with the name. A kept-alive connection still leads where it was
checked to lead, and urllib3 keeps one pool per scheme, host and port.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from urllib.parse import unquote
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]

import certifi
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util import Url, make_headers, parse_url

from ckanext.pole.http.addresses import AddressPolicy
from ckanext.pole.http.budget import Budget, current
from ckanext.pole.http.limits import Limits
from ckanext.pole.http.problems import Refused, TooSlow, Unreachable
from ckanext.pole.http.urls import PORTS

POOL_SIZE = 10  # connections kept per host; more are opened when needed, and not kept
Resolver = Callable[[str, int], list[tuple[Any, ...]]]


def system_resolver(host: str, port: int) -> list[tuple[Any, ...]]:
    """All addresses of a host, as `socket.getaddrinfo` gives them (it also reads `0x7f.1`, `2130706433`, `127.1`)."""
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


class _Timed:
    """Mixed into sockets: every wait is cut in slices, and between them the budget is asked.

    A read timeout alone does not stop a server that sends one byte a minute, in the headers or in the body.
    """

    budget: Budget | None = None

    def recv_into(self, *args: Any) -> int:
        if self.budget is None:
            return super().recv_into(*args)  # type: ignore[misc]
        since = self.budget.clock()
        while True:
            self.settimeout(self.budget.patience(since))  # type: ignore[attr-defined]
            try:
                return super().recv_into(*args)  # type: ignore[misc]
            except TimeoutError:
                continue

    def sendall(self, *args: Any) -> None:
        if self.budget is not None:
            self.settimeout(min(self.budget.read, self.budget.remaining()))  # type: ignore[attr-defined]
        super().sendall(*args)  # type: ignore[misc]


class _TimedSocket(_Timed, socket.socket):
    """Plain TCP."""


class _TimedTlsSocket(_Timed, ssl.SSLSocket):
    """TLS; the handshake happens while the socket is being made, before anybody can hand it a budget."""

    def do_handshake(self, block: bool = False) -> None:
        self.budget = current.get()
        if self.budget is not None:
            self.settimeout(min(self.budget.read, self.budget.remaining()))
        super().do_handshake(block)


class _Guarded:
    """Mixed into urllib3 connections: resolve, check all, connect to what was checked."""

    policy: AddressPolicy
    resolver: Resolver

    def _new_conn(self) -> socket.socket:
        budget = current.get()
        if budget is None:
            raise RuntimeError("guarded connections are opened by GuardedClient only")
        conn: Any = self
        found = resolve(conn._dns_host, conn.port, self.resolver, budget)
        if conn.proxy is None:  # a proxy is the operator's choice; the target was checked before
            check(self.policy, conn.host, conn.port, found, budget)
        return _connect(found, conn.timeout, conn.socket_options or (), budget)

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._lend_budget()
        super().request(*args, **kwargs)  # type: ignore[misc]

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]
        self._lend_budget()

    def _lend_budget(self) -> None:
        """A kept-alive socket works for the present call, not for the one that opened it."""
        sock = getattr(self, "sock", None)
        if isinstance(sock, _Timed):
            sock.budget = current.get()


def resolve(host: str, port: int, resolver: Resolver, budget: Budget) -> list[tuple[Any, ...]]:
    """All addresses of a host.

    Raises:
        Unreachable: the name has none.
    """
    budget.remaining()
    try:
        found = resolver(host.strip("[]"), port)
    except (OSError, UnicodeError) as error:
        passing = getattr(error, "errno", None) == socket.EAI_AGAIN
        raise Unreachable("dns_failed", budget.url, retryable=passing, detail=f"{host}: {error}") from error
    if not found:
        raise Unreachable("dns_failed", budget.url, detail=f"{host}: no address")
    return found


def check(policy: AddressPolicy, host: str, port: int, found: list[tuple[Any, ...]], budget: Budget) -> None:
    """Refuse a host as soon as one of its addresses is not allowed: an honest site has no mixed answer.

    Raises:
        Refused: `private_address`.
    """
    for info in found:
        if not policy.allows(host, info[4][0], port):
            raise Refused("private_address", budget.url, detail=f"{host} is {info[4][0]}, port {port}")


def _connect(found: list[tuple[Any, ...]], timeout: Any, options: Any, budget: Budget) -> socket.socket:
    """Connect to the first address that answers."""
    failure: OSError = OSError("no address")
    for family, kind, protocol, _, address in found:
        sock: _TimedSocket | None = None
        try:
            sock = _TimedSocket(family, kind, protocol)
            for option in options:
                sock.setsockopt(*option)
            left = budget.remaining()
            sock.settimeout(min(timeout, left) if isinstance(timeout, (int, float)) else left)
            sock.connect(address)
            sock.budget = budget
            return sock
        except OSError as error:
            failure = error
            if sock is not None:
                sock.close()
        except BaseException:
            if sock is not None:
                sock.close()
            raise
    budget.remaining()
    if isinstance(failure, TimeoutError):
        raise TooSlow("connect_timeout", budget.url, retryable=True, limit=f"{timeout:g}") from failure
    raise Unreachable("connect_failed", budget.url, retryable=True, detail=str(failure)) from failure


@lru_cache(maxsize=8)  # reading hundreds of certificates takes 50 ms; a new CA file needs a restart
def _tls(ca_file: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file or None)
    if not ca_file:
        context.load_verify_locations(certifi.where())
    context.sslsocket_class = _TimedTlsSocket
    return context


class Pools:
    """urllib3 pool managers all of whose connections are guarded: one direct, and one per proxy in use.

    Args:
        limits: for `allow_private`, `environment_proxy` and `ca_file`.
        resolver: `system_resolver`, or a test's.
    """

    def __init__(self, limits: Limits, resolver: Resolver) -> None:
        self._policy = AddressPolicy(limits.allow_private)
        self._resolver = resolver
        self._proxies = getproxies_environment() if limits.environment_proxy else {}
        context = _tls(limits.ca_file)
        facts = {"policy": self._policy, "resolver": staticmethod(resolver)}
        plain = type("GuardedHTTPConnection", (_Guarded, HTTPConnection), facts)
        secure = type("GuardedHTTPSConnection", (_Guarded, HTTPSConnection), facts)
        pools = {
            "http": type("GuardedHTTPPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("GuardedHTTPSPool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
        }

        def manager(proxy: str = "") -> urllib3.PoolManager:
            kwargs: dict[str, Any] = {"maxsize": POOL_SIZE, "ssl_context": context}
            made = _proxy_manager(proxy, kwargs) if proxy else urllib3.PoolManager(**kwargs)
            made.pool_classes_by_scheme = pools
            return made

        self._direct = manager()
        self._through = {proxy: manager(proxy) for proxy in {self._proxy(s) for s in ("http", "https")} if proxy}

    def _proxy(self, scheme: str) -> str:
        return self._proxies.get(scheme) or self._proxies.get("all") or ""

    def of(self, url: Url, budget: Budget) -> urllib3.PoolManager:
        """The pool manager to use for an address.

        Raises:
            Refused: it goes through a proxy, and its name has an address that is not allowed.
        """
        host, port = url.host or "", url.port or PORTS[url.scheme or "http"]
        proxy = self._proxy(url.scheme or "")
        if not proxy or proxy_bypass_environment(f"{host}:{port}", self._proxies):
            return self._direct
        try:
            found = resolve(host, port, self._resolver, budget)
        except Unreachable:
            found = []  # behind a proxy, names of the outside often cannot be resolved; it will see to it
        check(self._policy, host, port, found, budget)
        return self._through[proxy]

    def close(self) -> None:
        """Drop all kept connections."""
        for manager in (self._direct, *self._through.values()):
            manager.clear()


def _proxy_manager(proxy: str, kwargs: dict[str, Any]) -> urllib3.ProxyManager:
    """Environment variables hold `proxy:3128` as well as `http://user:password@proxy:3128`."""
    address = parse_url(proxy if "://" in proxy else f"http://{proxy}")
    headers = make_headers(proxy_basic_auth=unquote(address.auth)) if address.auth else None
    return urllib3.ProxyManager(address._replace(auth=None).url, proxy_headers=headers, **kwargs)
