"""Controlled vocabularies in French and English (themes, places, licences…), read from `ckanext.pole.config`.

Pure: imports neither ckan, flask nor sqlalchemy. Files are read once per process and never change while it runs.
An unknown vocabulary, code or language is a `KeyError`: a caller that accepts foreign codes has to say so itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Any

import yaml

CONFIG_PACKAGE = "ckanext.pole.config"
LANGUAGES = ("fr", "en")

NAMES = (
    "themes",
    "population_groups",
    "places",
    "territories",
    "frequencies",
    "licences",
    "personal_information",
    "tiers",
    "resource_kinds",
    "languages",
    "intended_uses",
    "formats",
)
"""Every vocabulary that ships with the portal, by the name of its file."""

_TERM_KEYS = frozenset({"code", "label", "note", "same_as", "broad_match", "match"})
_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")
#: Characters of a text that is worth remembering.
_SHORT = 80
_SCHEME = re.compile(r"^https?://(www\.)?", re.IGNORECASE)
_LIGATURES = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae"})


@dataclass(frozen=True)
class Bilingual:
    """A short text in French and in English; both are always present."""

    fr: str
    en: str

    def __getitem__(self, lang: str) -> str:
        """Return the text in `lang`; a language other than `fr` and `en` is a `KeyError`."""
        if lang not in LANGUAGES:
            raise KeyError(lang)
        return self.fr if lang == "fr" else self.en


@dataclass(frozen=True)
class Term:
    """One entry of a vocabulary.

    Attributes:
        code: what is stored and sent by the API; it never changes.
        label: what a person reads.
        note: one plain sentence that explains the entry.
        same_as: URI of the same concept in a public vocabulary (EU, W3C, GA4GH), if one exists.
        broad_match: URI of the nearest wider concept, where there is no exact one.
        match: how sources write this entry (ids, URLs, titles), where the vocabulary lists it.
        extra: what is particular to this vocabulary (`days`, `icon`, `url`…), read-only.
    """

    code: str
    label: Bilingual
    note: Bilingual
    same_as: str | None = None
    broad_match: str | None = None
    match: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def uri(self) -> str | None:
        """The URI to publish as RDF: the exact one if there is one, else the wider one."""
        return self.same_as or self.broad_match


@dataclass(frozen=True)
class Place(Term):
    """A place with a position.

    Attributes:
        kind: agglomeration, city, borough, linked_city or sociological_district.
        bbox: west, south, east, north, in degrees (WGS 84).
        centroid: longitude, latitude, in degrees (WGS 84); always inside the place.
        part_of: codes of the places that contain this one.
        variants: other spellings and short names, for matching and searching.
    """

    kind: str = ""
    bbox: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    centroid: tuple[float, float] = (0.0, 0.0)
    part_of: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()


@dataclass(frozen=True)
class Vocabulary:
    """A closed list of terms, in the order people should read them."""

    name: str
    title: Bilingual
    terms: Mapping[str, Term]

    def __getitem__(self, code: str) -> Term:
        """Return the term of a code; `KeyError` if there is none."""
        return self.terms[code]

    def __contains__(self, code: object) -> bool:
        return code in self.terms

    def __iter__(self) -> Iterator[Term]:
        return iter(self.terms.values())

    def __len__(self) -> int:
        return len(self.terms)

    def label(self, code: str, lang: str) -> str:
        """Return the label of a code in `fr` or `en`; `KeyError` if either is unknown."""
        return self.terms[code].label[lang]

    def note(self, code: str, lang: str) -> str:
        """Return the explanation of a code in `fr` or `en`; `KeyError` if either is unknown."""
        return self.terms[code].note[lang]


def read(path: str) -> Any:
    """Parse one YAML file of the config package; `path` is relative, with `/`."""
    source = resources.files(CONFIG_PACKAGE).joinpath(*path.split("/"))
    # Both loaders are safe; the C one, ten times faster, is missing where PyYAML was built without libyaml.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(source.read_text("utf-8"), Loader=loader)  # noqa: S506


def _bilingual(value: Mapping[str, str]) -> Bilingual:
    return Bilingual(fr=value["fr"], en=value["en"])


def _term(entry: Mapping[str, Any], vocabulary: str) -> Term:
    common: dict[str, Any] = {
        "code": entry["code"],
        "label": _bilingual(entry["label"]),
        "note": _bilingual(entry["note"]),
        "same_as": entry.get("same_as"),
        "broad_match": entry.get("broad_match"),
        "match": tuple(entry.get("match", ())),
        "extra": MappingProxyType({key: value for key, value in entry.items() if key not in _TERM_KEYS}),
    }
    if vocabulary != "places":
        return Term(**common)
    west, south, east, north = entry["bbox"]
    longitude, latitude = entry["centroid"]
    return Place(
        **common,
        kind=entry["kind"],
        bbox=(west, south, east, north),
        centroid=(longitude, latitude),
        part_of=tuple(entry.get("part_of", ())),
        variants=tuple(entry.get("variants", ())),
    )


@cache
def load(name: str) -> Vocabulary:
    """Return a vocabulary.

    Args:
        name: one of `NAMES`.

    Raises:
        KeyError: there is no such vocabulary.
        ValueError: its file holds the same code twice.
    """
    if name not in NAMES:
        raise KeyError(name)
    data = read(f"vocabularies/{name}.yaml")
    terms = {entry["code"]: _term(entry, name) for entry in data["entries"]}
    if len(terms) != len(data["entries"]):
        raise ValueError(f"vocabularies/{name}.yaml holds the same code twice")
    return Vocabulary(name=name, title=_bilingual(data["title"]), terms=MappingProxyType(terms))


def label(vocabulary: str, code: str, lang: str) -> str:
    """Return the label of a code of a vocabulary in `fr` or `en`; `KeyError` if any of the three is unknown."""
    return load(vocabulary).label(code, lang)


def choices(vocabulary: str) -> list[dict[str, Any]]:
    """Return a vocabulary as scheming choices: `[{"value": code, "label": {"fr": …, "en": …}}, …]`, a fresh list."""
    return [{"value": term.code, "label": {"fr": term.label.fr, "en": term.label.en}} for term in load(vocabulary)]


@cache
def places() -> tuple[Place, ...]:
    """Return the places, typed, in the order of their file."""
    return tuple(term for term in load("places") if isinstance(term, Place))


def fold(text: str) -> str:
    """Reduce a text for comparison: lower case, no accents, every run of signs and spaces as one space.

    `Rosemont–La Petite-Patrie`, `rosemont - la petite patrie` and `ROSEMONT LA PETITE PATRIE` give the same.
    """
    # Names of subjects, places and licences come back with each record of a harvest; long texts do not.
    return _short(text) if len(text) <= _SHORT else _folded(text)


@lru_cache(maxsize=10_000)
def _short(text: str) -> str:
    return _folded(text)


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.translate(_LIGATURES).casefold())
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return _NOT_ALPHANUMERIC.sub(" ", bare).strip()


def licence_key(text: str) -> str:
    """Reduce a licence's id, URL or title for comparison: as `fold`, without `http(s)://` and `www.`."""
    return fold(_SCHEME.sub("", text.strip()))


