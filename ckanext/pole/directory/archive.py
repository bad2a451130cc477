"""Open the tables of a data package: a zip, a folder, plain or gzipped CSV, with limits against bombs.

A zip is read where it lies in memory and never unpacked, since what it holds
has not been redacted yet.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from .errors import DirectoryError

Source = Path | bytes | IO[bytes]

_ZIP_ENCRYPTED = 0x1
_DESCRIPTION = "datapackage.json"


@dataclass(frozen=True)
class Limits:
    """How much a source may hold.

    Attributes:
        members: files in a zip or folder.
        member_bytes: bytes of one file once decompressed.
        total_bytes: bytes of all files read, once decompressed.
        ratio: decompressed bytes for each compressed byte, judged above 1 MB.
        field_chars: characters in one cell.
    """

    members: int = 200
    member_bytes: int = 300_000_000
    total_bytes: int = 1_000_000_000
    ratio: int = 200
    field_chars: int = 1_000_000


LIMITS = Limits()


class _Metered(io.RawIOBase):
    """Reads on until one of the limits is passed: declared sizes can lie, bytes cannot."""

    def __init__(self, stream: IO[bytes], compressed: int, package: Package, name: str) -> None:
        self._stream = stream
        self._compressed = compressed
        self._package = package
        self._name = name
        self._read = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._stream.read(len(buffer))
        except (zipfile.BadZipFile, EOFError, OSError, zlib.error) as error:
            raise DirectoryError("broken_zip", self._name) from error
        self._read += len(data)
        limits = self._package.limits
        self._package.spent += len(data)
        ratio = self._read / max(self._compressed, 1)
        if (
            self._read > limits.member_bytes
            or self._package.spent > limits.total_bytes
            or (self._compressed and self._read > 1_000_000 and ratio > limits.ratio)
        ):
            raise DirectoryError("too_big", self._name)
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()


class Package:
    """The files of one source, by lower-case base name.

    Args:
        source: a folder, the path of a zip, or the bytes (or open binary file) of a zip.
        limits: how much it may hold.

    Raises:
        DirectoryError: `broken_zip`, `too_big`, `unsafe_path` or `empty`.
    """

    def __init__(self, source: Source, limits: Limits = LIMITS) -> None:
        self.limits = limits
        self.spent = 0
        self._zip: zipfile.ZipFile | None = None
        self._members: dict[str, Any] = {}
        if isinstance(source, Path) and source.is_dir():
            found = [(path.name, path) for path in sorted(source.iterdir()) if path.is_file()]
        else:
            found = self._open_zip(source)
        if len(found) > limits.members:
            raise DirectoryError("too_big", "members")
        for name, member in found:
            self._members.setdefault(name.lower(), member)
        if not self._members:
            raise DirectoryError("empty")

    def _open_zip(self, source: Source) -> list[tuple[str, Any]]:
        opened = io.BytesIO(source) if isinstance(source, bytes) else source
        try:
            self._zip = zipfile.ZipFile(opened)
            infos = [info for info in self._zip.infolist() if not info.is_dir()]
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise DirectoryError("broken_zip") from error
        if sum(info.file_size for info in infos) > self.limits.total_bytes:
            raise DirectoryError("too_big")
        found = []
        for info in sorted(infos, key=lambda item: (item.filename.count("/"), item.filename)):
            path = PurePosixPath(info.filename.replace("\\", "/"))
            if path.is_absolute() or ".." in path.parts:
                raise DirectoryError("unsafe_path")
            if info.flag_bits & _ZIP_ENCRYPTED:
                raise DirectoryError("broken_zip", "encrypted")
            if "__MACOSX" not in path.parts:
                found.append((path.name, info))
        return found

    @property
    def names(self) -> tuple[str, ...]:
        """Lower-case base names, the shallowest first where two are alike."""
        return tuple(self._members)

    @contextlib.contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """Open one file for reading, decompressed and metered."""
        member = self._members[name.lower()]
        if self._zip:
            try:
                stream: IO[bytes] = self._zip.open(member)
            except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
                raise DirectoryError("broken_zip", name) from error
            compressed = member.compress_size
        else:
            stream, compressed = member.open("rb"), 0
        with contextlib.ExitStack() as stack:
            stack.callback(stream.close)
            if name.lower().endswith(".gz"):
                compressed = compressed or (member.stat().st_size if isinstance(member, Path) else 0)
                stream = gzip.GzipFile(fileobj=stream)  # type: ignore[assignment]
            yield io.BufferedReader(_Metered(stream, compressed, self, name), 1 << 16)

    def description(self) -> dict[str, Any]:
        """Give the parsed `datapackage.json`, {} if there is none.

        Raises:
            DirectoryError: `bad_json`.
        """
        if _DESCRIPTION not in self._members:
            return {}
        with self.open(_DESCRIPTION) as stream:
            try:
                found = json.loads(stream.read().decode("utf-8-sig"))
            except (ValueError, RecursionError):
                raise DirectoryError("bad_json", _DESCRIPTION) from None
        return found if isinstance(found, dict) else {}
