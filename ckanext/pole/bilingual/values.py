"""A text in French and English: `{"fr": …, "en": …}`.

The stored form is the one that ckanext-fluent, the federal portal and CKAN's
`h.get_translated` read. A machine's text never sits under `fr` or `en`, but
under its BCP 47-T code (RFC 6497): `en-t-fr` is English transformed from French.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

LANGUAGES = ("fr", "en")
#: Language → the code under which a machine's translation into it is kept.
MACHINE = {"fr": "fr-t-en", "en": "en-t-fr"}
KEYS = (*LANGUAGES, *MACHINE.values())
OTHER = {"fr": "en", "en": "fr"}

Text = dict[str, str]


class NotBilingual(ValueError):
    """The value is not a text in French and English."""


class State(str, Enum):
    """How good a field's text is in one language."""

    PRESENT = "present"
    MISSING = "missing"
    MACHINE = "machine"
    STALE = "stale"


@dataclass(frozen=True)
class Shown:
    """A text chosen for a page.

    Attributes:
        text: what is shown; empty if the field holds nothing at all.
        lang: the language that the text really is in, for the `lang` attribute.
        machine: a machine made this text.
        fallback: it is not in the language of the page.
    """

    text: str
    lang: str
    machine: bool = False
    fallback: bool = False


def parse(value: Any) -> Text:
    """Read a bilingual text, whatever form it came in.

    Args:
        value: a dict by language, the same as JSON, or nothing.

    Returns:
        The dict with its empty texts left out, keys in the order of `KEYS`.

    Raises:
        NotBilingual: it is something else, or names a language that is not ours.
    """
    found = _mapping(value)
    unknown = sorted(str(key) for key in found if key not in KEYS)
    if unknown:
        raise NotBilingual(f"unknown language: {', '.join(unknown)}")
    texts: Text = {}
    for key in KEYS:
        text = found.get(key)
        if text is None:
            continue
        if not isinstance(text, str):
            raise NotBilingual(f"{key} is not a text")
        text = clean(text)
        if text:
            texts[key] = text
    return texts


def parse_list(value: Any) -> dict[str, list[str]]:
    """Read bilingual keywords: `{"fr": ["logement", …], "en": […]}`.

    A comma-separated text, as a form sends it, counts as a list. Repeated words
    are kept once (case and accents as first written).

    Raises:
        NotBilingual: it is something else, or names a language other than fr and en.
    """
    found = _mapping(value)
    unknown = sorted(str(key) for key in found if key not in LANGUAGES)
    if unknown:
        raise NotBilingual(f"unknown language: {', '.join(unknown)}")
    lists: dict[str, list[str]] = {}
    for lang in LANGUAGES:
        words = found.get(lang)
        if isinstance(words, str):
            words = words.split(",")
        if words is None:
            continue
        if not isinstance(words, list | tuple) or not all(isinstance(word, str) for word in words):
            raise NotBilingual(f"{lang} is not a list of words")
        unique: dict[str, str] = {}
        for word in map(clean, words):
            if word:
                unique.setdefault(word.casefold(), word)
        if unique:
            lists[lang] = list(unique.values())
    return lists


def show(value: Mapping[str, str] | None, lang: str) -> Shown:
    """Choose the text for a page in `lang`: its own, then a machine's, then the other language's.

    Args:
        value: a bilingual text; `None` and `{}` give an empty text.
        lang: `fr` or `en`; anything else reads as English, as CKAN does.
    """
    value = value or {}
    lang = lang if lang in LANGUAGES else lang.split("_", maxsplit=1)[0]
    lang = lang if lang in LANGUAGES else "en"
    if value.get(lang):
        return Shown(value[lang], lang)
    if value.get(MACHINE[lang]):
        return Shown(value[MACHINE[lang]], lang, machine=True)
    other = OTHER[lang]
    if value.get(other):
        return Shown(value[other], other, fallback=True)
    if value.get(MACHINE[other]):
        return Shown(value[MACHINE[other]], other, machine=True, fallback=True)
    return Shown("", lang)


def default_text(value: Mapping[str, str]) -> str:
    """The text for CKAN's core `title` and `notes`: French, else whatever there is."""
    return show(value, "fr").text


def fingerprint(text: str) -> str:
    """Sixteen hexadecimal digits that change when the text does; spacing and Unicode form do not count."""
    normal = unicodedata.normalize("NFC", " ".join(text.split()))
    return hashlib.sha256(normal.encode()).hexdigest()[:16]


def states(value: Mapping[str, str], sources: Mapping[str, str] | None = None) -> dict[str, State]:
    """Say how good a field is in each language.

    Args:
        value: a bilingual text.
        sources: as `remember_sources` gives them: for a language key of `value`, the
            fingerprint of the other language's text at the time this one was written.

    Returns:
        One state for `fr` and one for `en`; a field that is empty in both is missing in both.
    """
    return {lang: _state(value, sources or {}, lang) for lang in LANGUAGES}


def remember_sources(
    new: Mapping[str, str], old: Mapping[str, str] | None = None, sources: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Note which texts stayed as they were while the text that they translate moved on, when a field is written.

    A text that changed, or is new, was written beside the other language's present text and needs no mark. An
    unchanged one keeps the fingerprint of what it was written beside, for as long as that is not what stands there now.
    So most records have no mark at all: search results carry them with every dataset.

    Args:
        new: the texts being stored.
        old: the texts stored before.
        sources: the fingerprints stored before.

    Returns:
        The fingerprints to store. French written by a person is the original and never has one.
    """
    old, sources = old or {}, sources or {}
    noted: dict[str, str] = {}
    for key in new:
        origin, before = new.get(OTHER[key[:2]]), old.get(OTHER[key[:2]])
        if key == "fr" or not origin or old.get(key) != new[key]:
            continue
        source = sources.get(key) or (fingerprint(before) if before else "")
        if source and source != fingerprint(origin):
            noted[key] = source
    return noted


#: Unicode's categories Cc, less line feed and tabulator, and Cs.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def clean(text: str) -> str:
    """Trim, drop control characters (Solr and XML refuse them), bring Unicode to its composed form."""
    return unicodedata.normalize("NFC", _CONTROL.sub("", text)).strip()


def dump(value: Mapping[str, Any]) -> str:
    """The JSON that is stored: accents kept, keys in a fixed order."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _mapping(value: Any) -> Mapping[str, Any]:
    if value is None or value == "":
        return {}
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise NotBilingual("not an object with fr and en") from None
    if not isinstance(value, Mapping):
        raise NotBilingual("not an object with fr and en")
    return value


def _state(value: Mapping[str, str], sources: Mapping[str, str], lang: str) -> State:
    key = lang if value.get(lang) else MACHINE[lang]
    if not value.get(key):
        return State.MISSING
    origin = value.get(OTHER[lang])
    # Two texts written by people cannot both be stale: French is the original unless only English is.
    translated = lang == "en" or key == MACHINE[lang]
    if translated and origin and key in sources and sources[key] != fingerprint(origin):
        return State.STALE
    return State.PRESENT if key == lang else State.MACHINE
