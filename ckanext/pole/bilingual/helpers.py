"""Template helpers for texts and codes in two languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ckan.plugins.toolkit as tk

from ckanext.pole.bilingual import values, vocabularies

__all__ = ["pole_choices", "pole_facet_label", "pole_label", "pole_lang", "pole_show", "pole_term"]

#: Facet of the index → the vocabulary that names its values.
FACETS = {
    "themes": "themes",
    "population_groups": "population_groups",
    "places": "places",
    "data_languages": "languages",
    "access_tier": "tiers",
    "pole_access": "tiers",
    "frequency": "frequencies",
    "personal_information": "personal_information",
    "license_id": "licences",
}


def pole_lang() -> str:
    """The page's language: `fr` or `en`."""
    try:
        return "en" if str(tk.h.lang()).startswith("en") else "fr"
    except (RuntimeError, TypeError):
        return "fr"


def pole_choices(field: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Scheming choices of a field that names its vocabulary under `pole_vocabulary`."""
    return vocabularies.choices(field["pole_vocabulary"])


def pole_label(vocabulary: str, code: str) -> str:
    """The name of a code in the page's language; the code itself where nobody knows it."""
    try:
        return vocabularies.label(vocabulary, code, pole_lang())
    except KeyError:
        return code


def pole_term(vocabulary: str, code: str) -> Any:
    """A term of a vocabulary (label, note, extra), or None."""
    return vocabularies.load(vocabulary).terms.get(code)


def pole_show(entity: Mapping[str, Any] | None, field: str) -> values.Shown:
    """The text of `<field>_translated` for this page, marked with its real language.

    Falls back to CKAN's core field, which other clients fill in the default language.
    """
    entity = entity or {}
    try:
        text = values.parse(entity.get(f"{field}_translated"))
    except values.NotBilingual:
        text = {}
    if not text and isinstance(entity.get(field), str) and entity[field]:
        text = {"fr": entity[field]}
    return values.show(text, pole_lang())


def pole_facet_label(facet: str, item: Mapping[str, Any]) -> str:
    """The name of a facet's value in the page's language."""
    name = str(item.get("name") or item.get("display_name") or "")
    vocabulary = FACETS.get(facet)
    if vocabulary:
        return pole_label(vocabulary, name)
    if facet == "pole_translation_state":
        return _translation_label(name)
    return str(item.get("display_name") or name)


def _translation_label(name: str) -> str:
    """`en:missing` in words."""
    lang, _, state = name.partition(":")
    known = {
        "fr:present": lambda: tk._("French complete"),
        "fr:missing": lambda: tk._("French missing"),
        "fr:machine": lambda: tk._("French by machine"),
        "fr:stale": lambda: tk._("French to review"),
        "en:present": lambda: tk._("English complete"),
        "en:missing": lambda: tk._("English missing"),
        "en:machine": lambda: tk._("English by machine"),
        "en:stale": lambda: tk._("English to review"),
    }
    said = known.get(f"{lang}:{state}")
    return said() if said else name
