"""Questions to the index that would show what it keeps for itself. Pure but for the words of the refusal."""

from __future__ import annotations

import re
from typing import Any

import ckan.plugins.toolkit as tk

#: Fields that hold whole dicts, addresses, or who may see what.
HIDDEN = ("data_dict", "validated_data_dict", "permission_labels", "res_url")
#: Readers of a question that know fields and words, and no functions: `docfreq` counts the words of all datasets.
PARSERS = ("dismax", "edismax", "lucene")

_NAMES = "|".join(HIDDEN)
_HIDDEN = re.compile(rf"(?<![\w.])({_NAMES})\s*:", re.IGNORECASE)
_FREE = frozenset({"q", "fq", "fq_list", "sort"})
#: Parameters that name fields without a colon, and may weigh them.
_FIELDS = ("qf", "df")
_WEIGHED = re.compile(rf"(?<![\w.])({_NAMES})(?![\w.])", re.IGNORECASE)
#: Parameters that take functions.
_FUNCTIONS = ("bf", "boost")
_ORDER = re.compile(r"\s*[\w.-]+\s+(asc|desc)\s*", re.IGNORECASE)
_ESCAPED = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)


def without_hidden_fields(params: dict[str, Any]) -> dict[str, Any]:
    """Search parameters that show no hidden field, and count nothing in datasets that the person does not see.

    Args:
        params: of `package_search`, as CKAN's hook gets them.

    Returns:
        A copy in which `fl` and `facet.field` name other fields only, and facets leave out words that nothing found
        has: Solr would tell those of all datasets.

    Raises:
        ckan.plugins.toolkit.ValidationError: the question itself asks about such a field, or with a function.
    """
    asked = dict(params)
    _refuse(asked)
    if asked.get("fl"):
        fields = [field for part in _texts(asked["fl"]) for field in re.split(r"[\s,]+", part) if field]
        asked["fl"] = [field for field in fields if _plain(field)] or ["id"]
    if asked.get("facet.field"):
        asked["facet.field"] = [field for field in _texts(asked["facet.field"]) if _plain(field)]
    if "facet.mincount" in asked:
        least = str(asked["facet.mincount"])
        asked["facet.mincount"] = max(int(least), 1) if least.isdecimal() else 1
    return asked


def _refuse(asked: dict[str, Any]) -> None:
    for name in asked.keys() & _FREE:
        for value in _texts(asked[name]):
            if _HIDDEN.search(_unescaped(value)):
                raise tk.ValidationError({name: [tk._("This field cannot be searched")]})
    for name in _FIELDS:
        if any(_WEIGHED.search(_unescaped(value)) for value in _texts(asked.get(name))):
            raise tk.ValidationError({name: [tk._("This field cannot be searched")]})
    for value in _texts(asked.get("sort")):
        if not all(_ORDER.fullmatch(part) for part in value.split(",")) or _WEIGHED.search(value):
            raise tk.ValidationError({"sort": [tk._("This field cannot be searched")]})
    if asked.get("defType", "dismax") not in PARSERS:
        raise tk.ValidationError({"defType": [tk._("Functions are not offered in a search")]})
    for name in _FUNCTIONS:
        if asked.get(name):
            raise tk.ValidationError({name: [tk._("Functions are not offered in a search")]})


def _texts(given: Any) -> list[str]:
    values = [given] if isinstance(given, str) else given or ()
    return [str(value) for value in values if value]


def _unescaped(text: str) -> str:
    r"""A question as Solr reads it: `permission\_labels` and `permission\u005flabels` are the field too."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)) if found[1] else found[2], text)


def _plain(field: str) -> bool:
    """A field's own name: no star, no function, no other name for a hidden one, nor how often words occur anywhere."""
    return bool(re.fullmatch(r"[\w.-]+", field)) and field.lower() not in (*HIDDEN, "score")
