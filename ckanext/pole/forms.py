"""Template helpers of the forms: what was typed stays, long forms come in sections."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import ckan.plugins.toolkit as tk

from ckanext.pole.bilingual import values, vocabularies
from ckanext.pole.bilingual.helpers import pole_lang

__all__ = [
    "pole_chosen",
    "pole_form_groups",
    "pole_form_keep",
    "pole_form_sections",
    "pole_form_value",
    "pole_in_order",
]

#: Section of the dataset's form → its fields. A schema may say otherwise with a field's key `pole_section`.
SECTIONS = {
    "what": ("title_translated", "name", "notes_translated", "keywords", "themes", "population_groups"),
    "where": ("places", "spatial", "period_start", "period_end", "frequency", "data_languages"),
    "who": ("owner_org", "contact_name", "contact_email", "custodian", "steward", "content_lead"),
    "may": (
        "license_id", "access_tier", "access_policy", "available_from", "personal_information", "purpose_translated",
        "limitations_translated",
    ),
    "from": ("collection_method_translated", "url", "provenance_translated"),
}  # fmt: skip
#: A list longer than this many choices shows its first ones, and the others in a part to open.
_SHORT, _FIRST = 14, 6
_SECTION_OF = {field: section for section, fields in SECTIONS.items() for field in fields}


def pole_form_value(data: Mapping[str, Any] | None, field: str, lang: str) -> str:
    """What an input of a bilingual field shows: what was just typed, else what is stored.

    Args:
        data: the form's data: raw inputs after an error, a stored record otherwise.
        field: name of the field; its inputs are `<field>-<lang>`.
        lang: `fr`, `en` or a machine's code.
    """
    data = data or {}
    typed = data.get(f"{field}-{lang}")
    if typed is not None:
        return str(typed)
    stored = data.get(field)
    if isinstance(stored, str):
        try:
            stored = json.loads(stored)
        except ValueError:
            return stored if lang == "fr" else ""
    text = stored.get(lang) if isinstance(stored, Mapping) else None
    if isinstance(text, list | tuple):
        return ", ".join(map(str, text))
    return str(text or "")


def pole_form_keep(data: Mapping[str, Any] | None, field: str) -> list[tuple[str, str]]:
    """The machine's texts of a field: the form carries them along, so that saving does not lose them."""
    found = ((lang, pole_form_value(data, field, lang)) for lang in values.MACHINE.values())
    return [(lang, text) for lang, text in found if text]


def pole_chosen(value: Any) -> list[str]:
    """The codes chosen in a field: a list, its JSON, or the one code that a form sends alone."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = [value]
    if not isinstance(value, list | tuple | set):
        return []
    return [str(code) for code in value if code not in (None, "")]


def pole_in_order(options: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The options of a list by their texts, É beside E; one without a value stays first."""
    return sorted(options, key=lambda option: (bool(option["value"]), vocabularies.fold(str(option["text"]))))


def pole_form_groups(field: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The choices of a field of many codes, in groups to open: places by kind; one group without a title otherwise."""
    lang = pole_lang()
    if field.get("pole_vocabulary") != "places":
        choices = tk.h.scheming_field_choices(field) or []
        text = tk.h.scheming_language_text
        entries = [{"value": choice["value"], "label": text(choice["label"])} for choice in choices]
        if len(entries) <= _SHORT:
            return [{"title": "", "choices": entries}]
        more = {"title": tk._("More choices"), "choices": entries[_FIRST:]}
        return [{"title": "", "choices": entries[:_FIRST]}, more]
    titles = {
        "borough": tk._("Boroughs"),
        "linked_city": tk._("Linked cities"),
        "sociological_district": tk._("Neighbourhoods"),
    }
    groups: dict[str, list[dict[str, str]]] = {"": []}
    for place in vocabularies.places():
        entry = {"value": place.code, "label": place.label[lang]}
        groups.setdefault(titles.get(place.kind, ""), []).append(entry)
    for title, entries in groups.items():
        if title:
            entries.sort(key=lambda entry: vocabularies.fold(entry["label"]))
    return [{"title": title, "choices": entries} for title, entries in groups.items()]


def pole_form_sections(fields: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The fields of a long form in sections, in their order; a field that no section names comes last.

    Returns:
        code, title, lead and fields of each section that has any.
    """
    words = {
        "what": (tk._("What it is"), tk._("What people read first, and find it by.")),
        "where": (tk._("Where and when"), tk._("The places and the time that the data speak of.")),
        "who": (tk._("Who answers for it"), tk._("Whom a reader may write to.")),
        "may": (tk._("May it be used"), tk._("Under which conditions, for what, and with which limits.")),
        "from": (tk._("Where it comes from"), tk._("How the data came to be, so that others may trust them.")),
        "more": (tk._("More"), ""),
    }
    found: dict[str, list[Mapping[str, Any]]] = {code: [] for code in words}
    for field in fields:
        if field.get("form_snippet", "") is None:
            continue
        code = field.get("pole_section") or _SECTION_OF.get(field["field_name"], "more")
        found.setdefault(code if code in words else "more", []).append(field)
    return [
        {"code": code, "title": words[code][0], "lead": words[code][1], "fields": inside}
        for code, inside in found.items()
        if inside
    ]
