# ruff: noqa: PLR0917 (fixtures come as arguments)
"""Bodies that are too big, packed, cut, mislabelled or not what was asked for."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ckanext.pole.http import XML, Answer, BadBody, ClientFailed, HttpProblem, TooLarge, Unreachable, WrongType

MIB = 1024 * 1024


def bomb(size: int) -> bytes:
    """Zeros packed a thousand to one, without ever being in memory whole."""
    machine = zlib.compressobj(9, wbits=31)
    return b"".join(machine.compress(bytes(MIB)) for _ in range(size // MIB)) + machine.flush()


def endless(asked, line):
    line.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[")
    while not line.site.closing.is_set():
        line.send(b"1," * 32768)


def endless_chunks(asked, line):
    line.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not line.site.closing.is_set():
        line.send(b"10000\r\n" + b" " * 65536 + b"\r\n")


@pytest.mark.parametrize("handler", [endless, endless_chunks])
def test_an_endless_body_is_cut_at_the_cap(serve, visitor, handler):
    site = serve(handler)
    with pytest.raises(TooLarge) as caught:
        visitor(site).get_json(site.url, max_bytes=500_000)
    assert "500000" in caught.value.message["fr"]


def test_an_announced_size_over_the_cap_is_refused_before_reading(serve, visitor):
    site = serve(lambda asked, line: line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n"))
    with pytest.raises(TooLarge):
        visitor(site).get(site.url)


def test_a_body_of_exactly_the_cap_passes_and_one_byte_more_does_not(serve, visitor, reply):
    site = serve(reply(b"x" * 1000, kind="text/plain", Content_Length=None, Connection="close"))
    client = visitor(site)
    assert len(client.get(site.url, max_bytes=1000).body) == 1000
    with pytest.raises(TooLarge):
        client.get(site.url, max_bytes=999)


def test_a_gzip_bomb_is_cut_at_constant_memory(serve, visitor, reply):
    site = serve(reply(bomb(128 * MIB), Content_Encoding="gzip"))
    client = visitor(site)
    tracemalloc.start()
    with pytest.raises(TooLarge), client.stream(site.url, max_bytes=20 * MIB) as stream:
        assert sum(map(len, stream)) == 0, "the cap was passed first"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * MIB


def test_gzip_in_gzip_is_not_unpacked_twice(serve, visitor, reply):
    site = serve(reply(gzip.compress(gzip.compress(b"{}")), Content_Encoding="gzip, gzip"))
    with pytest.raises(WrongType) as caught:
        visitor(site).get(site.url)
    assert caught.value.code == "encoding"


@pytest.mark.parametrize("packing", ["br", "zstd", "deflate", "compress"])
def test_a_packing_that_was_not_asked_for_is_refused(serve, visitor, reply, packing: str):
    site = serve(reply(b"x", Content_Encoding=packing))
    with pytest.raises(WrongType) as caught:
        visitor(site).get(site.url)
    assert caught.value.code == "encoding"
    assert site.asked[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize("members", [1, 3])
def test_gzip_is_unpacked_members_and_padding_too(serve, visitor, reply, members: int):
    text = json.dumps(["é" * 70_000]).encode()
    parts = [text[i * len(text) // members : (i + 1) * len(text) // members] for i in range(members)]
    site = serve(reply(b"".join(map(gzip.compress, parts)) + b"\0" * 40, Content_Encoding="gzip"))
    assert visitor(site).get_json(site.url) == ["é" * 70_000]


def test_a_gzip_body_without_its_end_is_truncated_even_if_every_byte_announced_came(serve, visitor, reply):
    packed = gzip.compress(b"a,b\n" * 50_000)
    site = serve(reply(packed[: len(packed) // 2], kind="text/csv", Content_Encoding="gzip"))
    with pytest.raises(BadBody) as caught:
        visitor(site).get(site.url)
    assert caught.value.code == "truncated"


def test_a_damaged_gzip_body_is_told_as_such(serve, visitor, reply):
    site = serve(reply(gzip.compress(b"{}")[:10] + b"\xff" * 50, Content_Encoding="gzip"))
    with pytest.raises(BadBody) as caught:
        visitor(site).get(site.url)
    assert caught.value.code == "bad_gzip"


def test_an_empty_body_labelled_gzip_is_empty(serve, visitor, reply):
    site = serve(reply(b"", status=204, Content_Encoding="gzip"))
    assert visitor(site).get(site.url).body == b""


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n[1,2",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[1,2]\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n[1,2",
    ],
)
def test_a_body_shorter_than_announced_is_truncated(serve, visitor, answer: bytes):
    site = serve(lambda asked, line: line.send(answer))
    with pytest.raises(BadBody) as caught:
        visitor(site).get_json(site.url)
    assert caught.value.code == "truncated"


def test_a_page_instead_of_json_is_told_as_such(serve, visitor, reply):
    page = "<!DOCTYPE html><html><body>Maintenance</body></html>"
    site = serve(
        [reply(page, kind="text/html; charset=utf-8"), reply(f"\ufeff\n {page}"), reply(page, Content_Type=None)]
    )
    for _ in range(3):  # said to be HTML; said to be JSON; nothing said
        with pytest.raises(WrongType) as caught:
            visitor(site).get_json(site.url)
        assert caught.value.code == "html"


def test_a_page_is_an_answer_where_pages_are_asked_for(serve, visitor, reply):
    site = serve(reply("<html>bonjour</html>", kind="text/html"))
    assert "bonjour" in visitor(site).get(site.url).text()
    assert "bonjour" in visitor(site).get(site.url, accept=("text/*",)).text()


@pytest.mark.parametrize("status", [200, 403])
def test_the_tiny_refusal_of_a_portal_is_never_data(serve, visitor, reply, status: int):
    site = serve(reply("RBAC: access denied", status=status, kind="text/plain"))
    with pytest.raises(HttpProblem) as caught:
        visitor(site).get(site.url)
    assert caught.value.code == "portal_refusal"
    assert isinstance(caught.value, WrongType if status == 200 else ClientFailed)
    assert "User-Agent" in caught.value.message["fr"]


def test_a_file_that_merely_begins_with_those_letters_is_data(serve, visitor, reply):
    site = serve(reply("RBAC,colonne\n" * 100, kind="text/csv"))
    assert len(visitor(site).get(site.url, accept=("text/csv",)).body) == 1300


@pytest.mark.parametrize(
    ("kind", "accept", "fits"),
    [
        ("application/json; charset=utf-8", None, True),
        ("application/geo+json", None, True),
        ("APPLICATION/JSON", None, True),
        ("text/plain", None, True),
        ("application/pdf", None, False),
        ("text/csv", ("text/csv",), True),
        ("text/csv; header=present", ("text/*",), True),
        ("application/zip", ("text/csv",), False),
        ("application/rdf+xml", XML, True),
        ("garbage", ("text/csv",), False),
    ],
)
def test_the_type_is_compared_with_what_was_asked_for(serve, visitor, reply, kind, accept, fits):
    site = serve(reply("{}", kind=kind))
    options = {} if accept is None else {"accept": accept}
    client = visitor(site)
    if fits:
        client.get(site.url, **options) if accept else client.get_json(site.url)
        return
    with pytest.raises(WrongType) as caught:
        client.get(site.url, **options) if accept else client.get_json(site.url)
    assert caught.value.code == "wrong_type"


@pytest.mark.parametrize(
    ("body", "kind", "read"),
    [
        ('["é"]'.encode(), "application/json", ["é"]),
        ('["é"]'.encode("utf-8-sig"), "application/json", ["é"]),
        ('["é"]'.encode("utf-16"), "application/json", ["é"]),
        ('["é"]'.encode("latin-1"), "application/json; charset=ISO-8859-1", ["é"]),
        ('["œ"]'.encode("cp1252"), "application/json; charset=windows-1252", ["œ"]),
        ('["é"]'.encode(), "application/json; charset=ISO-8859-1", ["é"]),
        ('["é"]'.encode(), "application/json; charset=klingon", ["é"]),
    ],
)
def test_json_is_read_in_its_true_encoding(serve, visitor, reply, body: bytes, kind: str, read: list):
    site = serve(reply(body, kind=kind))
    assert visitor(site).get_json(site.url) == read


@pytest.mark.parametrize("charset", ["", "; charset=utf-8", "; charset=klingon", "; charset=base64", "; charset=\x00"])
def test_text_in_no_known_encoding_is_not_guessed(serve, visitor, reply, charset: str):
    site = serve(reply('["é"]'.encode("latin-1"), kind=f"application/json{charset}"))
    with pytest.raises(BadBody) as caught:
        visitor(site).get_json(site.url)
    assert caught.value.code == "bad_charset"


@pytest.mark.parametrize("body", ["", "{", "nope", "[NaN]", "[1e5, Infinity]", "[" * 200_000, "9" * 5000, '{"a":1}}'])
def test_what_is_not_strict_json_is_refused(serve, visitor, reply, body: str):
    site = serve(reply(body))
    with pytest.raises(BadBody) as caught:
        visitor(site).get_json(site.url)
    assert caught.value.code == "bad_json"


def test_a_part_that_nobody_asked_for_is_not_taken_for_the_whole(serve, visitor, reply):
    site = serve(reply(b"[]", status=206, Content_Range="bytes 0-1/9"))
    with pytest.raises(BadBody) as caught:
        visitor(site).get_json(site.url)
    assert caught.value.code == "partial"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000 + b"\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % i for i in range(500)) + b"\r\n{}",
        b"HTTP/1.1 200 " + b"O" * 70_000 + b"\r\n\r\n",
        b"SSH-2.0-OpenSSH_9\r\n\r\n",
        b"\x16\x03\x01\x00\x00",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    ],
)
def test_huge_headers_and_nonsense_are_a_typed_failure(serve, visitor, answer: bytes):
    site = serve(lambda asked, line: line.send(answer))
    with pytest.raises((Unreachable, BadBody)) as caught:
        visitor(site).get_json(site.url)
    assert caught.value.code in ("not_http", "truncated", "connection_lost")


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.sampled_from(
        [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 ", b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"]
    ),
    headers=st.lists(
        st.tuples(
            st.sampled_from(
                [b"Content-Type", b"Content-Length", b"Transfer-Encoding", b"Location", b"Retry-After", b"X"]
            ),
            st.one_of(st.binary(max_size=20), st.sampled_from([b"0", b"5", b"chunked", b"-1", b"text/csv; charset=x"])),
        ),
        max_size=4,
    ),
    body=st.binary(max_size=80),
)
def test_whatever_bytes_come_back_it_is_an_answer_or_a_typed_failure(serve, visitor, start, headers, body):
    answer = start + b"".join(name + b": " + value + b"\r\n" for name, value in headers) + b"\r\n" + body
    site = serve(lambda asked, line: line.send(answer))
    with suppress(HttpProblem):
        assert isinstance(visitor(site, max_redirects=1).get(site.url), Answer)
    site.close()
