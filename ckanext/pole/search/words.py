"""Words of a text or a question, as the search compares them: typography, elision, inclusive writing, endings.

Pure: imports neither ckan, flask nor sqlalchemy.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

from ckanext.pole.bilingual.vocabularies import read

OTHER = {"fr": "en", "en": "fr"}
#: Words of French or English that hold a phrase together: with or without them it is the same phrase.
GLUE = frozenset(
    [
        "de", "du", "des", "d", "la", "le", "les", "l", "à", "a", "au", "aux", "en", "et", "pour", "par", "dans", "sur",
        "of", "the", "an", "for", "to", "in", "and", "at", "on", "with",
    ]
)  # fmt: skip

#: Words that are remembered: a text has few that the texts before it had not.
KNOWN = 20_000
_TYPOGRAPHY = str.maketrans(
    {"’": "'", "ʼ": "'", "‘": "'", "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "\u00a0": " ", "\u202f": " ",
     "œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE"}
)  # fmt: skip
#: As in the Solr types of config/solr/fields.xml: aîné·es, aîné(e)s, aîné.e.s.
_INCLUSIVE = re.compile(
    r"([^\W\d_]{2,})(?:[·•](?:[^\W\d_]{1,5})(?:[·•]?s)?|\((?:e|ne|le|se|ve|te)\)s?|\.(?:e|ne|le)(?:\.s|s)?)(?![^\W\d_])"
)
#: What a text with inclusive writing has; most have none, and are spared the search for it.
_MARKED = re.compile(r"[·•]|[(.](?:e|ne|le|se|ve|te)")
_SAINT = re.compile(r"\b([Ss])t(e?)[-. ]+(?=[^\W\d_])")
_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_ELIDED = re.compile(r"^(?:l|m|t|qu|n|s|j|d|c|jusqu|quoiqu|lorsqu|puisqu|presqu)'(?=.)")
_POSSESSIVE = re.compile(r"'s$")
_AUX = re.compile(r"^(.{2,})aux$")
_ENDING = re.compile(r"^(.{3,}?)(?:ees|ee|es|e|s|x)$")
_Y = re.compile(r"^(.{3,})y$")


@dataclass(frozen=True)
class Token:
    """One word.

    Attributes:
        text: lower case, as written, without an elided article.
        key: reduced for comparison: no accents, no ending of number or gender.
        joined: a hyphen ties it to the word before it.
        elided: an article was elided before it, which only French does.
    """

    text: str
    key: str
    joined: bool = False
    elided: bool = False

    @cached_property
    def accented(self) -> bool:
        """Whether it is written with accents."""
        return fold(self.text) != self.text


def tidy(text: str) -> str:
    """One form for what people type in several: apostrophes, dashes, ligatures, Saint, inclusive endings."""
    text = unicodedata.normalize("NFC", text).translate(_TYPOGRAPHY)
    if _MARKED.search(text):
        text = _INCLUSIVE.sub(r"\1", text)
    return _SAINT.sub(r"\1aint\2-", text)


def fold(text: str) -> str:
    """Without accents."""
    if text.isascii():
        return text
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))


def reduce(word: str) -> str:
    """A word in lower case, without accents and without its ending of number or gender."""
    return _Y.sub(r"\1i", _ENDING.sub(r"\1", _AUX.sub(r"\1al", fold(word))))


def tokens(text: str) -> list[Token]:
    """The words of a text."""
    text = tidy(text).lower()
    found: list[Token] = []
    end = -1
    for match in _TOKEN.finditer(text):
        joined = bool(found) and match.start() == end + 1 and text[end] == "-"
        found.append(_token(match[0], joined))
        end = match.end()
    return found


@lru_cache(maxsize=KNOWN)
def _token(word: str, joined: bool) -> Token:
    bare = _ELIDED.sub("", word)
    kept = _POSSESSIVE.sub("", bare)
    return Token(kept, reduce(kept), joined, bare != word)


@lru_cache(maxsize=KNOWN)
def alike(token: Token, other: Token) -> bool:
    """Whether two words are the same but for number and gender.

    Accents count where both are written with them; a word typed without any may be either (`aines`, `aînés`), unless
    both spellings are everyday words (`marche`, `marché`).
    """
    if token.key != other.key:
        return False
    bare = [word for word in (token, other) if not word.accented]
    if bare and not by_accents(bare[0]):
        return True
    size = len(token.key)
    return token.text[:size] == other.text[:size] and (token.text[size:][:1] == "é") == (other.text[size:][:1] == "é")


@cache
def _lists() -> dict[str, frozenset[str]]:
    data = read("search/words.yaml")
    return {
        "fr": frozenset(data["wrapping"]["fr"]),
        "en": frozenset(data["wrapping"]["en"]),
        "homographs": frozenset(data["homographs"]),
        "accents": frozenset(_number(word) for word in data["accents"]),
        "loose": frozenset(_number(word) for word in data["loose"]),
    }


def wraps(token: Token, lang: str) -> bool:
    """Whether a word says nothing of the subject of a question in `lang`."""
    return token.text in _lists()[lang]


def homograph(token: Token) -> bool:
    """Whether the other language has the same word with another meaning."""
    return token.text in _lists()["homographs"]


def by_accents(token: Token) -> bool:
    """Whether accents tell this word from another everyday one."""
    lists, word = _lists(), _number(token.text)
    return word in lists["accents"] and word not in lists["loose"]


def language(found: Iterable[Token], page: str) -> str:
    """The language of a question: the page's, unless its words speak for the other one."""
    votes = dict.fromkeys(OTHER, 0)
    for token in found:
        votes["fr"] += token.elided or token.accented
        for lang, other in OTHER.items():
            votes[lang] += wraps(token, lang) and not wraps(token, other)
    other = OTHER[page]
    return other if votes[other] > votes[page] else page


def _number(word: str) -> str:
    word = re.sub(r"(?<=.{3})[sx]$", "", word)
    return re.sub(r"(?<=é)e$", "", word)
