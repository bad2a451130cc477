"""E-mail addresses in sentences: those of a function stay, those of a person go."""

from __future__ import annotations

import re
from collections.abc import Collection

from .records import Text
from .settings_files import yaml_of
from .text import fold

EMAIL = re.compile(r"(?<![\w.+%'’-])[\w.+%'’-]{1,80}@[\w-]+(?:\.[\w-]+)+")
_MARK = {"fr": "[courriel retiré]", "en": "[e-mail withheld]"}
_LETTERS = re.compile(r"[^a-z]")
_LISTS = yaml_of("words.yaml")
_BEGINNINGS = tuple(_LISTS["role_beginnings"].split())
_ENDINGS = (*(word for word in _BEGINNINGS if len(word) >= 6), *_LISTS["role_endings"].split())
_WHOLE = frozenset(_LISTS["role_words"].split())
_NAMED = re.compile(r"[a-z]{2,}[._-][a-z]{2,}(?:[._-][a-z]{2,})?\d{0,3}|[a-z][._-][a-z]{3,}\d{0,3}")


def is_role(address: str) -> bool:
    """Whether an address names a function rather than a person."""
    words = re.findall(r"[a-z]+", fold(address).partition("@")[0])
    return any(word in _WHOLE or word.startswith(_BEGINNINGS) or word.endswith(_ENDINGS) for word in words)


def is_named(address: str) -> bool:
    """Whether an address is spelled as a person's name (`first.last@…`, `f.last@…`) and as no function's.

    Such an address is published nowhere, not even where a source gives it for an organisation.
    """
    local = fold(address).partition("@")[0]
    return bool(_NAMED.fullmatch(local)) and not is_role(address)


def is_personal(address: str, names: Collection[str] = ()) -> bool:
    """Whether an e-mail address seems to be a person's rather than a function's.

    Args:
        address: the e-mail address.
        names: names of the organisation and service, in any language: an
            address made from them is theirs.
    """
    local, _, domain = fold(address).partition("@")
    if is_role(address):
        return False
    if is_named(address):
        return True
    letters = _LETTERS.sub("", local)
    if len(letters) < 3:
        return False
    joined = [_LETTERS.sub("", fold(name)) for name in names]
    if len(letters) >= 4 and any(letters in name for name in joined):
        return False
    initials = ["".join(word[0] for word in re.findall(r"[a-z]+", fold(name))) for name in names]
    return letters not in initials and letters != _LETTERS.sub("", domain.split(".")[0])


def mask_personal(text: Text, kept: Collection[str], names: Collection[str]) -> Text:
    """Mask the e-mail addresses of persons in each language of a text.

    Args:
        text: the text.
        kept: addresses (lower case) that the source itself publishes for an organisation or service.
        names: names of the organisation and service.
    """
    masked: dict[str, str] | None = None
    for language, words in text.items():
        if "@" not in words:
            continue
        mark = _MARK.get(language, _MARK["fr"])

        def replace(found: re.Match[str], mark: str = mark) -> str:
            address = found[0].strip(".'’").casefold()
            return found[0] if address in kept or not is_personal(address, names) else mark

        replaced = EMAIL.sub(replace, words)
        if replaced != words:
            masked = masked or dict(text)
            masked[language] = replaced
    return masked or text
