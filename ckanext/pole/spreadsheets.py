"""What leaves as CSV is opened in spreadsheets, which run what looks like a formula (OWASP, "CSV injection")."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import Any

_FORMULA = re.compile(r"[=+\-@＝＋－＠\t\r\n]")
#: Inside a cell: where a spreadsheet that parts cells by another sign (by `;`, in French) would begin a cell with it.
_INSIDE = re.compile(r"([;\t\r\n])(?=[=@＝＠]|[+\-＋－](?![\s\d]))")
_BOM = "\ufeff"
#: A cell of CSV or TSV that begins like a formula; a negative number does not. What it points at may still be harmless.
_SUSPECT = re.compile(
    r'(?:\A\ufeff?|[,;\t\r\n])(?:"?[=@＝＠＋－]|"[\t\r\n]|"?[+\-](?![\d\s().#–-]*(?:["\t\r\n,;]|\Z)))'
)
_HARMLESS = re.compile(r"[+\-]?[\d\s().#–-]+")


def guarded(value: Any) -> Any:
    """Make a cell harmless: text that would be a formula gets an apostrophe before it; numbers and telephones stay.

    Args:
        value: of the cell; what is no text is written as csv writes it, true and false in lower case.
    """
    if isinstance(value, str):
        if _INSIDE.search(value):
            value = _INSIDE.sub(r"\1'", value)
        if value and _FORMULA.match(value) and not _HARMLESS.fullmatch(value):
            return f"'{value}"
        return value
    if value is True:
        return "true"
    return "false" if value is False else value


def guard_pieces(pieces: Iterable[str | bytes], separator: str) -> Iterator[str]:
    """Make the cells of a table harmless, a piece at a time; a piece without a formula passes untouched.

    Args:
        pieces: of CSV, each of whole records, as CKAN's writer gives them.
        separator: between the cells.
    """
    for piece in pieces:
        text = piece.decode("utf-8") if isinstance(piece, bytes) else piece
        yield _guarded(text, separator) if _SUSPECT.search(text) else text


def _guarded(text: str, separator: str) -> str:
    mark = _BOM if text.startswith(_BOM) else ""
    out = io.StringIO(newline="")
    ends = "\r\n" if "\r\n" in text else "\n"
    writer = csv.writer(out, delimiter=separator, lineterminator=ends)
    rows = csv.reader(io.StringIO(text.removeprefix(_BOM), newline=""), delimiter=separator)
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    return mark + out.getvalue()
