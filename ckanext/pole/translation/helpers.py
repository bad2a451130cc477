"""Template helpers of the translation report."""

from __future__ import annotations

import ckan.plugins.toolkit as tk

__all__ = ["pole_translation_labels"]


def pole_translation_labels() -> dict[str, str]:
    """Field → its name in the page's language, from the schema of datasets and their resources."""
    schema = tk.h.scheming_get_dataset_schema("dataset") or {}
    fields = [*schema.get("resource_fields", ()), *schema.get("dataset_fields", ())]
    return {field["field_name"]: tk.h.scheming_language_text(field["label"]) for field in fields if field.get("label")}
