"""Words of a directory and of its questions: reduced alike, and joined by the concepts of the thesaurus.

A question in one language finds what is described in the other, since both name the same concept. Words go to
PostgreSQL as ready-made lexemes, so that its own dictionaries, one a language, have no say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from importlib import resources
from typing import TypeAlias

from ckanext.pole.bilingual.thesaurus import concepts
from ckanext.pole.bilingual.vocabularies import CONFIG_PACKAGE
from ckanext.pole.search.words import tokens as words_of

#: Words of a text, reduced, and the lexemes of the concepts that they name.
Segment: TypeAlias = tuple[tuple[str, ...], frozenset[str]]

_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_PLAIN = re.compile(r"[^\W_]+")
#: Characters of the texts whose words are remembered.
_SHORT = 100
#: Longest phrase of the thesaurus looked for, in words.
_LONGEST = 7
#: PostgreSQL's limit of a position.
_LAST_POSITION = 16_000
MAX_WORDS = 30


@lru_cache(maxsize=50_000)
def _reduced(token: str) -> tuple[str, ...]:
    return tuple(part for piece in words_of(token) for part in _PLAIN.findall(piece.key))


@cache
def _stop_words() -> frozenset[str]:
    """The words that say nothing, as Solr's two lists have them, reduced."""
    found: set[str] = set()
    for name in ("stopwords_fr.txt", "stopwords_en.txt"):
        lines = resources.files(CONFIG_PACKAGE).joinpath("solr").joinpath(name).read_text("utf-8").splitlines()
        for line in lines:
            if (word := line.partition("|")[0].partition("#")[0].strip()) and " " not in word:
                found.update((word.casefold(), *_reduced(word)))
    return frozenset(found)


@cache
def _phrases() -> Mapping[str, Mapping[tuple[str, ...], frozenset[str]]]:
    """Each phrase of the thesaurus, by its first word: the lexemes of its concepts."""
    found: dict[str, dict[tuple[str, ...], frozenset[str]]] = {}
    for concept in concepts():
        for phrase in (*concept.fr, *concept.en):
            if key := tuple(words(phrase)):
                known = found.setdefault(key[0], {})
                known[key] = known.get(key, frozenset()) | {lexeme(concept.id)}
    return found


@cache
def _wider() -> Mapping[str, frozenset[str]]:
    """The lexeme of each concept and of those above it."""
    known = {concept.id: concept.broader for concept in concepts()}
    found = {}
    for concept, broader in known.items():
        names, above = {lexeme(concept)}, broader
        while above and lexeme(above) not in names:
            names.add(lexeme(above))
            above = known.get(above)
        found[lexeme(concept)] = frozenset(names)
    return found


@cache
def _all_wider(named: frozenset[str]) -> tuple[str, ...]:
    """The lexemes of some concepts and of those above them, sorted."""
    return tuple(sorted({wider for name in named for wider in _wider()[name]}))


def lexeme(concept: str) -> str:
    """The lexeme of a concept; no word of a text looks like it."""
    return f"c_{concept.replace('-', '_')}"


def words(text: str) -> list[str]:
    """Give the words of a text, reduced, without those that say nothing."""
    stop = _stop_words()
    return [
        part
        for token in _TOKEN.findall(text.replace("’", "'"))
        if token.casefold() not in stop
        for part in _reduced(token)
        if part not in stop
    ]


def segments(text: str) -> Sequence[Segment]:
    """Cut a text into its longest phrases of the thesaurus and single words, with the concepts of each."""
    # Names of classes, organisations and places stand in many entries, descriptions in one.
    return _short_segments(text) if len(text) <= _SHORT else list(_segments(text))


@lru_cache(maxsize=20_000)
def _short_segments(text: str) -> Sequence[Segment]:
    return tuple(_segments(text))


def _segments(text: str) -> Iterator[Segment]:
    found, phrases = words(text), _phrases()
    at = 0
    while at < len(found):
        known = phrases.get(found[at])
        length = 1
        if known:
            for size in range(min(_LONGEST, len(found) - at), 0, -1):
                if tuple(found[at : at + size]) in known:
                    length = size
                    break
        piece = tuple(found[at : at + length])
        yield piece, (known or {}).get(piece, frozenset())
        at += length


def vector(texts: Mapping[str, Iterable[str]]) -> str:
    """Give the text of a `tsvector`.

    Args:
        texts: texts by weight: A counts most, D least.
    """
    places: dict[str, list[str]] = {}
    position = 0
    for weight in sorted(texts):
        for text in texts[weight]:
            for piece, named in segments(text):
                for word in piece:
                    position = min(position + 1, _LAST_POSITION)
                    places.setdefault(word, []).append(f"{position}{weight}")
                for concept in _all_wider(named) if named else ():
                    places.setdefault(concept, []).append(f"{position}{weight}")
    # PostgreSQL keeps 255 positions of a lexeme.
    return " ".join(f"'{word}':{','.join(found[:255])}" for word, found in sorted(places.items()))


def question(text: str, *, every: bool = True, weights: str = "") -> str:
    """Give the text of a `tsquery`, "" for a question that says nothing.

    Args:
        text: what a person typed.
        every: each word counts; else any is enough.
        weights: look in texts of these weights only.
    """
    mark = f":{weights}" if weights else ""
    parts = []
    for piece, named in segments(text):
        if not named and len(piece[0]) == 1 and not piece[0].isdigit():
            continue
        # The last letters may not be typed yet, or be an ending that we do not know.
        typed = " & ".join(f"'{word}':*{weights}" if len(word) > 3 else f"'{word}'{mark}" for word in piece)
        options = [f"({typed})", *(f"'{name}'{mark}" for name in sorted(named))]
        parts.append(f"({' | '.join(options)})")
        if len(parts) == MAX_WORDS:
            break
    return (" & " if every else " | ").join(parts)
