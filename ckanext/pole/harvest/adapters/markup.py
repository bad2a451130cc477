"""Descriptions that portals keep as HTML, read as plain text; and the links in them. Pure."""

from __future__ import annotations

import re
from html.parser import HTMLParser

#: Elements after which a reader starts a new line, and those of which nothing is read.
_BLOCKS = frozenset({"p", "div", "br", "li", "ul", "ol", "tr", "table", "h1", "h2", "h3", "h4", "h5", "h6", "section"})
_SILENT = frozenset({"script", "style", "head", "title", "template"})
_TAG = re.compile(r"<[a-zA-Z/!][^<>]*>|&(#\d+|#x[0-9a-fA-F]+|[a-zA-Z]+);")
_SPACES = re.compile(r"[ \t\r\f\v\u00a0]+")
_LINES = re.compile(r" ?\n[ \n]*\n ?| ?\n ?")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.links: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        if tag in _BLOCKS:
            self.parts.append("\n- " if tag == "li" else "\n")
        if tag == "a":
            self.links += [value.strip() for name, value in attrs if name == "href" and value]

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT and self._silent:
            self._silent -= 1
        if tag in ("p", "div", "table", "ul", "ol") or (tag[0] == "h" and tag[1:].isdigit()):
            self.parts.append("\n\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)


def _read(text: str) -> _Reader:
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader


def plain(text: str) -> str:
    """A text without its HTML, paragraphs and list items on lines of their own; plain text comes out as it went in.

    Args:
        text: HTML, or text that holds none.
    """
    if not _TAG.search(text):
        return text.strip()
    joined = _SPACES.sub(" ", "".join(_read(text).parts))
    return _LINES.sub(lambda found: "\n\n" if found[0].count("\n") > 1 else "\n", joined).strip()


def links(text: str) -> list[str]:
    """The addresses that the `<a>` of a piece of HTML lead to, in their order."""
    return _read(text).links if "<" in text else []
