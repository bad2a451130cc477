"""Walk an AIRS XML file agency by agency: no entity, no DTD, no network, and memory for one agency at a time."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]  compiled, without stubs

from .archive import LIMITS, Limits
from .errors import DirectoryError

Source = Path | bytes | IO[bytes]
Element = Any

_HEAD = 4096


class _Capped:
    """A stream that refuses to give more than the limit."""

    def __init__(self, stream: IO[bytes], head: bytes, limit: int) -> None:
        self._stream = stream
        self._head = head
        self._left = limit

    def read(self, size: int = 65536) -> bytes:
        data, self._head = (self._head, b"") if self._head else (self._stream.read(size), b"")
        self._left -= len(data)
        if self._left < 0:
            raise DirectoryError("too_big", "xml")
        return data


def local(element: Element) -> str:
    """Give the name of an element without its namespace, "" for a comment or instruction."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def children(element: Element | None, name: str) -> list[Element]:
    """Give the children of that name."""
    return [child for child in element if local(child) == name] if element is not None else []


def child(element: Element | None, name: str) -> Element | None:
    """Give the first child of that name."""
    found = children(element, name)
    return found[0] if found else None


def words(element: Element | None, name: str) -> str:
    """Give the text of the first child of that name, "" if there is none."""
    found = child(element, name)
    return (found.text or "") if found is not None else ""


def attribute(element: Element, name: str) -> str | None:
    """Give an attribute whatever the case of its name, None if it is absent."""
    value = element.get(name)
    if value is not None:
        return value
    lowered = name.lower()
    return next((v for k, v in element.attrib.items() if str(k).rpartition("}")[2].lower() == lowered), None)


def agencies(source: Source, limits: Limits = LIMITS) -> Iterator[Element]:
    """Yield each top-level agency; it is emptied once the next is asked for.

    Args:
        source: path, bytes or open binary file.
        limits: `total_bytes` bounds the file.

    Raises:
        DirectoryError: `bad_xml`, `unsafe_xml` (a DTD or entity), `too_big` or `empty`.
    """
    stream = (
        source.open("rb") if isinstance(source, Path) else io.BytesIO(source) if isinstance(source, bytes) else source
    )
    try:
        head = stream.read(_HEAD)
        if not head.strip():
            raise DirectoryError("empty")
        plain = head.replace(b"\x00", b"").lower()
        if b"<!doctype" in plain or b"<!entity" in plain:
            raise DirectoryError("unsafe_xml")
        yield from _walk(_Capped(stream, head, limits.total_bytes))
    finally:
        if isinstance(source, Path):
            stream.close()


def _walk(stream: _Capped) -> Iterator[Element]:
    events = etree.iterparse(
        stream,
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    depth = 0
    try:
        for event, element in events:
            if event == "start":
                depth += 1
                if depth == 1:
                    _check_root(element)
                continue
            depth -= 1
            if depth == 1 and local(element) == "Agency":
                yield element
                element.clear()
                parent = element.getparent()
                while parent is not None and len(parent) and parent[0] is not element:
                    del parent[0]
    except etree.XMLSyntaxError as error:
        raise DirectoryError("bad_xml", f"line {error.lineno}") from None


def _check_root(root: Element) -> None:
    info = root.getroottree().docinfo
    if info.doctype or info.internalDTD is not None:
        raise DirectoryError("unsafe_xml")
    if local(root) != "Source":
        raise DirectoryError("bad_xml", "root")
