"""The archive: a stream of parts, each cut in pieces, so that neither way needs more memory than one piece.

It is a tar file, which any tool reads: member `<part>#<number>` holds a piece of a part, the pieces of a part follow
each other, and the last member, `sums.json`, says of each part how many bytes it has and their SHA-256.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
from collections.abc import Iterable, Iterator
from itertools import groupby
from types import TracebackType
from typing import IO

PIECE = 4 * 1024 * 1024
"""Bytes of a piece at most."""
_SUMS = "sums.json"
_SUMS_MAX = 256 * 1024 * 1024
_NAME = re.compile(r"(?P<part>[^\0]+)#(?P<number>\d{6,})")


class Damaged(Exception):
    """The archive is not whole, or not ours."""


class Writer:
    """Writes an archive; a context manager, and one left by an exception has no sums and reads as damaged.

    Args:
        stream: where the bytes go; never sought.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._tar = tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT)  # noqa: SIM115 - closed by __exit__
        self._sums: dict[str, dict[str, object]] = {}

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        if kind is None:
            self._member(_SUMS, json.dumps(self._sums, sort_keys=True).encode())
            self._tar.close()

    def add(self, part: str, pieces: Iterable[bytes]) -> int:
        """Add a part.

        Args:
            part: its name, a relative path.
            pieces: its bytes, in pieces of any size up to PIECE.

        Returns:
            How many bytes it has.

        Raises:
            ValueError: a part of this name is there, or the name leads elsewhere.
        """
        if part in self._sums or not safe(part):
            raise ValueError(f"Not a part's name: {part!r}")
        digest, size, number = hashlib.sha256(), 0, 0
        for piece in pieces:
            self._member(f"{part}#{number:06}", piece)
            digest.update(piece)
            size += len(piece)
            number += 1
        if not number:
            self._member(f"{part}#{0:06}", b"")
        self._sums[part] = {"size": size, "sha256": digest.hexdigest()}
        return size

    def _member(self, name: str, content: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = len(content), 0o600
        self._tar.addfile(member, io.BytesIO(content))


def safe(part: str) -> bool:
    """Whether a part's name is a path that stays inside of the folder it is put in."""
    steps = part.split("/")
    return all(step not in ("", ".", "..") and "\\" not in step and "\0" not in step for step in steps)


def read(stream: IO[bytes]) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Read an archive, part after part.

    Args:
        stream: the bytes; never sought.

    Yields:
        A part's name and its pieces, to be taken before the next part; what is left of them is read over.

    Raises:
        Damaged: cut short, changed, or no archive of ours. Only who reads to the end knows that there is no damage.
    """
    found: dict[str, dict[str, object]] = {}
    sums: dict[str, dict[str, object]] | None = None
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            for part, members in groupby(_members(tar), lambda one: one[0]):
                if sums is not None or part in found or not safe(part):
                    raise Damaged(f"unexpected part {part!r}")
                if part == _SUMS:
                    sums = json.loads(b"".join(piece for _part, piece in members))
                    continue
                tally = _Tally(piece for _part, piece in members)
                yield part, tally
                for _rest in tally:
                    pass
                found[part] = {"size": tally.size, "sha256": tally.digest.hexdigest()}
    except (tarfile.TarError, ValueError) as error:  # no tar file at all; no JSON
        raise Damaged(str(error)) from error
    if sums is None:
        raise Damaged("cut short")
    if sums != found:
        wrong = sorted(part for part in sums.keys() | found.keys() if sums.get(part) != found.get(part))
        raise Damaged(f"not as it was written: {', '.join(wrong[:5])}")


class _Tally:
    """Counts and sums up what is read through it."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self.size, self.digest = pieces, 0, hashlib.sha256()

    def __iter__(self) -> _Tally:
        return self

    def __next__(self) -> bytes:
        piece = next(self._pieces)
        self.size += len(piece)
        self.digest.update(piece)
        return piece


def _members(tar: tarfile.TarFile) -> Iterator[tuple[str, bytes]]:
    """The members, each with its part's name; pieces are numbered without a gap."""
    try:
        yield from _checked(tar)
    except (tarfile.TarError, EOFError) as error:
        raise Damaged(str(error)) from error


def _checked(tar: tarfile.TarFile) -> Iterator[tuple[str, bytes]]:
    last, expected = "", 0
    for member in tar:
        tar.members = []  # type: ignore[assignment]  # tarfile keeps each header it met; files may be millions
        limit, part, number = PIECE, member.name, 0
        if member.name == _SUMS:
            limit = _SUMS_MAX
        elif match := _NAME.fullmatch(member.name):
            part, number = match["part"], int(match["number"])
        else:
            raise Damaged(f"unexpected member {member.name!r}")
        expected = expected if part == last else 0
        content = tar.extractfile(member)
        if not member.isreg() or content is None or member.size > limit or number != expected:
            raise Damaged(f"unexpected piece {member.name!r}")
        piece = content.read()
        if len(piece) != member.size:
            raise Damaged("cut short")
        yield part, piece
        last, expected = part, expected + 1
