"""The concepts that a text speaks of: each phrase of the thesaurus, in either language, stands for its concept.

A question and a dataset meet in the concept, whatever language and synonym each of them uses. Pure: imports neither
ckan, flask nor sqlalchemy.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from ckanext.pole.bilingual import vocabularies
from ckanext.pole.bilingual.thesaurus import Concept, concepts
from ckanext.pole.search import words
from ckanext.pole.search.words import Token


@dataclass(frozen=True)
class Match:
    """A phrase found in a text: the words from `start` up to `end`, and what they stand for."""

    start: int
    end: int
    ids: frozenset[str]
    #: How many words of the phrase count.
    size: int


class Phrases:
    """Phrases and what they stand for; a phrase may stand for several things."""

    def __init__(self, entries: Iterable[tuple[str, str]]) -> None:
        found: dict[tuple[Token, ...], set[str]] = defaultdict(set)
        for phrase, identifier in entries:
            if compact := tuple(token for _, token in _compact(words.tokens(phrase))):
                found[compact].add(identifier)
        #: By their first two words; a phrase of one word has nothing for the second.
        self._by_start: dict[tuple[str, str], list[tuple[tuple[Token, ...], set[str]]]] = defaultdict(list)
        for compact, ids in found.items():
            self._by_start[compact[0].key, compact[1].key if len(compact) > 1 else ""].append((compact, ids))
        for choices in self._by_start.values():
            choices.sort(key=lambda choice: -len(choice[0]))
        self._firsts = {first for first, _second in self._by_start}

    def find(self, tokens: Sequence[Token]) -> list[Match]:
        """The phrases of a text from left to right, the longest at each word, none inside another."""
        compact = _compact(tokens)
        found: list[Match] = []
        at = 0
        while at < len(compact):
            if compact[at][1].key not in self._firsts:  # as most words of a text
                at += 1
                continue
            match = self._at(compact, at)
            if match:
                found.append(match)
            at += match.size if match else 1
        return found

    def _at(self, compact: list[tuple[int, Token]], at: int) -> Match | None:
        size, ids = 0, set()
        first, second = compact[at][1].key, compact[at + 1][1].key if at + 1 < len(compact) else ""
        longer = self._by_start.get((first, second), ()) if second else ()
        for phrase, names in (*longer, *self._by_start.get((first, ""), ())):
            if len(phrase) < size or len(phrase) > len(compact) - at:
                continue
            if all(words.alike(compact[at + i][1], token) for i, token in enumerate(phrase)):
                size, ids = len(phrase), ids | names
        return Match(compact[at][0], compact[at + size - 1][0] + 1, frozenset(ids), size) if size else None


def _compact(tokens: Sequence[Token]) -> list[tuple[int, Token]]:
    kept = [(index, token) for index, token in enumerate(tokens) if token.text not in words.GLUE]
    return kept or list(enumerate(tokens))


@cache
def phrases(lang: str) -> Phrases:
    """The phrases of the thesaurus in a language."""
    return Phrases((phrase, concept.id) for concept in concepts() for phrase in getattr(concept, lang))


@cache
def place_names() -> Phrases:
    """Names and variants of places, for their codes."""
    return Phrases(
        (name, place.code)
        for place in vocabularies.places()
        for name in {place.label.fr, place.label.en, *place.variants}
    )


@cache
def wider(identifier: str) -> frozenset[str]:
    """A concept and all that contain it, so that a question about help with food finds a food bank."""
    return frozenset(_upwards(identifier, {concept.id: concept for concept in concepts()}))


def of(texts: Iterable[str], lang: str) -> list[str]:
    """The concepts of texts in one language, wider ones included, sorted."""
    found: set[str] = set()
    for text in texts:
        for match in phrases(lang).find(words.tokens(text)):
            for identifier in match.ids:
                found |= wider(identifier)
    return sorted(found)


def _upwards(identifier: str, known: dict[str, Concept]) -> set[str]:
    seen: set[str] = set()
    while identifier in known and identifier not in seen:
        seen.add(identifier)
        identifier = known[identifier].broader or ""
    return seen
