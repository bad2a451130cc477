"""The numbers that bound every request, in one frozen value that a settings reader can build."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

MIB = 1024 * 1024


def user_agent(contact: str = "") -> str:
    """Who we are, for the logs of the sites that we visit.

    Args:
        contact: page or address where their operator can write to ours.

    Returns:
        `ckanext-pole/<version> (+<contact>)`.
    """
    try:
        number = version("ckanext-pole")
    except PackageNotFoundError:  # run from a bare checkout
        number = "dev"
    shown = "".join(c for c in contact if c.isascii() and c.isprintable() and c not in "()")
    return f"ckanext-pole/{number} (+{shown})" if shown else f"ckanext-pole/{number}"


@dataclass(frozen=True)
class Limits:
    """How far one client goes. Times in seconds, sizes in bytes.

    Attributes:
        connect_timeout: for each address tried, handshake apart.
        read_timeout: longest silence while waiting for bytes, handshake included.
        total_timeout: one call in all: redirects, tries, waits and the whole body.
        max_bytes: body kept in memory (`get`, `get_json`, `post_json`), both as sent and once decompressed.
        max_stream_bytes: body that is streamed or written to a file.
        max_redirects: hops followed.
        retries: tries after the first one, for requests that may be repeated.
        backoff: wait before the first repeat; doubled each time, with jitter, up to `max_backoff`.
        max_backoff: longest wait that we choose ourselves.
        max_retry_after: longest wait that a site may ask for; beyond it the call ends with `Throttled`.
        per_host_interval: least time between the starts of two requests to one host.
        user_agent: see `user_agent()`; empty means that without contact.
        allow_private: openings for internal places, see `AddressPolicy`.
        environment_proxy: follow HTTP_PROXY, HTTPS_PROXY and NO_PROXY. The proxy then resolves names, so it must
            itself refuse internal addresses: ours are only checked beforehand.
        ca_file: certificate authorities (PEM) instead of the system's and certifi's.
        secret: the addresses themselves are secrets: neither problems nor our logs show them.
    """

    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    total_timeout: float = 300.0
    max_bytes: int = 64 * MIB
    max_stream_bytes: int = 1024 * MIB
    max_redirects: int = 5
    retries: int = 4
    backoff: float = 0.5
    max_backoff: float = 30.0
    max_retry_after: float = 120.0
    per_host_interval: float = 0.2
    user_agent: str = ""
    allow_private: tuple[str, ...] = ()
    environment_proxy: bool = False
    ca_file: str = ""
    secret: bool = False


def never() -> bool:
    """The `should_stop` of a client that nobody stops."""
    return False


StopCheck = Callable[[], bool]
