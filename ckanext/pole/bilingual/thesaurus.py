"""The thesaurus of social services and social data: concepts with their French and English terms.

Pure: imports neither ckan, flask nor sqlalchemy. Comes from `config/thesaurus/`, one file a theme.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

from ckanext.pole.bilingual.vocabularies import CONFIG_PACKAGE, read


@dataclass(frozen=True)
class Concept:
    """One concept of the thesaurus: terms that mean the same, the preferred one first.

    Attributes:
        id: stable identifier, in English, with hyphens.
        theme: code of the theme it belongs to.
        fr: French terms.
        en: English terms.
        broader: id of the wider concept, if any.
        ambiguous: true when one of its terms may also mean another concept.
    """

    id: str
    theme: str
    fr: tuple[str, ...]
    en: tuple[str, ...]
    broader: str | None = None
    ambiguous: bool = False


@cache
def concepts() -> tuple[Concept, ...]:
    """Return every concept, file by file, in alphabetical order of the files."""
    folder = resources.files(CONFIG_PACKAGE).joinpath("thesaurus")
    found: list[Concept] = []
    for name in sorted(item.name for item in folder.iterdir() if item.name.endswith(".yaml")):
        data = read(f"thesaurus/{name}")
        found += [
            Concept(
                id=entry["id"],
                theme=data["theme"],
                fr=tuple(entry["fr"]),
                en=tuple(entry["en"]),
                broader=entry.get("broader"),
                ambiguous=entry.get("ambiguous", False),
            )
            for entry in data["concepts"]
        ]
    return tuple(found)
