"""Slow sites, the pace, and people who press stop."""

from __future__ import annotations

import gzip
import threading
import time

import pytest

from ckanext.pole.http import Interrupted, Pace, TooSlow

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n"


@pytest.mark.parametrize("sent", [b"HTTP/1.1 200 OK\r\n", HEAD], ids=["in the headers", "in the body"])
def test_a_slow_drip_ends_at_the_total_deadline(serve, visitor, sent: bytes):
    def drip(asked, line):
        line.send(sent)
        line.drip(b"X-Slow: 1\r\n" * 500, 0.02)

    site = serve(drip)
    began = time.monotonic()
    with pytest.raises(TooSlow) as caught:
        visitor(site, total_timeout=0.3).get(site.url)
    assert caught.value.code == "deadline"
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1", HEAD, HEAD + b"{"])
def test_silence_ends_at_the_read_timeout(serve, visitor, sent: bytes):
    def mute(asked, line):
        line.send(sent)
        line.site.closing.wait(30)

    site = serve(mute)
    began = time.monotonic()
    with pytest.raises(TooSlow) as caught:
        visitor(site, read_timeout=0.3).get(site.url)
    assert caught.value.code == "read_timeout"
    assert 0.3 <= time.monotonic() - began < 5


def test_endless_100_continue_and_endless_redirects_end_at_the_deadline(serve, visitor, reply):
    def hundred(asked, line):
        while not line.site.closing.wait(0.01):
            line.send(b"HTTP/1.1 100 Continue\r\n\r\n")

    def maze(asked, line):
        line.site.closing.wait(0.1)
        return reply(b"", status=302, Location="/x")

    for handler in (hundred, maze):
        site = serve(handler)
        with pytest.raises(TooSlow) as caught:
            visitor(site, total_timeout=0.4, max_redirects=1000).get(site.url)
        assert caught.value.code == "deadline"


def test_requests_to_one_host_keep_their_distance_over_all_threads(serve, visitor, reply):
    site = serve(reply("[]"))
    client = visitor(site, per_host_interval=0.05)
    threads = [threading.Thread(target=client.get, args=(site.url,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times = sorted(asked.at for asked in site.asked)
    assert times[-1] - times[0] > 0.15


def test_the_pace_is_per_host_and_forgets_the_past():
    now = [0.0]
    pace = Pace(1.0, clock=lambda: now[0])
    assert [pace.reserve("a"), pace.reserve("a"), pace.reserve("b")] == [0, 1, 0]
    now[0] = 10.0
    assert pace.reserve("a") == 0
    for i in range(5000):
        pace.reserve(f"host-{i}")
        now[0] += 2
    assert len(pace._next) < 2000


@pytest.mark.parametrize(
    "moment", ["before", "waiting to retry", "in the headers", "in the body", "waiting for the pace"]
)
def test_stop_is_heard_at_every_moment(serve, visitor, reply, moment: str):
    stop = threading.Event()

    def handler(asked, line):
        if moment == "waiting to retry":
            return reply("no", status=503, Retry_After="60")
        line.send(HEAD + b"[" if moment == "in the body" else b"HTTP/1.1")
        line.site.closing.wait(30)
        return None

    site = serve(handler)
    pacer = Pace(0.0)
    if moment == "waiting for the pace":
        pacer.hold("127.0.0.1", 60)
    client = visitor(
        site, read_timeout=60, total_timeout=300, retries=3, world={"should_stop": stop.is_set, "pacer": pacer}
    )
    if moment == "before":
        stop.set()
    else:
        threading.Timer(0.2, stop.set).start()
    began = time.monotonic()
    with pytest.raises(Interrupted):
        client.get(site.url)
    assert time.monotonic() - began < 5
    assert moment != "before" or site.connections == 0


def test_stop_is_heard_between_chunks_and_the_client_can_go_on(serve, visitor, reply):
    stop = threading.Event()

    def handler(asked, line):
        if asked.target == "/small":
            return reply("[]")
        line.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while not line.site.closing.is_set():
            line.send(b"x" * 65536)
        return None

    site = serve(handler)
    client = visitor(site, world={"should_stop": stop.is_set})

    def read_on() -> None:
        with client.stream(site.url) as stream:
            for number, _ in enumerate(stream):
                if number == 5:
                    stop.set()

    with pytest.raises(Interrupted):
        read_on()
    stop.clear()
    assert client.get_json(f"{site.url}/small") == []


def test_stop_is_heard_while_a_few_bytes_unpack_to_many(serve, visitor, reply):
    stop = threading.Event()
    packed = gzip.compress(bytes(50_000_000))  # 50 kB: one read from the network
    site = serve(reply(packed, Content_Encoding="gzip"))
    client = visitor(site, world={"should_stop": stop.is_set})
    seen: list[int] = []

    def read_on() -> None:
        with client.stream(site.url) as stream:
            for chunk in stream:
                seen.append(len(chunk))
                stop.set()

    with pytest.raises(Interrupted):
        read_on()
    assert len(seen) == 1


def test_a_kept_connection_serves_the_deadline_of_the_present_call(serve, visitor, reply):
    site = serve(reply("[]"))
    client = visitor(site)
    client.get(site.url, total_timeout=0.3)
    time.sleep(0.35)
    assert client.get_json(site.url) == []
    assert site.connections == 1


def test_a_failing_stop_check_is_not_swallowed(serve, visitor, reply):
    site = serve(reply("[]"))

    def broken() -> bool:
        raise RuntimeError("database gone")

    with pytest.raises(RuntimeError, match="database gone"):
        visitor(site, world={"should_stop": broken}).get(site.url)
