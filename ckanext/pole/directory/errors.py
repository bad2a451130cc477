"""What can go wrong with a directory as a whole: one exception whose code a page can translate."""

from __future__ import annotations

CODES = frozenset(
    {
        "bad_csv",
        "bad_denylist",
        "bad_encoding",
        "bad_json",
        "bad_xml",
        "broken_zip",
        "empty",
        "missing_column",
        "missing_key",
        "missing_table",
        "too_big",
        "unsafe_path",
        "unsafe_xml",
    }
)


class DirectoryError(ValueError):
    """A source that cannot be read, or not safely.

    Args:
        code: one of `CODES`; a page chooses the sentence in the reader's language from it.
        where: the table, member or line concerned. Never a value of a record.
    """

    def __init__(self, code: str, where: str = "") -> None:
        if code not in CODES:
            raise KeyError(code)
        self.code = code
        self.where = where
        super().__init__(f"{code}: {where}" if where else code)
