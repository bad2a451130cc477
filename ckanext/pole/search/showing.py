"""A stored dataset as a show schema gives it, without the costly general form of CKAN's validation.

`ckan.lib.navl` makes one flat dict of a dataset, its resources and all that is in them, sorts it five times and looks
for each field among all others. What a show schema asks of a stored value is next to nothing: leave it out when it is
empty, take it from the extras, read its JSON. That little is done here field by field; at anything else this gives up,
and CKAN's own way is taken. A test compares both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import ckan.plugins.toolkit as tk

Dict = dict[str, Any]


class BeyondUs(Exception):
    """A field is asked something that only CKAN's own validation can do."""


def shown(schema: Mapping[str, Any], data: Mapping[str, Any]) -> Dict:
    """What `ckan.plugins.toolkit.navl_validate` makes of a dataset that is stored already.

    Args:
        schema: a show schema, lists of validators by field; dicts for lists of dicts.
        data: the dataset; it is not changed.

    Raises:
        BeyondUs: only CKAN's own validation can tell.
    """
    extras = _first_of_each(data.get("extras") or [])
    found: Dict = {}
    for key, validators in schema.items():
        if not isinstance(validators, dict) and not key.startswith("__"):
            _field(found, data, key, validators, extras)
    _unknown(found, schema, data)
    for key, inner in schema.items():
        if not isinstance(inner, dict):
            continue
        parts = data.get(key) or []
        if key == "extras":
            parts = [extra for extra in parts if extra["key"] in extras]
        if parts:
            found[key] = [_part(inner, part) for part in parts]
    # CKAN gives empty lists back that it left out.
    return found | {key: [] for key, value in data.items() if value == [] and key not in found}


def _first_of_each(extras: list[Dict]) -> dict[str, Any]:
    found = {extra["key"]: extra["value"] for extra in extras}
    if len(found) < len(extras):
        raise BeyondUs("an extra twice")
    return found


def _part(schema: Mapping[str, Any], data: Mapping[str, Any]) -> Dict:
    found: Dict = {}
    for key, validators in schema.items():
        if isinstance(validators, dict):
            raise BeyondUs(key)
        if not key.startswith("__"):
            _field(found, data, key, validators, None)
    _unknown(found, schema, data)
    if not found:
        raise BeyondUs("nothing left of a part")
    return found


def _field(found: Dict, data: Mapping[str, Any], key: str, validators: list[Any], extras: Dict | None) -> None:
    """Put one field's value into `found`, or leave it out."""
    known = _known()
    value = data.get(key, tk.missing)
    for validator in validators:
        kind = known.get(validator)
        if kind == "ignore_missing":
            if value is tk.missing or value is None:
                return
        elif kind == "ignore":
            return
        elif kind == "not_empty":
            if value is tk.missing or (not value and value not in (False, 0)):
                break
        elif kind == "convert_from_extras" and extras is not None:
            if key in extras:
                value = extras.pop(key)
        elif _takes_a_value(validator):
            try:
                value = validator(value)
            except tk.Invalid:
                continue
        elif not (value and value is not tk.missing and _fills_in(validator)):
            raise BeyondUs(key)
    found[key] = value


def _unknown(found: Dict, schema: Mapping[str, Any], data: Mapping[str, Any]) -> None:
    """What the schema says of fields that it does not name: it keeps them or leaves them out."""
    unknown = {key: value for key, value in data.items() if key not in schema}
    if not unknown:
        return
    kinds = [_known().get(validator) for validator in schema.get("__extras", [None])]
    if kinds[-1] == "keep_extras" and set(kinds) <= {"ignore_missing", "extras_valid_json", "keep_extras"}:
        found |= unknown
    elif kinds != ["ignore"]:
        raise BeyondUs("__extras")


@lru_cache(maxsize=1)
def _known() -> dict[Any, str]:
    names = ("ignore_missing", "ignore", "not_empty", "convert_from_extras", "keep_extras", "extras_valid_json")
    return {tk.get_validator(name): name for name in names}


@lru_cache(maxsize=1000)
def _takes_a_value(validator: Callable[..., Any]) -> bool:
    """CKAN's own measure of what a validator is called with."""
    code = getattr(validator, "__code__", None)
    return code is not None and code.co_argcount == 1


def _fills_in(validator: Callable[..., Any]) -> bool:
    """Whether it does nothing to a field that has a value (ckan.lib.navl.validators.if_empty_same_as)."""
    made_by = f"{validator.__module__}.{validator.__qualname__}"
    return made_by == "ckan.lib.navl.validators.if_empty_same_as.<locals>.callable"
