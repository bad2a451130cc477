"""Bodies handed on in pieces, ranges, conditional requests and files."""

from __future__ import annotations

import hashlib
import stat
import tracemalloc

import pytest

from ckanext.pole.http import BadBody, Refused, TooLarge, TooSlow, WrongType, user_agent

DATA = bytes(range(256)) * 400


def ranged(reply):
    """A site that serves `DATA` with ranges and an entity tag, as a file server does."""

    def handler(asked, line):
        if asked.headers.get("if-none-match") == '"v1"':
            return reply(b"", status=304, Content_Length=None, ETag='"v1"')
        wanted = asked.headers.get("range", "")
        if not wanted:
            return reply(DATA, kind="text/csv", ETag='"v1"')
        first, last = (int(end) for end in wanted.removeprefix("bytes=").split("-"))
        if first >= len(DATA):
            return reply(b"", status=416, Content_Range=f"bytes */{len(DATA)}")
        part = DATA[first : last + 1]
        return reply(part, status=206, kind="text/csv", Content_Range=f"bytes {first}-{last}/{len(DATA)}")

    return handler


def test_a_stream_hands_the_body_on_in_pieces(serve, visitor, reply):
    site = serve(ranged(reply))
    with visitor(site).stream(site.url) as stream:
        assert (stream.status, stream.content_type, stream.length) == (200, "text/csv", len(DATA))
        assert b"".join(stream) == DATA
    assert site.asked[0].headers["accept-encoding"] == "identity"


def test_a_range_is_asked_for_and_given(serve, visitor, reply):
    site = serve(ranged(reply))
    with visitor(site).stream(site.url, headers={"Range": "bytes=10-19"}) as stream:
        assert stream.status == 206
        assert stream.headers["content-range"] == f"bytes 10-19/{len(DATA)}"
        assert b"".join(stream) == DATA[10:20]
    assert visitor(site).get(site.url, headers={"range": "bytes=0-3"}).body == DATA[:4]


def test_statuses_that_a_gateway_hands_on(serve, visitor, reply):
    site = serve(ranged(reply))
    client = visitor(site)
    with client.stream(site.url, headers={"If-None-Match": '"v1"'}) as stream:
        assert (stream.status, list(stream)) == (304, [])
    with client.stream(site.url, headers={"Range": "bytes=999999-999999"}, allow_status=(416,)) as stream:
        assert stream.headers["Content-Range"] == f"bytes */{len(DATA)}"
    assert client.get(site.url, headers={"If-None-Match": '"v1"'}).status == 304


def test_a_connection_is_kept_after_a_whole_body_and_dropped_after_a_part(serve, visitor, reply):
    site = serve(ranged(reply))
    client = visitor(site)
    for _ in range(2):
        with client.stream(site.url) as stream:
            assert len(b"".join(stream)) == len(DATA)
    assert site.connections == 1
    with client.stream(site.url):
        pass
    assert client.get(site.url).body == DATA
    assert site.connections == 2


def test_an_error_of_the_reader_frees_the_connection_and_passes(serve, visitor, reply):
    site = serve(ranged(reply))
    client = visitor(site)

    def read() -> None:
        with client.stream(site.url) as stream:
            next(iter(stream))
            raise KeyError("reader")

    with pytest.raises(KeyError):
        read()
    assert client.get(site.url).body == DATA


def test_a_large_body_streams_at_constant_memory(serve, visitor, tmp_path):
    size = 64 * 1024 * 1024

    def handler(asked, line):
        line.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(size // 65536):
            line.send(b"a" * 65536)

    site = serve(handler)
    tracemalloc.start()
    done = visitor(site, total_timeout=30).download(site.url, tmp_path / "big.csv")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert done.size == size
    assert peak < 2 * 1024 * 1024


def test_a_download_is_whole_private_and_fingerprinted(serve, visitor, reply, tmp_path):
    site = serve(ranged(reply))
    target = tmp_path / "données.csv"
    target.write_bytes(b"old")
    done = visitor(site).download(site.url, target)
    assert target.read_bytes() == DATA
    assert (done.path, done.size, done.content_type) == (target, len(DATA), "text/csv")
    assert done.sha256 == hashlib.sha256(DATA).hexdigest()
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["données.csv"]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n" + b"x" * 80000, BadBody),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 300_000, TooLarge),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>" + b"x" * 900, WrongType),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\n\r\n  <!doctype HTML>", WrongType),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\n\r\nRBAC: access denied", WrongType),
        (b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n", Refused),
    ],
)
def test_a_failed_download_leaves_the_old_file_and_no_litter(serve, visitor, tmp_path, answer: bytes, problem: type):
    site = serve(lambda asked, line: line.send(answer))
    target = tmp_path / "x.csv"
    target.write_bytes(b"old")
    with pytest.raises(problem):
        visitor(site, retries=1).download(site.url, target, max_bytes=200_000)
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["x.csv"]


def test_a_download_is_begun_anew_not_resumed_from_half(serve, visitor, reply, tmp_path):
    turns = iter([b"AAAA" * 20_000])

    def handler(asked, line):
        half = next(turns, b"")
        if half:
            line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n" + half)
            return None
        return reply(DATA, kind="text/csv")

    site = serve(handler)
    assert visitor(site, retries=1).download(site.url, tmp_path / "x").size == len(DATA)
    assert (tmp_path / "x").read_bytes() == DATA
    assert all("range" not in asked.headers for asked in site.asked)


def test_a_download_to_a_folder_that_is_not_there_is_the_disks_error(serve, visitor, reply, tmp_path):
    site = serve(ranged(reply))
    with pytest.raises(FileNotFoundError):
        visitor(site).download(site.url, tmp_path / "nowhere" / "x")


def test_the_readers_slowness_counts_in_the_total(serve, visitor, reply):
    site = serve(reply(b"x" * 10_000_000, kind="text/csv"))
    client = visitor(site, total_timeout=0.2)

    def read_slowly() -> None:
        with client.stream(site.url) as stream:
            for _ in stream:
                site.closing.wait(0.05)

    with pytest.raises(TooSlow):
        read_slowly()


@pytest.mark.parametrize("value", ["key\n", "a\r\nX: y", "clé", "\x00"])
def test_a_header_with_a_line_break_is_refused_without_repeating_it(visitor, value: str):
    with pytest.raises(Refused) as caught:
        visitor().get("http://a.example/", headers={"X-API-Key": value})
    assert caught.value.code == "bad_header"
    assert value not in str(caught.value) + caught.value.detail


@pytest.mark.parametrize("name", ["Host", "Content-Length", "transfer-encoding", "Connection", "Proxy-Authorization"])
def test_headers_that_the_client_owns_are_a_fault_of_the_caller(visitor, name: str):
    with pytest.raises(ValueError, match="sets the header"):
        visitor().get("http://a.example/", headers={name: "x"})


def test_we_say_who_we_are(serve, visitor, reply):
    site = serve(reply("[]"))
    visitor(site, user_agent=user_agent("https://pole.example/contact")).get_json(site.url)
    sent = site.asked[0].headers
    assert sent["user-agent"].startswith("ckanext-pole/")
    assert sent["user-agent"].endswith("(+https://pole.example/contact)")
    assert sent["accept"].startswith("application/json")
    assert "cookie" not in sent
    assert "\n" not in user_agent("a\r\nX: y")


def test_cookies_are_not_kept(serve, visitor, reply):
    site = serve(reply("[]", Set_Cookie="a=b"))
    client = visitor(site)
    client.get(site.url)
    client.get(site.url)
    assert "cookie" not in site.asked[1].headers
