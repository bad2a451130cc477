"""Which words of a text answer a question, so that the page can mark them.

Pure: imports neither ckan, flask nor sqlalchemy.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ckanext.pole.search import concepts, words
from ckanext.pole.search.words import OTHER, Token

_TOKEN = re.compile(r"[^\W_]+(?:['’ʼ‘][^\W_]+)*")
_ELIDED = re.compile(r"^(?:l|m|t|qu|n|s|j|d|c|jusqu|lorsqu|puisqu)['’ʼ‘](?=.)", re.IGNORECASE)


@dataclass(frozen=True)
class Piece:
    """A piece of a text, and whether it answers the question."""

    text: str
    marked: bool


@dataclass(frozen=True)
class Wanted:
    """What a question looks for: its words, and the concepts and places it names."""

    tokens: tuple[Token, ...]
    ids: frozenset[str]


@lru_cache(maxsize=256)
def wanted(question: str, page: str) -> Wanted:
    """Read a question asked on a page in `page`."""
    tokens = words.tokens(question)
    lang = words.language(tokens, page)
    ids: set[str] = set()
    for phrases in (concepts.phrases(lang), concepts.phrases(OTHER[lang]), concepts.place_names()):
        for match in phrases.find(tokens):
            ids |= match.ids
    return Wanted(tuple(token for token in tokens if not words.wraps(token, lang)), frozenset(ids))


def pieces(text: str, lang: str, looked_for: Wanted) -> list[Piece]:
    """Cut a text in `lang` where words that answer begin and end."""
    spans, tokens = _tokens(text)
    keys = {asked.key for asked in looked_for.tokens}  # words of another key are not alike
    marked = [
        token.key in keys and any(words.alike(token, asked) for asked in looked_for.tokens) for token in tokens
    ]
    if looked_for.ids:
        for phrases in (concepts.phrases(lang), concepts.place_names()):
            for match in phrases.find(tokens):
                if match.ids & looked_for.ids:
                    marked[match.start : match.end] = [True] * (match.end - match.start)
    found: list[Piece] = []
    at = 0
    for start, end in _joined(text, spans, marked):
        if start > at:
            found.append(Piece(text[at:start], False))
        found.append(Piece(text[start:end], True))
        at = end
    if at < len(text):
        found.append(Piece(text[at:], False))
    return found


def excerpt(text: str, lang: str, looked_for: Wanted, length: int = 180) -> str:
    """The part of a text that shows the first word that answers; its beginning where none does.

    Args:
        text: without markup.
        lang: its language.
        looked_for: what the question looks for.
        length: characters, about.
    """
    if len(text) <= length:
        return text
    found = pieces(text, lang, looked_for)
    first = len(found[0].text) if found and not found[0].marked else 0
    if first <= length - 40 or len(found) < 2:
        return cut(text, length)
    start = text.rfind(" ", 0, max(first - 60, 1)) + 1
    return "… " + cut(text[start:], length)


def cut(text: str, length: int) -> str:
    """The beginning of a text up to a whole word, with `…` where something was left out."""
    if len(text) <= length:
        return text
    return text[:length].rsplit(" ", 1)[0].rstrip(" ,;:.") + "…"


@lru_cache(maxsize=256)
def _tokens(text: str) -> tuple[Sequence[tuple[int, int]], Sequence[Token]]:
    """Words of a text as it is written, and where they stand."""
    spans: list[tuple[int, int]] = []
    tokens: list[Token] = []
    for match in _TOKEN.finditer(text):
        read = words.tokens(match[0])
        if read:
            elided = _ELIDED.match(match[0])
            spans.append((match.start() + (elided.end() if elided else 0), match.end()))
            tokens.append(read[0])
    return spans, tokens


def _joined(text: str, spans: Sequence[tuple[int, int]], marked: Sequence[bool]) -> list[tuple[int, int]]:
    """Neighbours that nothing but a space or a hyphen parts are marked as one."""
    found: list[tuple[int, int]] = []
    for (start, end), mark in zip(spans, marked, strict=True):
        if not mark:
            continue
        if found and text[found[-1][1] : start] in {" ", "-", "\u00a0"}:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found
