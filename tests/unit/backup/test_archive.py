"""The archive, written and read as a stream."""

from __future__ import annotations

import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.pole.backup import archive
from ckanext.pole.backup.archive import Damaged, Writer

NAMES = st.text("abc#é .", min_size=1, max_size=8).filter(archive.safe)
PARTS = st.dictionaries(NAMES, st.lists(st.binary(max_size=50), max_size=4), max_size=5)


def written(parts):
    stream = io.BytesIO()
    with Writer(stream) as writer:
        for part, pieces in parts.items():
            writer.add(part, pieces)
    return stream.getvalue()


def content(data):
    return {part: b"".join(pieces) for part, pieces in archive.read(io.BytesIO(data))}


@given(PARTS)
def test_what_is_written_is_read(parts):
    assert content(written(parts)) == {part: b"".join(pieces) for part, pieces in parts.items()}


@given(PARTS.filter(lambda parts: any(map(any, parts.values()))), st.data())
def test_no_cut_goes_unseen(parts, data):
    whole = written(parts)
    # tar pads its end with zeros that say nothing.
    cut = data.draw(st.integers(0, len(whole.rstrip(b"\0")) - 1))
    with pytest.raises(Damaged):
        content(whole[:cut])


def test_one_changed_byte_is_seen():
    whole = bytearray(written({"base": [b"une ligne\n" * 100]}))
    whole[whole.index(b"une ligne")] ^= 1
    with pytest.raises(Damaged, match="not as it was written: base"):
        content(bytes(whole))


@pytest.mark.parametrize("name", ["../x", "a/../x", "/etc/x", "a//x", ".", "a\\x", ""])
def test_a_name_that_leads_elsewhere_is_neither_written_nor_read(name):
    with pytest.raises(ValueError, match="Not a part"):
        written({name: [b"x"]})
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w|") as tar:
        member = tarfile.TarInfo(f"{name}#000000")
        member.size = 1
        tar.addfile(member, io.BytesIO(b"x"))
    with pytest.raises(Damaged):
        content(stream.getvalue())


@pytest.mark.parametrize(
    "members", [["a#000001"], ["a#000000", "a#000002"], ["a#000000", "b#000000", "a#000001"], ["a"]]
)
def test_pieces_out_of_order_are_refused(members):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w|") as tar:
        for name in members:
            tar.addfile(tarfile.TarInfo(name))
    with pytest.raises(Damaged):
        content(stream.getvalue())


def test_a_link_is_refused():
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w|") as tar:
        member = tarfile.TarInfo("a#000000")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(member)
    with pytest.raises(Damaged):
        content(stream.getvalue())


def test_what_an_exception_left_is_damaged():
    stream = io.BytesIO()

    def pieces():
        yield b"x"
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"), Writer(stream) as writer:
        writer.add("a", pieces())
    with pytest.raises(Damaged):
        content(stream.getvalue())


def test_a_part_may_be_left_unread():
    parts = {"a": [b"1", b"2"], "b": [b"3"]}
    assert [part for part, _pieces in archive.read(io.BytesIO(written(parts)))] == ["a", "b"]
