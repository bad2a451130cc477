"""Records out of one large JSON document, at constant memory: a list, or the list under one key of an object. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TextIO

_DECODER = json.JSONDecoder()
_PIECE = 64 * 1024
_BLANK = " \t\r\n"
#: What may follow a value.
_AFTER = frozenset(_BLANK + ",:]}")


class NotTheDocument(ValueError):
    """The text is not JSON, or the list that is looked for is not in it."""


class _Scanner:
    """Reads one JSON value after another from a text that comes in pieces."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._text = stream.read(_PIECE).removeprefix("\ufeff")
        self._ended = False

    def peek(self) -> str:
        """The next character that is not blank; empty at the end."""
        while True:
            self._text = self._text.lstrip(_BLANK)
            if self._text or not self._more():
                return self._text[:1]

    def take(self, wanted: str) -> None:
        """Pass one character."""
        if self.peek() != wanted:
            raise NotTheDocument(f"{wanted} expected")
        self._text = self._text[1:]

    def value(self) -> Any:
        """Pass one value and give it."""
        self.peek()
        while True:
            try:
                found, end = _DECODER.raw_decode(self._text)
            except ValueError as error:
                if not self._more():
                    raise NotTheDocument(str(error)) from None
                continue
            except RecursionError:
                raise NotTheDocument("nested too deeply") from None
            # A number may go on in the next piece: `1` of `1.5` is read when nothing but `1.` has come.
            if self._text[end : end + 1] in _AFTER or not self._more():
                self._text = self._text[end:]
                return found

    def _more(self) -> bool:
        """Read as much again, so that a long value is not parsed too many times."""
        piece = "" if self._ended else self._stream.read(max(_PIECE, len(self._text)))
        self._ended = not piece
        self._text += piece
        return bool(piece)


def records(stream: TextIO, key: str = "") -> Iterator[Any]:
    """Give the records of a document, one after the other.

    Args:
        stream: the document's text.
        key: where the list is, if the document is an object; empty if it is the list itself.

    Raises:
        NotTheDocument: on the way, at the first place where the text is not what it should be; a document that is
            cut short included.
    """
    scanner = _Scanner(stream)
    if key:
        yield from _under_key(scanner, key)
    else:
        yield from _list(scanner)
    if scanner.peek():
        raise NotTheDocument("something follows the end")


def _under_key(scanner: _Scanner, key: str) -> Iterator[Any]:
    found = False
    scanner.take("{")
    while scanner.peek() != "}":
        name = scanner.value()
        scanner.take(":")
        if name == key and not found:
            found = True
            yield from _list(scanner)
        else:
            scanner.value()
        if scanner.peek() != "}":
            scanner.take(",")
    scanner.take("}")
    if not found:
        raise NotTheDocument(f"no {key}")


def _list(scanner: _Scanner) -> Iterator[Any]:
    scanner.take("[")
    while scanner.peek() != "]":
        yield scanner.value()
        if scanner.peek() != "]":
            scanner.take(",")
    scanner.take("]")
