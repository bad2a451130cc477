"""Questions to the index that would show what it keeps for itself. Pure but for the words of the refusal."""

from __future__ import annotations

import re
from typing import Any

import ckan.plugins.toolkit as tk

#: Fields that hold whole dicts, addresses, or who may see what.
HIDDEN = ("data_dict", "validated_data_dict", "permission_labels", "res_url")

_HIDDEN = re.compile(rf"(?<![\w.])({'|'.join(HIDDEN)})\s*:", re.IGNORECASE)
_FREE = frozenset({"q", "fq", "fq_list", "bq", "sort", "facet.query", "bf", "qf", "pf"})


def without_hidden_fields(params: dict[str, Any]) -> dict[str, Any]:
    """Search parameters that show no hidden field.

    Args:
        params: of `package_search`, as CKAN's hook gets them.

    Returns:
        A copy in which `fl` and `facet.field` name other fields only.

    Raises:
        ckan.plugins.toolkit.ValidationError: the question itself asks about such a field.
    """
    asked = dict(params)
    for name in asked.keys() & _FREE:
        values = asked[name] or ()
        for value in [values] if isinstance(values, str) else values:
            if _HIDDEN.search(str(value)) or (name == "sort" and any(field in str(value) for field in HIDDEN)):
                raise tk.ValidationError({name: [tk._("This field cannot be searched")]})
    if asked.get("fl"):
        given = [asked["fl"]] if isinstance(asked["fl"], str) else asked["fl"]
        fields = [field for part in given for field in re.split(r"[\s,]+", str(part)) if field]
        asked["fl"] = [field for field in fields if _plain(field)] or ["id"]
    if isinstance(asked.get("facet.field"), list):
        asked["facet.field"] = [field for field in asked["facet.field"] if _plain(str(field))]
    elif isinstance(asked.get("facet.field"), str) and not _plain(asked["facet.field"]):
        asked["facet.field"] = []
    return asked


def _plain(field: str) -> bool:
    """A field's own name: no star, no function, no other name for a hidden one."""
    return bool(re.fullmatch(r"[\w.-]+", field)) and field.lower() not in HIDDEN
