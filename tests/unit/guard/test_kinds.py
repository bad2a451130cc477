"""A file is what its name says, or it is refused."""

from __future__ import annotations

import struct

import magic
import pytest

from ckanext.pole.guard import kinds

PROGRAM = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0" + b"\0" * 44 + b"\x40\0\0\0PE\0\0"


def lie(name: str, content: bytes) -> str:
    head = content[: kinds.HEAD]
    return kinds.lie(name, head, magic.from_buffer(head, mime=True))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("table.csv", b"<html><script>fetch('/user/edit')</script></html>"),
        ("table.csv", b"\xef\xbb\xbf \r\n<!doctype html><p>"),
        ("table.csv", PROGRAM),
        ("TABLE.CSV", b"%PDF-1.4 a,b"),
        ("table.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0" * 20),
        ("table.csv", b"\x7fELF\x02\x01\x01" + b"\0" * 60),
        ("report.pdf", b"<html><script>x</script>"),
        ("report.pdf", PROGRAM),
        ("photo.png", b'<svg xmlns="http://www.w3.org/2000/svg" onload="x"/>'),
        ("notes", PROGRAM),
        ("setup.exe", PROGRAM),
        ("data.json", b"\x1f\x8b\x08\0" + b"\0" * 20),
    ],
)
def test_a_lie_that_harms_is_seen(name, content):
    assert lie(name, content)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("table.csv", b"a,b\r\n1,2\r\n"),
        ("table.csv", b""),
        ("table.csv", "a;b\n\xe9;1\n".encode("latin-1")),
        ("table.csv", "\ufeffa,b\n".encode("utf-16")),
        ("table.csv", b"title,body\nx,<p>y</p><script>z</script>\n"),  # libmagic: text/html
        ("table.csv", b"MZ,name\nMZ,Mozambique\n"),
        ("page.html", b"<html><script>x</script>"),  # saved, not shown: answering.py
        ("map.svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>'),
        ("report.pdf", b"%PDF-1.4 a"),
        ("data.json", b'{"a": 1}'),
        ("nothing-said", b"%PDF-1.4 a"),
    ],
)
def test_what_is_what_it_says_passes(name, content):
    assert lie(name, content) == ""


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBB", 13, b"IHDR", width, height, 8, 2, 0, 0, 0) + bytes(8)


def jpeg(width: int, height: int, before: int = 0) -> bytes:
    comment = b"".join(b"\xff\xfe\xff\xff" + bytes(65533) for _ in range(before))
    start = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x01\x00H\x00H\x00\x00"
    return start + comment + struct.pack(">HHBHHB", 0xFFC0, 17, 8, height, width, 3) + bytes(20)


@pytest.mark.parametrize("content", [png(640, 480), jpeg(640, 480), b"GIF89a\x80\x02\xe0\x01" + bytes(20)])
def test_a_picture_says_how_many_points_it_has(content):
    assert kinds.points(magic.from_buffer(content)) == 640 * 480


def test_a_few_bytes_may_say_thousands_of_millions():
    assert kinds.points(magic.from_buffer(png(60_000, 60_000))) == 3_600_000_000 > kinds.POINTS


@pytest.mark.parametrize("content", [b"", jpeg(640, 480)[:20], b"a 640 x"])
def test_what_does_not_say_is_not_believed(content):
    assert kinds.points(magic.from_buffer(content)) is None
