"""How often one may try, and how long one waits after trying too often: the rules, without a clock or a store."""

from __future__ import annotations

import hashlib
import ipaddress
from functools import lru_cache

FREE = 5
"""Tries at one account from one place before the first wait."""
FREE_UNDER_ATTACK = 1
"""The same while many places try at that account. Never none: who knows the password comes in at the first try."""
WAITS = (60, 120, 240, 480, 960, 1920, 3600)
"""Seconds to wait after the last free try and each one that follows; the last of them for all that come after."""
FORGOTTEN = 24 * 3600
"""Seconds without a try after which the tries are forgotten."""


@lru_cache(maxsize=10_000)
def place(address: str | None) -> str:
    """Where somebody is: an IPv4 address, or the /64 network of an IPv6 one, all of which one household can use.

    Args:
        address: of the connection; one that is none counts as one place.
    """
    try:
        found = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if found.version == 4:
        return str(found)
    mapped = found.ipv4_mapped
    return str(mapped) if mapped else str(ipaddress.ip_network((found, 64), strict=False))


def key(secret: str, *words: str) -> str:
    """The name under which something is counted: nobody who reads the store learns whom or where from.

    Args:
        secret: of the site.
        words: what is counted.
    """
    told = "\0".join(words).encode("utf-8", "replace")
    return hashlib.blake2b(told, key=secret.encode()[:64], digest_size=16).hexdigest()
