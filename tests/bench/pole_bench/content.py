"""A catalogue made in bulk: bilingual, varied, the same for both sites. Pure."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import yaml

CORPUS = Path(__file__).resolve().parents[2] / "search" / "corpus.yaml"
#: One dataset in ten is private, as on the site that PERFORMANCE figures were taken on.
PRIVATE = 10
#: Of the people who look at pages.
PASSWORD = "Banc d’essai, 42 personnes"
FREQUENCIES = ("annual", "monthly", "weekly", "quarterly")
#: What a catalogue says of its files.
FILES = (
    ("CSV", "donnees.csv", {"fr": "Données complètes", "en": "Complete data"}),
    ("PDF", "guide.pdf", {"fr": "Guide de lecture", "en": "Reader’s guide"}),
)

Text = dict[str, str]


@dataclass(frozen=True)
class Item:
    """One dataset, before either site has it.

    Attributes:
        at: its number.
        organisation: the number of its organisation.
        private: whether only members of that see it.
    """

    at: int
    organisation: int
    private: bool
    title: Text
    notes: Text
    keywords: dict[str, list[str]]
    themes: list[str]
    places: list[str]
    frequency: str

    @property
    def id(self) -> str:
        """The same on both sites."""
        return identity("dataset", self.at)

    @property
    def name(self) -> str:
        """The end of its page's address."""
        return f"banc-{self.at:06}"

    @property
    def resources(self) -> list[dict[str, Any]]:
        """Its files, as both sites take them."""
        return [
            {
                "id": identity("resource", self.at, file),
                "url": f"https://donnees.exemple.test/{self.at}/{file}",
                "format": kind,
                "name": name,
                "description": {lang: f"{name[lang]} : {self.title[lang]}" for lang in name},
            }
            for kind, file, name in FILES
        ]


def identity(*parts: object) -> str:
    """An id that is the same in every run."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, " ".join(map(str, parts))))


def subjects() -> list[dict[str, Any]]:
    """The bilingual datasets of the search's corpus: what this catalogue's are made of."""
    read = yaml.load(CORPUS.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))["datasets"]
    return [item for item in read if {"fr", "en"} <= set(item["title"]) and {"fr", "en"} <= set(item.get("notes", {}))]


def items(number: int, organisations: int, places: list[tuple[str, Text]], start: int = 0) -> Iterator[Item]:
    """So many datasets.

    Args:
        number: how many.
        organisations: how many share them.
        places: codes of places and their names.
        start: the number of the first.
    """
    seeds = subjects()
    for at in range(start, start + number):
        draw = random.Random(at)
        first, *others = draw.sample(seeds, 4)
        code, place = draw.choice(places)
        year = 2005 + at % 20
        yield Item(
            at=at,
            organisation=draw.randrange(organisations),
            private=at % PRIVATE == PRIVATE - 1,
            title={lang: f"{first['title'][lang]} – {place[lang]}, {year}" for lang in ("fr", "en")},
            notes={
                lang: "\n\n".join(part["notes"][lang] for part in (first, *others)) for lang in ("fr", "en")
            },
            keywords={lang: list((first.get("keywords") or {}).get(lang) or []) for lang in ("fr", "en")},
            themes=list(first.get("themes") or []),
            places=[code],
            frequency=FREQUENCIES[at % len(FREQUENCIES)],
        )


def for_pole(item: Item, owner_org: str) -> dict[str, Any]:
    """The dataset as our `package_create` takes it."""
    return {
        **_common(item, owner_org),
        "title_translated": item.title,
        "notes_translated": item.notes,
        "keywords": {lang: words for lang, words in item.keywords.items() if words},
        "themes": item.themes,
        "places": item.places,
        "frequency": item.frequency,
        "data_languages": ["fr"],
        "access_tier": "open",
        "resources": [
            {
                "id": resource["id"], "url": resource["url"], "format": resource["format"],
                "name_translated": resource["name"], "description_translated": resource["description"],
            }
            for resource in item.resources
        ],
    }  # fmt: skip


def for_vanilla(item: Item, owner_org: str) -> dict[str, Any]:
    """The same content in the fields that CKAN has of its own."""
    words = {_tag(word) for lang in item.keywords.values() for word in lang}
    return {
        **_common(item, owner_org),
        "title": item.title["fr"],
        "notes": f"{item.notes['fr']}\n\n{item.notes['en']}",
        "tags": [{"name": word} for word in sorted(words) if len(word) > 1],
        "extras": [
            {"key": "title_en", "value": item.title["en"]},
            {"key": "themes", "value": " ".join(item.themes)},
            {"key": "places", "value": " ".join(item.places)},
            {"key": "frequency", "value": item.frequency},
        ],
        "resources": [
            {
                "id": resource["id"], "url": resource["url"], "format": resource["format"],
                "name": " / ".join(resource["name"].values()),
                "description": "\n\n".join(resource["description"].values()),
            }
            for resource in item.resources
        ],
    }  # fmt: skip


def questions(number: int) -> list[str]:
    """What people type: a word or two of one title, in either language. No question is there twice.

    Args:
        number: how many; what is more than the titles give has a year too, as the titles of datasets have.
    """
    found: dict[str, None] = {}
    for subject in subjects():
        for lang in ("fr", "en"):
            words = [word for word in subject["title"][lang].replace("’", " ").split() if len(word) > 4]
            plain = ["".join(sign for sign in word if sign.isalpha() or sign == "-") for word in words]
            found |= dict.fromkeys(" ".join(two) for two in combinations(dict.fromkeys(plain), 2))
            found |= dict.fromkeys(plain)
    shuffled = list(found)
    random.Random(7).shuffle(shuffled)
    return [
        shuffled[at % len(shuffled)] + (f" {2005 + at // len(shuffled)}" if at >= len(shuffled) else "")
        for at in range(number)
    ]


def _common(item: Item, owner_org: str) -> dict[str, Any]:
    return {
        "id": item.id, "name": item.name, "owner_org": owner_org, "private": item.private, "license_id": "cc-by",
    }  # fmt: skip


def _tag(word: str) -> str:
    return "".join(sign for sign in word if sign.isalnum() or sign in " -_.")
