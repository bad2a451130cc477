"""Validators of the bilingual fields, for scheming's presets."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import ckan.plugins.toolkit as tk
import geojson
from ckan.types import Context, FlattenDataDict, FlattenErrorDict, FlattenKey
from geojson.geometry import Geometry
from geojson.utils import coords

from ckanext.pole.bilingual import columns, values

__all__ = [
    "pole_bilingual_keywords",
    "pole_bilingual_text",
    "pole_column",
    "pole_free_name",
    "pole_geojson",
    "pole_iso_date",
    "pole_load_json",
    "pole_not_before",
    "pole_owner",
]

#: Context key of whoever writes many datasets at once and has asked about their names and their owner for all of them.
ASKED_TOGETHER = "pole_asked_together"

#: Characters that a bilingual text may hold in one language; a description longer than this belongs in a document.
MAX_TEXT = 50_000
MAX_TITLE = 500
#: A single bad request must not cost more than this: characters of a GeoJSON geometry.
MAX_GEOJSON = 500_000
#: CKAN's own fields that hold a bilingual field's text in the default language.
CORE = {
    "title_translated": "title",
    "notes_translated": "notes",
    "name_translated": "name",
    "description_translated": "description",
}


def pole_bilingual_text(field: dict[str, Any], schema: dict[str, Any]) -> Callable[..., None]:
    """A text in French and English, stored as JSON.

    Takes a dict, JSON, or the form's inputs `<field>-fr` and `<field>-en`; where
    a client only knows CKAN's core field (`title`), that text is French.
    French is due when a person publishes; a harvest may lack it (context key
    `pole_harvest`), and so may a record that was stored without it.
    """

    def validate(key: FlattenKey, data: FlattenDataDict, errors: FlattenErrorDict, context: Context) -> None:
        name = str(key[-1])
        core = (*key[:-1], CORE[name]) if name in CORE else None
        try:
            text = values.parse(_given(key, data, values.KEYS))
        except values.NotBilingual:
            errors[key].append(tk._("Give a text in French, in English or both"))
            return
        if not text and core and isinstance(data.get(core), str) and data[core].strip() and _is_own_text(core, data):
            text = {"fr": values.clean(data[core])}
        limit = MAX_TITLE if name in ("title_translated", "name_translated") else MAX_TEXT
        if any(len(part) > limit for part in text.values()):
            errors[key].append(tk._("This text is too long: {limit} characters at most").format(limit=limit))
            return
        if field.get("required") and "fr" not in text and not (text and _may_lack_french(context, data, name)):
            errors[key].append(tk._("The French text is missing"))
            return
        data[key] = values.dump(text) if text else ""
        if core and text:
            data[core] = values.default_text(text)

    return validate


def pole_bilingual_keywords(field: dict[str, Any], schema: dict[str, Any]) -> Callable[..., None]:
    """Keywords in French and English, stored as JSON; a form sends them separated by commas."""

    def validate(key: FlattenKey, data: FlattenDataDict, errors: FlattenErrorDict, context: Context) -> None:
        try:
            words = values.parse_list(_given(key, data, values.LANGUAGES))
        except values.NotBilingual:
            errors[key].append(tk._("Give a list of keywords in French, in English or both"))
            return
        if any(len(word) > 100 for part in words.values() for word in part):
            errors[key].append(tk._("A keyword is too long: 100 characters at most"))
            return
        data[key] = values.dump(words) if words else ""

    return validate


def pole_column(key: FlattenKey, data: FlattenDataDict, errors: FlattenErrorDict, context: Context) -> None:
    """The description of a DataStore column (`info`); each error stands under the name of its part."""
    info = data.get(key)
    if info in (None, "", tk.missing):
        return
    try:
        data[key] = columns.described(info)
    except columns.TooLong as problem:
        said = tk._("This text is too long: {limit} characters at most")
        errors.update({(*key[:-1], part): [said.format(limit=limit)] for part, limit in problem.limits.items()})
    except (values.NotBilingual, AttributeError, TypeError):
        errors[key].append(tk._("Describe a column with a label and a note, each in French, in English or both"))


def pole_free_name(key: FlattenKey, data: FlattenDataDict, errors: FlattenErrorDict, context: Context) -> None:
    """CKAN's check that no other dataset has the name, which takes a statement."""
    if not context.get(ASKED_TOGETHER):
        tk.get_validator("package_name_validator")(key, data, errors, context)  # type: ignore[call-arg]


