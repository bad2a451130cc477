"""Near spellings: what a person may have meant by a question that nothing answers.

Pure: Solr's answer comes in as it is, a question goes out. Imports neither ckan, flask nor sqlalchemy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from ckanext.pole.bilingual import vocabularies
from ckanext.pole.bilingual.thesaurus import concepts
from ckanext.pole.search import words

_WORD = re.compile(r"[^\W\d_]+")


def asked(question: str) -> str:
    """The words of a question that may be misspelt, as Solr's `spellcheck.q` takes them."""
    return " ".join(token.text for token in words.tokens(question))


def mend(question: str, answer: Iterable[Any]) -> str | None:
    """The question with its unknown words replaced by the nearest known ones.

    Args:
        question: as it was asked.
        answer: `spellcheck.suggestions` of Solr, a flat list of word and details.

    Returns:
        The mended question; None where there is nothing to mend.
    """
    better = {word: nearest for word, nearest in _nearest(answer) if words.reduce(word) != words.reduce(nearest)}
    if not better:
        return None

    def replace(match: re.Match[str]) -> str:
        found = better.get(words.fold(match[0].lower()))
        return accented(found) if found else match[0]

    mended = _WORD.sub(replace, words.tidy(question))
    return mended if mended != question else None


def accented(word: str) -> str:
    """A word with the accents that our vocabularies write it with."""
    return _accents().get(word, word)


def _nearest(answer: Iterable[Any]) -> Iterable[tuple[str, str]]:
    flat = list(answer)
    for word, details in zip(flat[::2], flat[1::2], strict=False):
        if isinstance(details, Mapping) and not details.get("origFreq") and details.get("suggestion"):
            found = details["suggestion"][0]
            yield words.fold(str(word)), found["word"] if isinstance(found, Mapping) else str(found)


@cache
def _accents() -> dict[str, str]:
    texts = [phrase for concept in concepts() for phrase in concept.fr]
    texts += [
        term.label.fr for name in ("themes", "population_groups", "places") for term in vocabularies.load(name)
    ]
    found: dict[str, str] = {}
    for text in texts:
        for token in words.tokens(text):
            if token.accented:
                found.setdefault(words.fold(token.text), token.text)
    return found
