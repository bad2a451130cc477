"""Ports, with real sockets."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest
from local import ports

SERVER = """
import socket, sys
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_a_port_with_a_listener_is_not_free(address):
    with socket.create_server((address, 0)) as server:
        assert not ports.is_free(server.getsockname()[1])


def test_a_listener_on_the_ipv6_loopback_counts_because_browsers_go_there_first():
    try:
        server = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 here")
    with server:
        assert not ports.is_free(server.getsockname()[1])


def test_a_port_is_free_again_once_its_server_has_left_even_with_late_connections():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        accepted, _ = server.accept()
        accepted.close()
        client.close()
    assert ports.is_free(port)


def test_an_address_that_is_not_ours_is_an_error_and_not_a_busy_port():
    with pytest.raises(OSError, match="assign"):
        ports.is_free(20001, "192.0.2.1")


def test_known_ports_stay():
    first = ports.choose({}, set())
    assert ports.choose(first, set()) == first
    assert set(first) == set(ports.PRIVATE)
    assert len(set(first.values())) == len(first)


def test_a_port_that_someone_took_is_chosen_anew_and_ours_is_kept():
    known = ports.choose({}, set())
    with socket.create_server(("127.0.0.1", known["redis"])), socket.create_server(("127.0.0.1", known["solr"])):
        again = ports.choose(known, {"solr"})
    assert again["redis"] != known["redis"]
    assert again["solr"] == known["solr"]
    assert again["postgres"] == known["postgres"]


def test_the_holder_of_a_port_is_named():
    holder = subprocess.Popen([sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        found = ports.listener(int(holder.stdout.readline()))
        assert found is not None
        assert found[0] == holder.pid
        assert "socket.create_server" in found[1]
    finally:
        holder.communicate("")


def test_nobody_holds_a_port_without_a_listener():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        assert ports.listener(bound.getsockname()[1]) is None


def test_a_connection_to_a_port_is_seen():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert not ports.is_connected(os.getpid(), port)
        with socket.create_connection(("127.0.0.1", port)):
            assert ports.is_connected(os.getpid(), port)
