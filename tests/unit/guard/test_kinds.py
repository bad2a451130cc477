"""A file is what its name says, or it is refused."""

from __future__ import annotations

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
