"""Each request gets a number, which its log lines carry and its answer shows.

Imports nothing of CKAN: the log formatter is loaded before it.
"""

from __future__ import annotations

import re
import uuid
from contextvars import ContextVar

HEADER = "X-Request-ID"
_GIVEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")

current: ContextVar[str] = ContextVar("pole_request", default="")


def number(given: str | None) -> str:
    """The number of a request: the one that a proxy before us gave it, if it is one, else a new one."""
    return given if given and _GIVEN.fullmatch(given) else uuid.uuid4().hex
