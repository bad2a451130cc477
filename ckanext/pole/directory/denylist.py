"""The deny-list: which services must never be located, whatever the flags of the source say.

The list is `config/directory/denylist.yaml`, written so that a person who
does not program can read and extend it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .errors import DirectoryError
from .records import TaxonomyTerm, Text
from .settings_files import yaml_of
from .text import fold

_CODE = re.compile(r"[A-Z]{1,2}(?:-\d{4}(?:\.\d{4}(?:-\d{3}(?:\.\d{2})?)?)?)?")


def codes_in(value: str) -> list[str]:
    """Find the taxonomy codes in a value; AIRS joins a service and its public as "BH-8600 * YX-0300"."""
    return [part for piece in re.split(r"[*;|,\s]+", value.upper()) if (part := piece.strip())]


@dataclass(frozen=True)
class DenyList:
    """Answers whether a service, an address or a sentence stands for a secret place.

    Attributes:
        codes: beginnings of codes, each enough alone.
        together: pairs (or more) of groups; a code of each group is needed.
        names: expression for names, or None.
        address_words: words that stand where an address should be.
        phrases: (plain text to find first, expression) of sentences.
    """

    codes: tuple[str, ...] = ()
    together: tuple[tuple[tuple[str, ...], ...], ...] = ()
    names: re.Pattern[str] | None = None
    address_words: re.Pattern[str] | None = None
    phrases: tuple[tuple[str, re.Pattern[str]], ...] = ()

    def denies_codes(self, codes: Iterable[str]) -> bool:
        """Whether a service with these taxonomy codes is one of a secret place."""
        found = [part for code in codes for part in codes_in(code)]
        if self.codes and any(code.startswith(self.codes) for code in found):
            return True
        return any(
            all(any(code.startswith(group) for code in found) for group in groups) for groups in self.together if found
        )

    def denies_name(self, *names: Text) -> bool:
        """Whether a name, in either language, is one of a secret place."""
        if not self.names:
            return False
        return any(self.names.search(fold(words)) for name in names for words in name.values())

    def denied_terms(self, terms: Mapping[str, TaxonomyTerm]) -> frozenset[str]:
        """Give the ids of the terms denied by code or by name, and of all terms below them."""
        denied = {key for key, term in terms.items() if self._denies_term(term)}
        by_code = {term.code: key for key, term in terms.items() if term.code}
        growing = True
        while growing:
            more = {
                key
                for key, term in terms.items()
                if key not in denied and by_code.get(term.parent_id, term.parent_id) in denied
            }
            denied |= more
            growing = bool(more)
        return frozenset(denied)

    def _denies_term(self, term: TaxonomyTerm) -> bool:
        code = (term.code or term.id).strip().upper()
        if self.denies_codes([code]):
            return True
        # An AIRS code says what the term is; its name may be of a public ("Domestic Violence Shelter Residents").
        return not (_CODE.fullmatch(code) and "-" in code) and self.denies_name(term.name)

    def hides_address(self, *lines: str) -> bool:
        """Whether words stand where an address should be."""
        if not self.address_words:
            return False
        return any(line and self.address_words.search(fold(line)) for line in lines)

    def is_secret_word(self, text: Text) -> bool:
        """Whether a name is nothing but such a word ("Confidential")."""
        if not self.address_words:
            return False
        named = (fold(words).strip(" .*()[]-") for words in text.values())
        return any((found := self.address_words.match(words)) and len(words) - found.end() <= 4 for words in named)

    def says_secret(self, *texts: Text) -> bool:
        """Whether a text says that its place is secret."""
        for text in texts:
            for words in text.values():
                folded = words.casefold()
                for contains, pattern in self.phrases:
                    if contains in folded and pattern.search(fold(words)):
                        return True
        return False


def parse(settings: Any) -> DenyList:
    """Make a deny-list of the parsed YAML.

    Raises:
        DirectoryError: `bad_denylist`, naming the entry: a list that cannot be
            understood must stop the run, not let everything through.
    """
    try:
        codes = tuple(_code(entry["prefix"]) for entry in settings.get("codes", ()))
        together = tuple(
            tuple(tuple(_code(prefix) for prefix in group) for group in entry["groups"])
            for entry in settings.get("together", ())
        )
        names = [f"(?:{entry['pattern']})" for entry in settings.get("names", ())]
        words = [rf"\b{re.escape(fold(str(word)))}" for word in settings.get("address_words", ())]
        phrases = tuple((str(entry["contains"]), re.compile(entry["pattern"])) for entry in settings.get("phrases", ()))
        built = DenyList(
            codes,
            together,
            re.compile("|".join(names)) if names else None,
            re.compile("|".join(words)) if words else None,
            phrases,
        )
    except (AttributeError, KeyError, TypeError, ValueError, re.error) as error:
        raise DirectoryError("bad_denylist", str(error)[:80]) from error
    if not (built.codes and built.address_words):
        raise DirectoryError("bad_denylist", "codes and address_words must not be empty")
    return built


def _code(prefix: str) -> str:
    if not isinstance(prefix, str) or not _CODE.fullmatch(prefix.upper()):
        raise ValueError(f"not a taxonomy code: {prefix}")
    return prefix.upper()


@lru_cache(maxsize=1)
def default() -> DenyList:
    """Give the list of `config/directory/denylist.yaml`."""
    return parse(yaml_of("denylist.yaml"))
