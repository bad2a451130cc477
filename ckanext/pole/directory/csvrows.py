"""Read the rows of a CSV of unknown dialect: byte order marks, Latin-1, semicolons, ragged rows."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator
from typing import IO

from .archive import LIMITS, Limits
from .errors import DirectoryError

_HEAD = 1 << 16
_DELIMITERS = ",;\t|"


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    """Decode as Windows-1252 (else Latin-1) only the bytes that are not UTF-8."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    try:
        return wrong.decode("cp1252"), error.end
    except UnicodeDecodeError:
        return wrong.decode("latin-1"), error.end


codecs.register_error("pole-windows", _as_windows)


def rows(
    stream: IO[bytes],
    table: str,
    *,
    required: tuple[str, ...] = (),
    limits: Limits = LIMITS,
    on_ragged: Callable[[int], None] | None = None,
) -> Iterator[dict[str, str]]:
    """Yield each row as a dictionary by lower-case column name.

    A row with more cells than the header is refused, for its values may stand
    under the wrong column, a privacy flag among them. Missing cells are "".

    Args:
        stream: the bytes of the file.
        table: name of the table, for errors.
        required: columns that must be there.
        limits: how long a cell may be.
        on_ragged: called with the line number of each row refused.

    Raises:
        DirectoryError: `missing_column`, `bad_encoding` or `bad_csv`.
    """
    buffered = stream if isinstance(stream, (io.BufferedReader, io.BytesIO)) else io.BufferedReader(stream)  # type: ignore[arg-type]
    head = buffered.peek(_HEAD)[:_HEAD] if isinstance(buffered, io.BufferedReader) else buffered.getvalue()[:_HEAD]
    encoding = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    lines = io.TextIOWrapper(
        buffered, encoding, errors="pole-windows" if encoding == "utf-8-sig" else "strict", newline=""
    )
    if csv.field_size_limit() < limits.field_chars:
        csv.field_size_limit(limits.field_chars)
    try:
        for row in _read(lines, _delimiter(head, encoding), table, required, on_ragged):
            # csv's own limit is the whole process's, and another library may have raised it.
            if max(map(len, row.values()), default=0) > limits.field_chars:
                raise DirectoryError("bad_csv", table)
            yield row
    except UnicodeError:
        # The cause holds the bytes of the record: it must not reach a log.
        raise DirectoryError("bad_encoding", table) from None
    except csv.Error:
        raise DirectoryError("bad_csv", table) from None


def _delimiter(head: bytes, encoding: str) -> str:
    first = head.decode(encoding, errors="replace").splitlines()[:1]
    counts = {mark: first[0].count(mark) for mark in _DELIMITERS} if first else {}
    best = max(counts, key=lambda mark: counts[mark], default=",")
    return best if counts.get(best) else ","


def _read(
    lines: io.TextIOWrapper,
    delimiter: str,
    table: str,
    required: tuple[str, ...],
    on_ragged: Callable[[int], None] | None,
) -> Iterator[dict[str, str]]:
    reader = csv.reader(lines, delimiter=delimiter)
    header: list[str] = []
    for cells in reader:
        if any(cells):
            header = [cell.strip().strip("\ufeff").lower() for cell in cells]
            break
    missing = [name for name in required if name not in header]
    if missing:
        raise DirectoryError("missing_column", f"{table}.{missing[0]}")
    width = len(header)
    for cells in reader:
        if len(cells) == width:
            yield dict(zip(header, cells, strict=True))
        elif len(cells) > width and any(cells[width:]):
            if on_ragged:
                on_ragged(reader.line_num)
        elif any(cells):
            yield dict(zip(header, [*cells[:width], *[""] * (width - len(cells))], strict=True))
