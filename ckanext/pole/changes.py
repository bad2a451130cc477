"""Template helper of the lists of changes: a field of our schema and its value as people know them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ckan.plugins.toolkit as tk

from ckanext.pole.bilingual import states, values
from ckanext.pole.bilingual.helpers import pole_label, pole_lang
from ckanext.pole.forms import pole_chosen

__all__ = ["pole_change"]


def pole_change(change: Mapping[str, Any]) -> dict[str, Any] | None:
    """A change of a field as ckanext-activity lists it (`key`, `value`), in the page's language.

    Returns:
        The change, with the field's label and the labels of its codes; None for what the portal notes for itself.
    """
    if change["key"] == states.SOURCES:
        return None
    schema = tk.h.scheming_get_dataset_schema("dataset") or {}
    field = tk.h.scheming_field_by_name(schema.get("dataset_fields", ()), change["key"])
    if field is None or not field.get("label"):
        return dict(change)
    return {**change, "key": tk.h.scheming_language_text(field["label"]), "value": _said(field, change["value"])}


def _said(field: Mapping[str, Any], value: Any) -> str:
    name = field["field_name"]
    if name == states.KEYWORDS:
        return ", ".join(values.parse_list(value).get(pole_lang(), ()))
    if name.endswith(states.SUFFIX):
        return values.show(values.parse(value), pole_lang()).text
    if vocabulary := field.get("pole_vocabulary"):
        return ", ".join(pole_label(vocabulary, code) for code in pole_chosen(value))
    return str(value or "")
