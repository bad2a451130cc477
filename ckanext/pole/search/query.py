"""How a question is asked: in both languages, the page's first, by words, concepts of the thesaurus and places.

A question is cut into units: a phrase of the thesaurus, the name of a place, or a single word. A dataset has to answer
most units, each in any of its fields: so that "empty apartments" is one thing to find, in whatever language.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ckanext.pole.bilingual import vocabularies
from ckanext.pole.search import concepts, words
from ckanext.pole.search.concepts import Match
from ckanext.pole.search.words import OTHER, Token

#: How many units of a question may be missing: none of two, one of three to five, four in ten of six and more.
MM = "2<-1 5<60%"
#: When no dataset answers that many: any of them, the best first.
LOOSE = "1"
#: Signs by which a person who knows Solr takes over: quotes, required and forbidden words, wildcards.
_SYNTAX = re.compile(r'["*?~^\\\[\]{}]|(?:^|\s)[+\-!][^\W\s]|\b(?:AND|OR|NOT)\b')
_LONE_DASH = re.compile(r"\s[-‐-―]+(?=\s)")
_WHOLE = frozenset({"agglomeration", "city"})


@dataclass(frozen=True)
class Unit:
    """One thing that a question asks about, as Solr reads it."""

    clause: str
    #: Whether the question means little without it.
    needed: bool = True


def fields(lang: str) -> str:
    """Solr's `qf`: where the words of a question are looked for, and how much each place counts."""
    other = OTHER[lang]
    return f"name^4 title_{lang}^8 text_{lang}^3 family_{lang}^1.5 title_{other}^2 text_{other}"


def ask(params: dict[str, Any], lang: str) -> dict[str, Any]:
    """Complete the parameters of a search, leaving alone what the caller chose.

    Args:
        params: of `package_search`; changed.
        lang: the page's language.
    """
    if plain(params):
        question = params["q"].strip()
        if _SYNTAX.search(question):
            clauses, spoken = _LONE_DASH.sub(" ", question), lang
        else:
            clauses, spoken = clauses_of(question, lang, loose=params.get("mm") == LOOSE)
        params["qf"] = fields(spoken)
        params.setdefault("mm", MM)
        # CKAN's own dismax knows no fields inside a question. Named here and not in the question (`{!edismax}`), whose
        # parameters CKAN would parse at a cost of milliseconds.
        params["defType"], params["q"] = "edismax", clauses
    sort = params.get("sort")
    if isinstance(sort, str):
        params["sort"] = sort.replace("title_string", f"title_sort_{lang}")
    return params


def asks(params: dict[str, Any]) -> bool:
    """Whether there is something for `ask` to complete."""
    return plain(params) or "title_string" in str(params.get("sort") or "")


def plain(params: dict[str, Any]) -> bool:
    """Whether a search asks a question in words, and leaves the way of asking to us.

    A question with a colon is Lucene's own syntax, one with {! names a parser; `qf` and `defType` are the caller's.
    """
    question = (params.get("q") or "").strip()
    words_only = bool(question) and ":" not in question and "{!" not in question
    return words_only and not params.get("qf") and not params.get("defType")


@lru_cache(maxsize=1024)
def clauses_of(question: str, page: str, loose: bool = False) -> tuple[str, str]:
    """A question as edismax reads it, one clause a unit, and the language that it is asked in."""
    tokens = words.tokens(question)
    lang = words.language(tokens, page)
    units = units_of(tokens, lang, loose)
    needed = [unit.clause for unit in units if unit.needed] or [unit.clause for unit in units]
    clauses = list(dict.fromkeys(needed)) or [_LONE_DASH.sub(" ", question)]
    # Alone, the alternatives of a unit would be taken for units: `mm` counts the clauses on top. CKAN asks for every
    # clause (q.op) unless they are tied by OR.
    return (f"+{clauses[0]}" if len(clauses) == 1 and clauses[0].startswith("(") else " OR ".join(clauses)), lang


