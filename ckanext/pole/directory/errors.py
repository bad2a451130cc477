"""What can go wrong with a directory as a whole: one exception whose code a page can translate."""

from __future__ import annotations

from ckanext.pole.harvest.phrases import N_

#: code → English sentence, for the translators.
SENTENCES = {
    "bad_csv": N_("A table is not valid CSV"),
    "bad_denylist": N_("The list of withheld kinds of service cannot be used"),
    "bad_encoding": N_("The characters of a table cannot be decoded"),
    "bad_json": N_("An answer is not the JSON that was expected"),
    "bad_xml": N_("The document is not the XML that was expected"),
    "broken_zip": N_("The archive is damaged"),
    "empty": N_("The source holds nothing"),
    "missing_column": N_("A table lacks a column"),
    "missing_key": N_("The environment variable of the source’s key is not set"),
    "missing_table": N_("A table is missing"),
    "too_big": N_("The source is larger than what is accepted"),
    "unsafe_path": N_("The archive names a file outside of itself"),
    "unsafe_xml": N_("The XML document holds declarations that are refused"),
}


class DirectoryError(ValueError):
    """A source that cannot be read, or not safely.

    Args:
        code: one of `SENTENCES`.
        where: the table, member or line concerned. Never a value of a record.
    """

    def __init__(self, code: str, where: str = "") -> None:
        if code not in SENTENCES:
            raise KeyError(code)
        self.code = code
        self.where = where
        super().__init__(f"{code}: {where}" if where else code)
