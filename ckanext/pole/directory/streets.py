"""What makes two spellings the same street address: the number of the house and the word that names the street.

"11347 SW 160th Street, Apt 4" and "11347 160 St S.W." are the same place.
So that nothing slips through, the city and the type of street are ignored:
the rule may take two places for one, never one for two.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .settings_files import yaml_of
from .text import fold

Key = tuple[str, ...]

TOKEN = re.compile(r"[^\W_]+")
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th|e|er|re|ere|eme|ieme)")
_HOUSE = re.compile(r"(\d+)[a-z]{0,3}")

_WORDS = yaml_of("words.yaml")
_ORDINAL_WORDS = {word: f"{number}e" for number, line in enumerate(_WORDS["ordinals"], 1) for word in line.split()}
TYPES = frozenset(_WORDS["street_types"].split())
_DIRECTIONS = frozenset(_WORDS["directions"].split())
_FILLERS = TYPES | _DIRECTIONS | frozenset(_WORDS["small_words"].split())
_UNITS = frozenset(_WORDS["units"].split())
_BOXES = frozenset(_WORDS["boxes"].split())


def tokens(words: str) -> list[str]:
    """Split into comparable words: no accents, lower case, ordinals alike ("4th", "Fourth", "4e")."""
    return [ordinal(token) for token in TOKEN.findall(fold(words))]


def ordinal(token: str) -> str:
    """Write an ordinal one way; any other word is unchanged."""
    if not token[0].isdigit():
        return _ORDINAL_WORDS.get(token, token)
    found = _ORDINAL.fullmatch(token)
    return f"{found[1]}e" if found else token


def core(following: list[str]) -> tuple[str, int]:
    """Find the word that names the street among the words after a house number.

    Returns:
        The word and how many words were read up to it; ("", 0) if no street follows.
    """
    for position, token in enumerate(following[:6]):
        if token in _FILLERS or len(token) == 1:
            continue
        if token.isdigit():
            # "1234 15 Street" names a street, "203 5171 …" does not.
            after = following[position + 1] if position + 1 < len(following) else ""
            before = following[position - 1] if position else ""
            if after in TYPES or before in TYPES:
                return f"{token}e", position + 1
            return "", 0
        return token, position + 1
    if following and following[0] in TYPES and len(following) > 1 and following[1] in _FILLERS:
        return following[0], 1  # "1200 Avenue Road"
    return "", 0


def house(token: str) -> str:
    """Give the number of a house token ("123a" is 123), "" if it is none."""
    found = _HOUSE.fullmatch(token) if token[0].isdigit() else None
    return found[1].lstrip("0") or "0" if found else ""


def keys(*lines: str) -> frozenset[Key]:
    """Give the keys of an address: (number, street word) pairs, else the words of a place without number.

    Args:
        lines: the street lines of one address.
    """
    found: set[Key] = set()
    told = [line for line in lines if line]
    for line in (*told, ", ".join(told)) if len(told) > 1 else told:
        words = tokens(line)
        for position, token in enumerate(words):
            number = house(token)
            if not number or _ORDINAL.fullmatch(token) or (position and words[position - 1] in _UNITS):
                continue
            name, _ = core(words[position + 1 :])
            if name:
                found.add((number, name))
    if found:
        return frozenset(found)
    return frozenset(key for line in lines if (key := _phrase(TOKEN.findall(fold(line)))))


def _phrase(words: list[str]) -> Key:
    """Keep the words of a place without house number ("P.O. Box 971580", "Place Bonaventure") if they are telling."""
    kept = tuple(words[:6])
    telling = [
        word for word in kept if word.isalpha() and len(word) > 1 and word not in _FILLERS and word not in _UNITS
    ]
    number = any(word.isdigit() and len(word) > 2 for word in kept)
    box = number and not _BOXES.isdisjoint(kept)
    if sum(map(len, kept)) < 8 or not (box or len(telling) >= 2 or (telling and number)):
        return ()
    return kept


def names(lines: Iterable[str]) -> frozenset[str]:
    """Give the words that name the streets of these lines."""
    return frozenset(key[1] for key in keys(*lines) if len(key) == 2)