def units_of(tokens: Sequence[Token], lang: str, loose: bool = False) -> list[Unit]:
    """Cut a question into units, from left to right."""
    marks = _marks(tokens, lang)
    units: list[Unit] = []
    at = 0
    while at < len(tokens):
        mark = marks.get(at)
        if mark:
            units.append(_place(tokens, mark, lang) if _is_place(mark) else _concept(tokens, mark, lang, loose))
            at = mark.end
            continue
        end = at + 1
        while end < len(tokens) and tokens[end].joined and end not in marks:
            end += 1
        units.append(_words(tokens[at:end], lang, loose))
        at = end
    return units


def _marks(tokens: Sequence[Token], lang: str) -> dict[int, Match]:
    """Places and concepts by the word they begin at; where they overlap, the longest, the question's language first."""
    found = [
        *concepts.place_names().find(tokens),
        *concepts.phrases(lang).find(tokens),
        *(match for match in concepts.phrases(OTHER[lang]).find(tokens) if not _foreign(tokens, match, lang)),
    ]
    found.sort(key=lambda match: -match.size)
    taken: dict[int, Match] = {}
    for match in found:
        span = range(match.start, match.end)
        if not any(other.start < match.end and match.start < other.end for other in taken.values()):
            taken[span.start] = match
        elif (same := taken.get(match.start)) and same.end == match.end and _is_place(same) == _is_place(match):
            taken[match.start] = Match(same.start, same.end, same.ids | match.ids, same.size)
    return taken


def _foreign(tokens: Sequence[Token], match: Match, lang: str) -> bool:
    """Whether a phrase of the other language is but a word that means something else in this one."""
    inside = tokens[match.start : match.end]
    return match.size == 1 and any(words.homograph(token) or words.wraps(token, lang) for token in inside)


def _is_place(match: Match) -> bool:
    return any(identifier in vocabularies.load("places") for identifier in match.ids)


def _concept(tokens: Sequence[Token], match: Match, lang: str, loose: bool) -> Unit:
    spelt = _all(tokens[match.start : match.end], lang, loose)
    named = [f"topics_title:{name}^4 OR topics:{name}^4" for name in sorted(match.ids)]
    return Unit(f"({' OR '.join([spelt, *named])})")


def _place(tokens: Sequence[Token], match: Match, lang: str) -> Unit:
    inside = [token.text for token in tokens[match.start : match.end]]
    known = {place.code: place for place in vocabularies.places()}
    codes = set(match.ids)
    whole = any(known[code].kind in _WHOLE for code in codes)
    if not whole:
        codes |= {place.code for place in known.values() if codes & set(place.part_of)}
    phrase = " ".join(inside)
    spelt = [f'title_{lang}:"{phrase}"^8', f'text_{lang}:"{phrase}"^3', f'text_{OTHER[lang]}:"{phrase}"']
    named = [f"places:{code}^2" for code in sorted(codes)]
    # Almost everything here is about the whole territory.
    return Unit(f"({' OR '.join([*spelt, *named])})", needed=not whole)


def _words(tokens: Sequence[Token], lang: str, loose: bool) -> Unit:
    """A word, or words tied by hyphens, which are also written as one or apart."""
    if len(tokens) == 1:
        return Unit(_word(tokens[0], lang), needed=not words.wraps(tokens[0], lang))
    tied = "-".join(token.text for token in tokens)
    apart = _all(tokens, lang, loose)
    return Unit(f'({apart} OR {"".join(token.text for token in tokens)} OR name:"{tied}"^8)')


def _all(tokens: Sequence[Token], lang: str, loose: bool) -> str:
    """Every word of a phrase that says something; loosely, any of them."""
    told = [token for token in tokens if not words.wraps(token, lang)] or list(tokens)
    if len(told) == 1:
        return _word(told[0], lang)
    return "(" + (" OR " if loose else " AND ").join(_word(token, lang) for token in told) + ")"


def _word(token: Token, lang: str) -> str:
    word = token.text
    if lang == "fr" and words.by_accents(token):
        return f"(accents_title_fr:{word}^8 OR accents_fr:{word}^3)"
    if words.homograph(token):
        return f"(title_{lang}:{word}^8 OR text_{lang}:{word}^3 OR family_{lang}:{word})"
    return word
