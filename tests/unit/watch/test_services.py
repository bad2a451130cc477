"""Services are asked for real: one that refuses, one that is frozen, one that says something else."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager

import pytest

from ckanext.pole.watch import services


def test_a_service_that_refuses_is_away_and_its_address_is_not_told():
    found = services.ask_all({
        "sqlalchemy.url": "postgresql://ckan:s3cret@127.0.0.1:1/ckan", "ckan.redis.url": "redis://:s3cret@127.0.0.1:1/0",
        "solr_url": "http://127.0.0.1:1/solr/ckan",
    })  # fmt: skip
    assert [one.name for one in found] == ["postgresql", "redis", "solr"]
    assert not any(one.ok for one in found)
    assert "s3cret" not in repr(found)
    assert "127.0.0.1" not in repr(found)


def test_a_service_without_an_address_is_not_asked():
    assert services.ask_all({"solr_url": ""}) == []


@contextmanager
def listening(answer: bytes = b""):
    """A socket that accepts, and says this or nothing at all."""
    server = socket.create_server(("127.0.0.1", 0))
    held = []

    def serve():
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            held.append(connection)
            if answer:
                connection.recv(10_000)
                connection.sendall(answer)
                connection.close()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield server.getsockname()[1]
    finally:
        server.close()
        for connection in held:
            connection.close()


@pytest.mark.parametrize(
    ("setting", "address"),
    [
        ("sqlalchemy.url", "postgresql://x:x@127.0.0.1:{}/x"), ("ckan.redis.url", "redis://127.0.0.1:{}/0"),
        ("solr_url", "http://127.0.0.1:{}/solr/ckan"),
    ],
)  # fmt: skip
def test_a_frozen_service_is_away_within_seconds(setting, address, monkeypatch):
    monkeypatch.setattr(services, "PATIENCE", 1.0)
    started = time.monotonic()
    with listening() as port:
        (found,) = services.ask_all({setting: address.format(port)})
    assert not found.ok
    assert time.monotonic() - started < 4


def test_a_solr_that_is_not_ok_is_away():
    body = b'{"status":"ERROR"}'
    with listening(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)) as port:
        (found,) = services.ask_all({"solr_url": f"http://127.0.0.1:{port}/solr/ckan"})
    assert (found.ok, found.error) == (False, "ConnectionError")
