"""Our codes and the URIs of public authority tables, both ways."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from ckanext.pole.bilingual import values, vocabularies


def uri(vocabulary: str, code: str | None) -> str | None:
    """The public URI of a code: the exact one, else the wider one; None where there is none."""
    terms = vocabularies.load(vocabulary)
    return terms[code].uri if code and code in terms else None


def code(vocabulary: str, found: str) -> str | None:
    """Our code for a public URI; None where no term, or more than one, has it.

    http and https, and a slash at the end, do not count.
    """
    return _codes(vocabulary).get(_plain(found))


def codes(vocabulary: str, found: Iterable[str]) -> list[str]:
    """The codes of several URIs, in the vocabulary's order, each once."""
    known = {code(vocabulary, item) for item in found}
    return [str(name) for name in vocabularies.load(vocabulary).terms if name in known]


def language(tag: str | None) -> str | None:
    """The key under which a literal with this language tag is kept: `fr-CA` is `fr`; None for a language not ours."""
    if not tag:
        return None
    tag = tag.lower()
    return tag if tag in values.KEYS else next((lang for lang in values.LANGUAGES if tag.split("-")[0] == lang), None)


def _plain(found: str) -> str:
    return found.strip().removeprefix("https://").removeprefix("http://").rstrip("/").casefold()


@cache
def _codes(vocabulary: str) -> dict[str, str | None]:
    index: dict[str, str | None] = {}
    for term in vocabularies.load(vocabulary):
        for found in filter(None, (term.same_as, term.broad_match, term.extra.get("url"), term.extra.get("url_fr"))):
            key = _plain(str(found))
            # A URI that two codes share says neither.
            index[key] = term.code if index.get(key, term.code) == term.code else None
    return index
