"""Texts that no database takes: a NUL character, or half of a character that stands for nothing.

Nobody types them; a program that looks for a way in does. PostgreSQL refuses them with an error that CKAN does not
expect, so they are refused before anything reads them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_BAD = re.compile("[\0\ud800-\udfff]")
#: In JSON as it is written: a NUL, or an escape that may be half a character; a whole pair passes the second look.
_SUSPECT = re.compile(rb"\x00|\\u0000|\\u[dD][89a-fA-F]")


def bad(texts: Iterable[str]) -> bool:
    """Whether one of some texts is none."""
    return any(_BAD.search(text) for text in texts)


def bad_address(path: str, query: bytes) -> bool:
    """Whether an address holds one.

    Args:
        path: decoded.
        query: as it was sent. Only a NUL can come that way: halves of characters are no UTF-8, and Werkzeug leaves
            bytes that are none as they are written.
    """
    return b"%00" in query or b"\0" in query or bool(_BAD.search(path))


def suspect(body: bytes) -> bool:
    """Whether a body of JSON is worth a second look; most are not, and are not looked through."""
    return bool(_SUSPECT.search(body))


def bad_json(value: object) -> bool:
    """Whether a value read from JSON holds such a text, as a key or as a value.

    Args:
        value: of any depth; walked without recursion, since a stranger says how deep it is.
    """
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            if _BAD.search(one):
                return True
        elif isinstance(one, dict):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            waiting += one
    return False
