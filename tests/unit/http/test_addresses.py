"""Which addresses are internal, in every spelling."""

from __future__ import annotations

import ipaddress
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.pole.http import AddressPolicy, GuardedClient, Limits, Refused
from ckanext.pole.http.addresses import NEVER

CLOSED = AddressPolicy()

INTERNAL = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:a9fe:a9fe",
    "::ffff:0:127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::8.8.8.8",
    "100::1",
    "2001::1",
    "2001:0:7f00:1::",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:808:808::1",
    "2606:4700::5efe:10.0.0.1",
    "2606:4700::200:5efe:10.0.0.1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%lo",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("address", INTERNAL)
def test_an_internal_address_is_refused(address: str):
    assert not CLOSED.allows("site.example", address, 443)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "11.0.0.1", "192.0.1.1", "223.255.255.255"])
def test_a_public_address_is_allowed(address: str):
    assert CLOSED.allows("site.example", address, 443)
    assert CLOSED.allows("site.example", f"::ffff:{address}", 443)
    assert CLOSED.allows("site.example", f"64:ff9b::{address}", 443), "what DNS64 gives on an IPv6-only network"


@pytest.mark.parametrize("address", ["2606:4700:4700::1111", "2a00:1450::1", "2620:0:ccc::2"])
def test_a_public_ipv6_address_is_allowed(address: str):
    assert CLOSED.allows("site.example", address, 443)


@given(st.ip_addresses())
def test_whatever_python_calls_private_is_refused_too(address):
    inner = getattr(address, "ipv4_mapped", None) or address
    nat64 = address.version == 6 and address in ipaddress.ip_network("64:ff9b::/96")
    if not nat64 and (inner.is_private or inner.is_loopback or inner.is_link_local or inner.is_multicast):
        assert not CLOSED.allows("site.example", str(address), 80)


@given(st.ip_addresses(v=4))
def test_an_address_wrapped_in_ipv6_is_judged_as_the_one_inside(address):
    verdict = CLOSED.allows("a.example", str(address), 80)
    assert CLOSED.allows("a.example", f"::ffff:{address}", 80) == verdict
    assert CLOSED.allows("a.example", f"64:ff9b::{address}", 80) == verdict


@given(st.sampled_from(NEVER).flatmap(lambda network: st.ip_addresses(network=network)))
def test_metadata_and_link_local_are_opened_by_no_setting(address):
    wide = AddressPolicy(["0.0.0.0/0", "::/0", "site.example", str(address)])
    assert not wide.allows("site.example", str(address), 80)


@pytest.mark.parametrize("garbage", ["", "nonsense", "1.2.3", "1.2.3.4.5", "::g", "127.0.0.1 "])
def test_what_is_no_address_is_refused(garbage: str):
    assert not AddressPolicy(["0.0.0.0/0", "::/0"]).allows("a.example", garbage, 80)


@pytest.mark.parametrize(
    ("entry", "host", "address", "port", "verdict"),
    [
        ("10.1.0.0/16", "a.example", "10.1.9.9", 80, True),
        ("10.1.0.0/16", "a.example", "10.2.0.1", 80, False),
        ("10.1.0.0/16", "a.example", "::ffff:10.1.9.9", 80, True),
        ("10.1.0.0/16:8080", "a.example", "10.1.9.9", 80, False),
        ("10.1.0.0/16:8080", "a.example", "10.1.9.9", 8080, True),
        ("127.0.0.1:9000", "127.0.0.1", "127.0.0.1", 8983, False),
        ("127.0.0.1:9000", "127.0.0.1", "127.0.0.1", 9000, True),
        ("[::1]:9000", "[::1]", "::1", 9000, True),
        ("[::1]:9000", "[::1]", "::1", 5432, False),
        ("fd12::/16", "a.example", "fd12::5", 80, True),
        ("Data.Internal", "data.internal.", "192.168.3.4", 80, True),
        ("data.internal", "other.internal", "192.168.3.4", 80, False),
        ("data.internal", "evil.data.internal", "192.168.3.4", 80, False),
        ("data.internal:81", "data.internal", "192.168.3.4", 80, False),
    ],
)
def test_an_opening_opens_what_it_names_and_no_more(entry, host, address, port, verdict):
    assert AddressPolicy([entry]).allows(host, address, port) is verdict


@pytest.mark.parametrize("entry", ["", "*", "10.0.0.0/99", "a b", "http://a.example", "a:0", "a:99999", "[::1", "-a-"])
def test_an_entry_that_cannot_be_read_stops_the_start(entry: str):
    with pytest.raises(ValueError, match="not a network"):
        GuardedClient(Limits(allow_private=(entry,)))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "%31%32%37.0.0.1",
        "0.0.0.0",
        "0",
        "localhost",
        "LOCALHOST",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[0:0:0:0:0:ffff:7f00:1]",
    ],
)
def test_no_spelling_of_this_machine_gets_through(host: str):
    with socket.create_server(("127.0.0.1", 0)) as listener, GuardedClient(Limits(retries=0)) as client:
        listener.settimeout(0)
        with pytest.raises(Refused) as caught:
            client.get(f"http://{host}:{listener.getsockname()[1]}/")
        assert caught.value.code == "private_address"
        with pytest.raises(BlockingIOError):
            listener.accept()
