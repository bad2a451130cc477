"""API verbs of the translation report."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import Context

from ckanext.pole.bilingual import states, values
from ckanext.pole.bilingual.settling import CONFIRMED
from ckanext.pole.translation import report

__all__ = ["pole_translation_confirm", "pole_translation_report"]


@tk.side_effect_free
def pole_translation_report(context: Context, data_dict: dict[str, Any]) -> dict[str, Any]:
    """What an organisation has left to translate.

    The counts come from the index, the work list from one page of it: two searches, whatever the size of the catalogue.

    Args:
        context: CKAN's.
        data_dict:
            `id`: the organisation's id or name.
            `lang`: `fr` or `en`, only texts that want this language (default: both).
            `state`: `missing`, `machine` or `stale` (default: all three).
            `rows` (20, at most 100) and `start`: which datasets of the work list.

    Returns:
        `organization` (id, name, title_translated); `datasets`, how many it has; `counts`, datasets by language and
        state (a dataset counts under each of its faults); `total`, datasets on the work list; `results`, the work
        list: id, name, title_translated and `texts` (field, lang, state, source, text, resource) of each dataset.

    Raises:
        ObjectNotFound, NotAuthorized, ValidationError.
    """
    organization: Any = model.Group.get(str(tk.get_or_bust(data_dict, "id")))
    if organization is None or not organization.is_organization:
        raise tk.ObjectNotFound(tk._("Organization not found"))
    tk.check_access("pole_translation_report", context, {"id": organization.id})
    wanted = report.wanted(data_dict)
    search = tk.get_action("package_search")
    base = {"q": "*:*", "fq": f'+owner_org:"{organization.id}" +dataset_type:dataset', "include_private": True}
    counted = search(
        {**context},  # type: ignore[typeddict-item]
        {**base, "rows": 0, "facet.field": ["pole_translation_state"], "facet.limit": -1},
    )
    found = search(
        {**context},  # type: ignore[typeddict-item]
        {
            **base,
            "fq": f"{base['fq']} +{report.query(wanted)}",
            "rows": wanted.rows,
            "start": wanted.start,
            "sort": "metadata_modified desc, id asc",
        },
    )
    return {
        "organization": {
            "id": organization.id,
            "name": organization.name,
            "title_translated": states.read(organization.extras or {}, "title_translated")
            or {"fr": organization.title or organization.name},
        },
        "datasets": counted["count"],
        "counts": report.counts(counted["facets"].get("pole_translation_state", {})),
        "total": found["count"],
        "results": [report.entry(dataset, wanted) for dataset in found["results"]],
    }


def pole_translation_confirm(context: Context, data_dict: dict[str, Any]) -> dict[str, Any]:
    """Give a text in one language: a person wrote it, mended the machine's, or says that it is still good.

    The machine's text of that field and language goes away.

    Args:
        context: CKAN's.
        data_dict:
            `id`: the dataset's id or name.
            `field`: `title_translated`, `keywords`…
            `lang`: `fr` or `en`.
            `text`: what a person stands for; keywords separated by commas.
            `resource`: the resource's id, if the text is a resource's.
            `expected`: the text in the other language that the person read (optional): refused if it changed since.

    Returns:
        The field as stored.

    Raises:
        ObjectNotFound, NotAuthorized, ValidationError.
    """
    dataset_id = str(tk.get_or_bust(data_dict, "id"))
    tk.check_access("pole_translation_confirm", context, {"id": dataset_id})
    shown = tk.get_action("package_show")({**context, "use_cache": False}, {"id": dataset_id})  # type: ignore[typeddict-item]
    field, lang, text, where = _given(data_dict, shown)
    record = next((found for found in shown["resources"] if found["id"] == where), None) if where else shown
    if record is None:
        raise tk.ObjectNotFound(tk._("Resource not found"))
    _still_the_same(data_dict.get("expected"), record, field, lang)
    record[field] = report.with_text(record.get(field), field, lang, text)
    # Without this mark an unchanged record would not be written at all.
    kept = states.sources(record)
    kept.get(field, {}).pop(lang, None)
    record[states.SOURCES] = kept
    stored = tk.get_action("package_update")(
        {**context, CONFIRMED: {where: {(field, lang)}}},  # type: ignore[typeddict-item, misc]
        shown,
    )
    saved = next((found for found in stored["resources"] if found["id"] == where), {}) if where else stored
    return {"id": stored["id"], "field": field, "lang": lang, "resource": where, "value": saved.get(field)}


def _given(data_dict: dict[str, Any], dataset: dict[str, Any]) -> tuple[str, str, str, str | None]:
    errors: dict[str, Any] = {}
    field, lang = str(data_dict.get("field") or ""), str(data_dict.get("lang") or "")
    text = data_dict.get("text")
    where = str(data_dict.get("resource") or "") or None
    if not field.endswith(states.SUFFIX) and (field != states.KEYWORDS or where):
        errors["field"] = [tk._("This field is not a text in two languages")]
    if lang not in values.LANGUAGES:
        errors["lang"] = [tk._("The language is fr or en")]
    if not isinstance(text, str) or not values.clean(text):
        errors["text"] = [tk._("Write the text")]
    if errors:
        raise tk.ValidationError(errors)
    return field, lang, values.clean(str(text)), where


def _still_the_same(expected: Any, record: dict[str, Any], field: str, lang: str) -> None:
    """Two people at work: one may not confirm a translation of a text that the other has just changed."""
    if not isinstance(expected, str) or field == states.KEYWORDS:
        return
    source = states.read(record, field).get(values.OTHER[lang], "")
    if source and values.fingerprint(source) != expected:
        raise tk.ValidationError(
            {"text": [tk._("The original changed while you were writing. Read it again, then save your text.")]}
        )
