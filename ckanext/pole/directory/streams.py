"""A body on its way, as the binary file that a reader expects: what is not redacted yet never lies on a disk."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from ckanext.pole.http.answers import Stream


class _Pieces(io.RawIOBase):
    """The pieces of a stream, as a raw file."""

    def __init__(self, stream: Stream) -> None:
        self._pieces: Iterator[bytes] = iter(stream)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


def as_file(stream: Stream) -> io.BufferedReader:
    """Read a stream as a file, once, in memory of one piece.

    Raises:
        HttpProblem: while it is read, as the stream does.
    """
    return io.BufferedReader(_Pieces(stream))