def pole_owner(key: FlattenKey, data: FlattenDataDict, errors: FlattenErrorDict, context: Context) -> None:
    """CKAN's check that the organisation is there and the person may give it datasets, which takes several."""
    if not context.get(ASKED_TOGETHER):
        tk.get_validator("owner_org_validator")(key, data, errors, context)  # type: ignore[call-arg]


def pole_load_json(value: Any) -> Any:
    """Give a stored JSON text back as the object it is; an empty one as an empty object."""
    if value in (None, "", tk.missing):
        return {}
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def pole_iso_date(value: Any) -> str:
    """A calendar date as YYYY-MM-DD; a year or a year and month are completed to their first day.

    Raises:
        Invalid: it is not a date.
    """
    if value in (None, "", tk.missing):
        return ""
    text = str(value).strip()[:10]
    padded = {4: f"{text}-01-01", 7: f"{text}-01"}.get(len(text), text)
    try:
        return date.fromisoformat(padded).isoformat()
    except ValueError:
        raise tk.Invalid(tk._("Write the date as year-month-day, for example 2026-04-30")) from None


def pole_not_before(other: str) -> Callable[..., None]:
    """The date may not come before the one in the field `other`."""

    def validate(key: FlattenKey, data: FlattenDataDict, errors: FlattenErrorDict, context: Context) -> None:
        start, end = data.get((other,)), data.get(key)
        if isinstance(start, str) and isinstance(end, str) and start[:10] and end and end < start[:10]:
            errors[key].append(tk._("The end comes before the beginning"))

    return validate


def pole_geojson(value: Any) -> str:
    """A GeoJSON geometry on the globe, stored as compact JSON.

    Raises:
        Invalid: it is not JSON, not a geometry, or lies outside of the globe.
    """
    if value in (None, "", tk.missing):
        return ""
    text = value if isinstance(value, str) else json.dumps(value)
    if len(text) > MAX_GEOJSON:
        raise tk.Invalid(tk._("This territory is too detailed: simplify its outline"))
    try:
        geometry = geojson.loads(text)
        valid = isinstance(geometry, Geometry) and geometry.is_valid
        inside = valid and all(-180 <= x <= 180 and -90 <= y <= 90 for x, y, *_ in coords(geometry))
    except (ValueError, TypeError, AttributeError, RecursionError):
        valid = inside = False
    if not valid or not inside:
        raise tk.Invalid(tk._("The territory is not a valid GeoJSON geometry in degrees"))
    return json.dumps(json.loads(text), separators=(",", ":"))


for _validator in (pole_bilingual_text, pole_bilingual_keywords):
    # Scheming calls validators so marked with the field and the schema, and uses what they return.
    _validator.is_a_scheming_validator = True  # type: ignore[attr-defined]


def _given(key: FlattenKey, data: FlattenDataDict, languages: tuple[str, ...]) -> Any:
    """The value as a dict: from the key itself, or from the form's inputs `<field>-<lang>`."""
    value = data.get(key)
    extras = data.get((*key[:-1], "__extras"))
    inputs = {}
    if isinstance(extras, dict):
        for lang in languages:
            text = extras.pop(f"{key[-1]}-{lang}", None)
            if text is not None:
                inputs[lang] = text
    if inputs:
        return inputs
    return None if value is tk.missing else value


def _is_own_text(core: FlattenKey, data: FlattenDataDict) -> bool:
    """CKAN fills an absent title with the name: that is not a title anyone wrote."""
    return core != ("title",) or data[core] != data.get(("name",))


def _may_lack_french(context: Context, data: FlattenDataDict, field: str) -> bool:
    if context.get("pole_harvest"):
        return True
    package = context.get("package")
    stored = package.extras.get(field) if package is not None else None
    if not stored:
        return False
    try:
        return "fr" not in values.parse(stored)
    except values.NotBilingual:
        return False
