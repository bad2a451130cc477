"""The address that is checked is the address that is connected to: rebinding, reuse, IPv6, threads."""

from __future__ import annotations

import logging
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ckanext.pole.http import Refused, TooSlow, Unreachable


def test_a_name_is_resolved_once_and_the_checked_address_is_connected_to(serve, visitor, reply, names):
    site = serve(reply("[]"))
    resolver = names(["127.0.0.1"], ["10.0.0.1"])
    client = visitor(site, world={"resolver": resolver})
    assert client.get_json(f"http://rebind.example:{site.port}/") == []
    assert resolver.asked == ["rebind.example"]
    assert site.asked[0].headers["host"] == f"rebind.example:{site.port}"


def test_a_name_that_turns_private_is_refused_on_the_next_connection(serve, visitor, reply, names):
    site = serve(reply("[]", Connection="close"))
    hidden = serve(reply('["secret"]'), host="127.0.0.2", port=site.port)
    resolver = names(["127.0.0.1"], ["127.0.0.2"])
    client = visitor(site, world={"resolver": resolver})
    url = f"http://rebind.example:{site.port}/"
    assert client.get_json(url) == []
    with pytest.raises(Refused) as caught:
        client.get_json(url)
    assert caught.value.code == "private_address"
    assert "127.0.0.2" in caught.value.detail
    assert hidden.connections == 0


def test_a_kept_connection_goes_on_leading_where_it_was_checked_to_lead(serve, visitor, reply, names):
    site = serve(reply("[]"))
    hidden = serve(reply('["secret"]'), host="127.0.0.2", port=site.port)
    client = visitor(site, world={"resolver": names(["127.0.0.1"], ["127.0.0.2"])})
    for _ in range(3):
        assert client.get_json(f"http://rebind.example:{site.port}/") == []
    assert [asked.connection for asked in site.asked] == [1, 1, 1]
    with pytest.raises(Refused):
        client.get_json(f"http://other.example:{site.port}/")
    assert hidden.connections == 0


def test_a_kept_connection_to_an_open_host_is_not_lent_to_a_closed_one(serve, visitor, reply, names):
    site = serve(reply("[]"))
    client = visitor(allow_private=(f"open.example:{site.port}",), world={"resolver": names(["127.0.0.1"])})
    assert client.get_json(f"http://open.example:{site.port}/") == []
    for closed in ("closed.example", "127.0.0.1"):
        with pytest.raises(Refused):
            client.get_json(f"http://{closed}:{site.port}/")
    assert site.connections == 1


@pytest.mark.parametrize("answer", [["127.0.0.1", "10.0.0.1"], ["10.0.0.1", "127.0.0.1"], ["127.0.0.1", "fe80::1"]])
def test_one_internal_address_among_several_is_enough_to_refuse(serve, visitor, reply, names, answer: list[str]):
    site = serve(reply("[]"))
    with pytest.raises(Refused):
        visitor(site, world={"resolver": names(answer)}).get(f"http://mixed.example:{site.port}/")
    assert site.connections == 0


def test_the_next_address_is_tried_when_the_first_does_not_answer(serve, visitor, reply, names):
    site = serve(reply("[]"))
    resolver = names(["127.0.0.3", "127.0.0.1"])
    client = visitor(allow_private=(f"127.0.0.0/8:{site.port}",), world={"resolver": resolver})
    assert client.get_json(f"http://two.example:{site.port}/") == []


def test_an_ipv6_site_is_reached(serve, visitor, reply):
    site = serve(reply("[6]"), host="::1")
    assert visitor(site).get_json(f"{site.url}/x") == [6]
    assert site.asked[0].headers["host"] == f"[::1]:{site.port}"


def test_ipv6_falls_back_to_ipv4(serve, visitor, reply, names):
    site = serve(reply("[4]"))
    client = visitor(site, allow_private=("::1", site.opening), world={"resolver": names(["::1", "127.0.0.1"])})
    assert client.get_json(f"http://both.example:{site.port}/") == [4]


def test_an_unknown_name_and_a_closed_port_are_told_apart(serve, visitor, reply):
    site = serve(reply("[]"))

    def unknown(host: str, port: int):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(Unreachable) as caught:
        visitor(world={"resolver": unknown}).get("http://nowhere.example/")
    assert (caught.value.code, caught.value.retryable) == ("dns_failed", False)
    with pytest.raises(Unreachable) as caught:
        visitor(world={"resolver": lambda host, port: []}).get("http://nowhere.example/")
    assert caught.value.code == "dns_failed"
    client = visitor(site)
    site.close()
    with pytest.raises(Unreachable) as caught:
        client.get(site.url)
    assert caught.value.code == "connect_failed"


def test_an_address_that_swallows_packets_is_given_up(visitor):
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        queue = [socket.socket() for _ in range(8)]
        for sock in queue:  # nobody accepts: once the queue is full, a new connection hangs
            sock.setblocking(False)
            sock.connect_ex(("127.0.0.1", port))
        client = visitor(allow_private=(f"127.0.0.1:{port}",), connect_timeout=0.3)
        with pytest.raises(TooSlow) as caught:
            client.get(f"http://127.0.0.1:{port}/")
        assert caught.value.code == "connect_timeout"
        for sock in queue:
            sock.close()


def test_many_threads_share_one_client(serve, visitor, reply):
    site = serve(lambda asked, line: reply(f'["{asked.target}"]'))
    client = visitor(site)

    def ask(number: int) -> bool:
        return client.get_json(f"{site.url}/{number}") == [f"/{number}"]

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(ask, range(400)))
    assert site.connections < 100, "connections are kept and shared"


def test_a_slow_thread_does_not_lend_its_deadline_to_another(serve, visitor, reply):
    gate = threading.Event()

    def handler(asked, line):
        if asked.target == "/slow":
            gate.wait(2)
        return reply("[]")

    site = serve(handler)
    client = visitor(site)
    client.get(site.url)
    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(client.get, f"{site.url}/slow", total_timeout=0.2)
        assert isinstance(slow.exception(), TooSlow)
        gate.set()
        assert client.get_json(f"{site.url}/fast") == []


@pytest.fixture
def everything_logged(caplog, monkeypatch):
    """The records of our client and of the library below it, whatever an ini or a migration did to their loggers."""
    tops = ("ckanext.pole.http", "urllib3")
    for name, logger in logging.root.manager.loggerDict.items():
        if isinstance(logger, logging.Logger) and name.startswith(tops):
            monkeypatch.setattr(logger, "disabled", False)
    for logger in map(logging.getLogger, tops):
        monkeypatch.setattr(logger, "propagate", False)
        logger.addHandler(caplog.handler)
        caplog.set_level(logging.DEBUG, logger=logger.name)
    yield caplog
    for logger in map(logging.getLogger, tops):
        logger.removeHandler(caplog.handler)


def test_no_secret_reaches_any_log(serve, visitor, reply, everything_logged):
    site = serve([reply("no", status=503), reply("[]"), reply("no", status=404)])
    client = visitor(site, retries=1)
    client.get(f"{site.url}/x", params={"api_key": "s3cret-1"}, headers={"Authorization": "Bearer s3cret-2"})
    with pytest.raises(Exception, match="404"):
        client.get(f"{site.url}/x?token=s3cret-1")
    logged = "\n".join(f"{record.getMessage()} {record.args} {record.exc_text}" for record in everything_logged.records)
    assert "api_key=***" in logged
    assert "s3cret" not in logged
    assert "s3cret" not in repr(client.get.__self__.limits)
