"""The thesaurus as Solr reads it: each phrase of either language stands for its concept.

A question and a dataset meet in the concept, whatever language and synonym each
of them uses. Phrases are reduced by the same rule here and in the Solr chain
`pole_concepts` (config/solr/fields.xml), so that number and gender do not count.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from ckanext.pole.bilingual.thesaurus import Concept, concepts

#: What the Solr chain does too: an elided article goes, then endings of number and gender (PatternReplaceFilter).
_ELIDED = re.compile(r"^(?:l|m|t|qu|n|s|j|d|c|jusqu|lorsqu|puisqu)['’]", re.IGNORECASE)
_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_AUX = re.compile(r"^(.{2,})aux$")
_ENDING = re.compile(r"^(.{3,}?)(?:ees|ee|es|e|s|x)$")
_Y = re.compile(r"^(.{3,})y$")


def reduce(phrase: str) -> str:
    """A phrase as the Solr chain sees it: `Banques alimentaires` and `banque alimentaire` give the same."""
    return " ".join(_word(token) for token in _TOKEN.findall(phrase.replace("’", "'")))


def synonyms(found: Iterable[Concept] | None = None) -> str:
    """The synonym file: `phrase => concept`, one line a phrase.

    A phrase of several concepts stands for each of them. Wider concepts come along, so that a question about help
    with food finds a food bank; the other way round a narrow question is not widened.
    """
    known = {concept.id: concept for concept in (concepts() if found is None else found)}
    lines: dict[str, set[str]] = {}
    for concept in known.values():
        names = {_token(concept.id)} | {_token(wider) for wider in _wider(concept, known)}
        for phrase in (*concept.fr, *concept.en):
            if reduced := reduce(phrase):
                lines.setdefault(reduced, set()).update(names)
    return "".join(f"{phrase} => {','.join(sorted(names))}\n" for phrase, names in sorted(lines.items()))


def question_synonyms(found: Iterable[Concept] | None = None) -> str:
    """The same for questions, without the wider concepts."""
    lines: dict[str, set[str]] = {}
    for concept in concepts() if found is None else found:
        for phrase in (*concept.fr, *concept.en):
            if reduced := reduce(phrase):
                lines.setdefault(reduced, set()).add(_token(concept.id))
    return "".join(f"{phrase} => {','.join(sorted(names))}\n" for phrase, names in sorted(lines.items()))


def _wider(concept: Concept, known: dict[str, Concept]) -> Iterable[str]:
    seen: set[str] = set()
    wider = concept.broader
    while wider and wider not in seen:
        seen.add(wider)
        wider = known[wider].broader if wider in known else None
    return seen


def _token(concept_id: str) -> str:
    # No word of a text looks like this, so that concepts and words cannot meet.
    return "c_" + concept_id.replace("-", "_")


def _word(token: str) -> str:
    token = _ELIDED.sub("", token)
    folded = "".join(char for char in unicodedata.normalize("NFKD", token.lower()) if not unicodedata.combining(char))
    folded = folded.replace("œ", "oe").replace("æ", "ae")
    return _Y.sub(r"\1i", _ENDING.sub(r"\1", _AUX.sub(r"\1al", folded)))
