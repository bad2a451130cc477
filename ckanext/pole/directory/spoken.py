"""The languages in which people are served: one code and two names for the many ways sources spell them."""

from __future__ import annotations

import re
from functools import lru_cache

from .records import Language
from .settings_files import yaml_of
from .text import fold

# "Spanish (limited)" and "French - by appointment" are the language with a remark.
_REMARK = re.compile(r"\s*(?:\(.*\)|\s[-–].*|[;:].*)$")


@lru_cache(maxsize=1)
def _known() -> tuple[dict[str, Language], dict[str, Language]]:
    by_code: dict[str, Language] = {}
    by_name: dict[str, Language] = {}
    for entry in yaml_of("languages.yaml"):
        language = Language({"fr": entry["fr"], "en": entry["en"]}, entry["code"])
        by_code[entry["code"]] = language
        for alias in entry.get("codes", ()):
            by_code[alias] = language
        for name in (entry["fr"], entry["en"], *entry.get("also", ())):
            by_name[fold(name)] = language
    return by_code, by_name


@lru_cache(maxsize=4096)
def spoken(name: str, code: str = "") -> Language | None:
    """Find a language by its ISO 639 code or its name in French or English; None if we do not know it."""
    by_code, by_name = _known()
    if code and (found := by_code.get(code.casefold().split("-")[0])):
        return found
    return (
        by_name.get(fold(name))
        or by_name.get(fold(_REMARK.sub("", name)))
        or (by_code.get(name.casefold()) if len(name) in (2, 3) else None)
    )
