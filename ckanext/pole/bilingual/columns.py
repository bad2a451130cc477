"""What a column of a table means: its label and note in French and English, and the unit of its values.

All of it lies in the `info` that CKAN's DataStore keeps of a column: xloader carries it over when a file is loaded
again, and `datastore_info` and `datastore_search` give it to everyone who reads the table. Beside `label_translated`
and `notes_translated` stand `label` and `notes` in the default language, for clients that know CKAN's own two.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ckanext.pole.bilingual import values

#: Text of a column → the characters that it may hold in one language.
TEXTS = {"label": 200, "notes": 10_000}
UNIT = 60


class TooLong(ValueError):
    """Parts of a description that are too long.

    Attributes:
        limits: name of the part → the characters that it may hold.
    """

    def __init__(self, limits: Mapping[str, int]) -> None:
        super().__init__(", ".join(limits))
        self.limits = dict(limits)


def described(info: Mapping[str, Any]) -> dict[str, Any]:
    """The description of a column as it is stored.

    Args:
        info: what a client sends (`label_translated`, or CKAN's own `label` for French alone), or a form's inputs
            (`label-fr`, `label-en`). What is not ours in it stays as it is.

    Raises:
        NotBilingual: a text is not one in French and English.
        TooLong: some parts are.
    """
    inputs = {f"{field}-{lang}" for field in TEXTS for lang in values.KEYS}
    found = {name: value for name, value in info.items() if name not in inputs}
    long: dict[str, int] = {}
    for field, limit in TEXTS.items():
        text = _text(info, field)
        found[f"{field}_translated"], found[field] = text, values.default_text(text)
        if any(len(part) > limit for part in text.values()):
            long[field] = limit
    found["unit"] = values.clean(str(info.get("unit") or ""))
    if len(found["unit"]) > UNIT:
        long["unit"] = UNIT
    if long:
        raise TooLong(long)
    return {name: value for name, value in found.items() if value not in ("", {})}


def _text(info: Mapping[str, Any], field: str) -> values.Text:
    typed = {lang: info[f"{field}-{lang}"] for lang in values.KEYS if f"{field}-{lang}" in info}
    text = values.parse(typed or info.get(f"{field}_translated"))
    return text or values.parse({"fr": info.get(field) or ""} if not typed else None)
