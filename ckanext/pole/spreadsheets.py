"""What leaves as CSV is opened in spreadsheets, which run what looks like a formula (OWASP, "CSV injection")."""

from __future__ import annotations

import re
from typing import Any

_FORMULA = re.compile(r"[=+\-@\t\r]")
_HARMLESS = re.compile(r"[+\-]?[\d\s().#–-]+")


def guarded(value: Any) -> Any:
    """Make a cell harmless: text that would be a formula gets an apostrophe; numbers and telephones stay.

    Args:
        value: of the cell; what is no text is written as csv writes it, true and false in lower case.
    """
    if isinstance(value, str):
        if value and _FORMULA.match(value) and not _HARMLESS.fullmatch(value):
            return f"'{value}"
        return value
    if value is True:
        return "true"
    return "false" if value is False else value