@cache
def _index(vocabulary: str) -> Mapping[str, str]:
    """Map every cleaned name of a vocabulary's entries to its code.

    Raises:
        ValueError: two entries share a name.
    """
    index: dict[str, str] = {}
    for term in load(vocabulary):
        names = {term.label.fr, term.label.en, *term.match}
        if term.same_as:
            names.add(term.same_as)
        if "iso639_3" in term.extra:
            names.add(term.extra["iso639_3"])
        # A place's code is matched as it stands: in free text "Mtl" means the city, not the agglomeration `mtl`.
        names.update(term.variants if isinstance(term, Place) else (term.code,))
        for name in names:
            key = licence_key(name)
            if index.setdefault(key, term.code) != term.code:
                raise ValueError(f"{vocabulary}: {name!r} stands for both {index[key]} and {term.code}")
    return MappingProxyType(index)


def match_licence(text: str) -> str | None:
    """Return the code of a licence from its exact id, URL or title (French or English), or `None` if not listed.

    It never guesses: another version of a licence (CC BY 2.5, say) is not a match.
    """
    return _index("licences").get(licence_key(text))


def match_place(text: str) -> str | None:
    """Return the code of a place from its code, its name or a known variant, or `None`.

    The kind of dash, accents and case of a name do not count.
    """
    return text if text in load("places") else _index("places").get(fold(text))


def match_frequency(text: str) -> str | None:
    """Return the code of an update frequency from its code, URI, name or what sources write for it, or `None`."""
    return _index("frequencies").get(licence_key(text))


def match_theme(text: str) -> str | None:
    """Return the code of a theme from its code, its name in French or English or its exact URI, or `None`."""
    return _index("themes").get(licence_key(text))


def match_language(text: str) -> str | None:
    """Return the code of a language from a code (`fr`, `fr_CA`, `fra`), a name or a URI that ends in one, or `None`."""
    index = _index("languages")
    tail = text.rstrip("/").rsplit("/", 1)[-1] if text.startswith("http") else text
    return index.get(licence_key(text)) or index.get(fold(tail)) or index.get(fold(tail).split(" ")[0])


def match_format(text: str) -> str | None:
    """Return the code of a file format from what a source calls it (`text/csv`, `.csv`, `CSV`), or `None`."""
    return _index("formats").get(fold(text))
