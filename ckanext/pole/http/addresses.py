"""Which addresses of the network may be visited. Pure: names are resolved elsewhere, here addresses are judged.

The ranges are IANA's special-purpose registries, written out: what Python's `is_private` and `is_global` say
differs from one patch release to the next, and neither knows the cloud's metadata addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(ip_network(text) for text in texts)


# Opened by no setting: nothing of a partner's lives there, and the cloud's keys do.
NEVER = _networks(
    "0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4",
    "168.63.129.16/32",  # Azure's wire server: public by its number, internal by its use
    "100.100.100.200/32",  # Alibaba's metadata
    "192.0.0.192/32",  # Oracle's metadata
    "::/128", "fe80::/10", "ff00::/8", "fd00:ec2::/32",  # the last: Amazon's metadata, DNS and time
)  # fmt: skip

# Closed unless `allow_private` names them.
PRIVATE = _networks(
    "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
    "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
)  # fmt: skip

_GLOBAL_UNICAST = IPv6Network("2000::/3")  # all of IPv6 that is given out; the rest is special
_NAT64 = IPv6Network("64:ff9b::/96")
_ISATAP = (0x00005EFE, 0x02005EFE)  # upper half of an interface id that hides an IPv4 address
_ENTRY = re.compile(r"(?:\[(?P<v6>[0-9a-f:./]+)\]|(?P<rest>[^\[\]:]+))(?::(?P<port>\d{1,5}))?")
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\.?")


def unwrap(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one (mapped, NAT64), or the address itself."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def is_never(address: Address) -> bool:
    """Whether no setting can open this address (after `unwrap`)."""
    return any(address in network for network in NEVER if network.version == address.version)


def is_public(address: Address) -> bool:
    """Whether anybody on the internet has this address (after `unwrap`); when in doubt, no."""
    if is_never(address) or any(address in network for network in PRIVATE if network.version == address.version):
        return False
    if isinstance(address, IPv6Address):
        return address in _GLOBAL_UNICAST and (int(address) >> 32) & 0xFFFFFFFF not in _ISATAP
    return True


@dataclass(frozen=True)
class Opening:
    """One opening in the guard: a network or a host name, on one port or on all."""

    network: Network | None
    host: str
    port: int | None

    def opens(self, host: str, address: Address, port: int) -> bool:
        """Whether this opening is one for `host`, which resolved to `address`."""
        if self.port is not None and self.port != port:
            return False
        if self.network is None:
            return host == self.host
        return address.version == self.network.version and address in self.network


class AddressPolicy:
    """Decides on an address that is about to be connected to.

    Args:
        allow_private: openings for places that are not public: `10.1.2.3`, `10.1.0.0/16`, `data.internal`,
            `[fd12::/16]`, each with an optional `:port` (IPv6 then in brackets). A name opens every private
            address that it resolves to. Prefer an entry with a port: the machine's own database has one too.

    Raises:
        ValueError: an entry is none of these.
    """

    def __init__(self, allow_private: Iterable[str] = ()) -> None:
        self._openings = tuple(_read_entry(entry) for entry in allow_private)

    def allows(self, host: str, address: str, port: int) -> bool:
        """Whether `host`, which resolved to `address`, may be connected to on `port`."""
        try:
            judged = unwrap(ip_address(address.partition("%")[0]))
        except ValueError:
            return False
        if is_never(judged):
            return False
        name = host.strip("[]").rstrip(".").lower()
        return is_public(judged) or any(opening.opens(name, judged, port) for opening in self._openings)


def _read_entry(entry: str) -> Opening:
    text = entry.strip().lower()
    try:
        return Opening(ip_network(text, strict=False), "", None)
    except ValueError:
        pass
    match = _ENTRY.fullmatch(text)
    port = int(match["port"]) if match and match["port"] else None
    if not match or (port is not None and not 0 < port < 65536):
        raise ValueError(f"not a network, an address or a host name, with an optional port: {entry!r}")
    try:
        return Opening(ip_network(match["v6"] or match["rest"], strict=False), "", port)
    except ValueError:
        if match["v6"] or "/" in match["rest"] or not _HOST.fullmatch(match["rest"]):
            raise ValueError(f"not a network, an address or a host name, with an optional port: {entry!r}") from None
    return Opening(None, match["rest"].rstrip("."), port)
