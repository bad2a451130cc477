# ruff: noqa: PLR0917 (fixtures come as arguments)
"""Certificates stay with the name though the address is pinned; proxies are the operator's choice."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import suppress

import pytest

from ckanext.pole.http import Refused, TooSlow, Unreachable


@pytest.fixture
def authority(tmp_path):
    trustme = pytest.importorskip("trustme", reason="pip install trustme to test TLS")
    ca = trustme.CA()
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")

    def server(*names: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca.issue_cert(*names).configure_cert(context)
        return context

    return str(tmp_path / "ca.pem"), server


def test_the_certificate_is_checked_against_the_name_while_the_address_is_pinned(
    serve, visitor, reply, names, authority
):
    ca_file, server = authority
    shown: list[str | None] = []
    context = server("good.example")
    context.sni_callback = lambda sock, name, _: shown.append(name)
    site = serve(reply("[1]"), tls=context)
    client = visitor(site, ca_file=ca_file, world={"resolver": names(["127.0.0.1"])})
    assert client.get_json(f"https://good.example:{site.port}/") == [1]
    assert client.get_json(f"https://good.example:{site.port}/") == [1]
    assert shown == ["good.example"], "one handshake, and the name in it"
    with pytest.raises(Unreachable) as caught:
        client.get(f"https://evil.example:{site.port}/")
    assert caught.value.code == "tls_failed"
    assert len(site.asked) == 2


def test_an_unknown_authority_is_refused_and_not_tried_again(serve, visitor, reply, names, authority):
    site = serve(reply("[1]"), tls=authority[1]("good.example"))
    client = visitor(site, retries=3, world={"resolver": names(["127.0.0.1"])})
    with pytest.raises(Unreachable) as caught:
        client.get(f"https://good.example:{site.port}/")
    assert (caught.value.code, caught.value.attempts) == ("tls_failed", 1)


def test_plain_http_on_a_tls_port_and_the_reverse_are_typed(serve, visitor, reply, authority):
    plain, secure = serve(reply("[1]")), serve(reply("[1]"), tls=authority[1]("127.0.0.1"))
    client = visitor(plain, secure, ca_file=authority[0], read_timeout=0.3)
    with pytest.raises((Unreachable, TooSlow)):  # what a plain server makes of a TLS hello varies with its bytes
        client.get(plain.url.replace("http:", "https:"))
    with pytest.raises(Unreachable):
        client.get(secure.url.replace("https:", "http:"))


def test_https_does_not_fall_back_to_http(serve, visitor, reply, authority):
    plain = serve(reply("[1]"))
    secure = serve(reply(b"", status=302, Location=plain.url), tls=authority[1]("127.0.0.1"))
    with pytest.raises(Refused) as caught:
        visitor(plain, secure, ca_file=authority[0]).get(secure.url)
    assert caught.value.code == "downgrade"
    assert plain.connections == 0


def test_a_silent_handshake_ends_in_time(visitor):
    with socket.create_server(("127.0.0.1", 0)) as mute:  # the kernel connects; nobody ever speaks
        place = f"127.0.0.1:{mute.getsockname()[1]}"
        began = time.monotonic()
        with pytest.raises(TooSlow) as caught:
            visitor(allow_private=(place,), connect_timeout=30, read_timeout=0.3).get(f"https://{place}/")
    assert caught.value.code == "silent"
    assert time.monotonic() - began < 5


def test_a_dripping_tls_body_ends_in_time(serve, visitor, authority):
    def drip(asked, line):
        line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
        line.drip(b"x" * 9999, 0.05)

    site = serve(drip, tls=authority[1]("127.0.0.1"))
    with pytest.raises(TooSlow) as caught:
        visitor(site, ca_file=authority[0], read_timeout=0.4, total_timeout=0.3).get(site.url)
    assert caught.value.code == "deadline"


@pytest.fixture
def proxy(serve, reply, monkeypatch):
    """A real forward proxy on loopback (it answers for the target itself), named in the environment."""
    site = serve(lambda asked, line: reply(f'["{asked.target}"]'))
    monkeypatch.setenv("http_proxy", f"http://user:p%40ss@127.0.0.1:{site.port}")
    monkeypatch.setenv("no_proxy", "direct.example")
    return site


def test_a_proxy_in_the_environment_is_ignored(serve, visitor, reply, proxy):
    site = serve(reply("[]"))
    assert visitor(site).get_json(site.url) == []
    assert proxy.connections == 0


def test_a_proxy_is_used_when_the_setting_says_so_and_targets_are_still_checked(serve, visitor, reply, names, proxy):
    site = serve(reply("[]"))
    hosts = {"far.example": ["8.8.8.8"], "inside.example": ["10.0.0.1"]}

    def resolver(host: str, port: int) -> list[tuple]:
        return names(hosts.get(host, ["127.0.0.1"]))(host, port)

    client = visitor(site, environment_proxy=True, world={"resolver": resolver})
    assert client.get_json("http://far.example/x?y=1") == ["http://far.example/x?y=1"]
    assert proxy.asked[0].headers["host"] == "far.example"
    assert proxy.asked[0].headers["proxy-authorization"].startswith("Basic ")
    with pytest.raises(Refused):
        client.get("http://inside.example/")
    with pytest.raises(Refused):
        client.get("http://169.254.169.254/")
    assert client.get_json(f"http://direct.example:{site.port}/") == [], "no_proxy is heeded"
    assert len(proxy.asked) == 1


def test_https_goes_through_a_proxys_tunnel_with_the_certificate_still_checked(
    serve, visitor, reply, names, authority, monkeypatch
):
    ca_file, server = authority
    site = serve(reply("[1]"), tls=server("far.example"))

    def tunnel(asked, line):
        """Join both ends, as a proxy does on CONNECT."""
        with socket.create_connection(("127.0.0.1", site.port)) as far:
            line.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
            threading.Thread(target=pump, args=(far, line.sock), daemon=True).start()
            pump(line.sock, far)

    def pump(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)

    middle = serve(tunnel)
    monkeypatch.setenv("https_proxy", f"127.0.0.1:{middle.port}")

    def resolver(host: str, port: int) -> list[tuple]:
        return names(["8.8.8.8"] if host.endswith(".example") else [host])(host, port)

    client = visitor(environment_proxy=True, ca_file=ca_file, world={"resolver": resolver})
    with pytest.raises(Refused):
        client.get("https://127.0.0.1/")
    assert client.get_json("https://far.example/") == [1]
    assert (middle.asked[0].method, middle.asked[0].target) == ("CONNECT", "far.example:443")
    with pytest.raises(Unreachable) as caught:
        client.get("https://evil.example/")
    assert caught.value.code == "tls_failed"


def test_a_proxy_that_drips_its_answer_ends_in_time(serve, visitor, names, monkeypatch):
    def drip(asked, line):
        line.send(b"HTTP/1.1 200 OK\r\n")
        line.drip(b"X-Slow: 1\r\n" * 500, 0.02)

    middle = serve(drip)
    monkeypatch.setenv("https_proxy", f"127.0.0.1:{middle.port}")

    def resolver(host: str, port: int) -> list[tuple]:
        return names(["8.8.8.8"] if host.endswith(".example") else [host])(host, port)

    client = visitor(environment_proxy=True, total_timeout=0.3, world={"resolver": resolver})
    with pytest.raises(TooSlow) as caught:
        client.get("https://far.example/")
    assert caught.value.code == "deadline"
