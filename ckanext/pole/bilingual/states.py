"""How good the texts of a whole record are, in each language, and what they were translated from.

A record (dataset, resource, organisation, group) keeps under `translation_sources` the fingerprints that
`values.remember_sources` gives, by field: what those texts were translated from whose source has changed since. Every
door that writes a record settles it here before it stores it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ckanext.pole.bilingual import values
from ckanext.pole.bilingual.values import State

#: The field of a record that keeps the fingerprints: `{field: {language key: fingerprint}}`.
SOURCES = "translation_sources"
SUFFIX = "_translated"
NAMES = ("title_translated", "name_translated")
KEYWORDS = "keywords"
#: From the worst to the best.
ORDER = (State.MISSING, State.STALE, State.MACHINE, State.PRESENT)

Record = Mapping[str, Any]
Pair = tuple[str, str]


@dataclass(frozen=True)
class Spot:
    """A text of a record that is not as it should be in one language.

    Attributes:
        field: name of the field.
        lang: `fr` or `en`.
        state: missing, stale or machine.
        source: the other language's text, by a person if there is one.
        text: what there is in `lang`, by a person or a machine; empty if missing.
        resource: id of the resource, None for the record itself.
    """

    field: str
    lang: str
    state: State
    source: str
    text: str
    resource: str | None = None


def fields(record: Record) -> list[str]:
    """The bilingual texts that a record has, filled or not; its name first, which says what the others are of."""
    return sorted((key for key in record if key.endswith(SUFFIX)), key=lambda key: key not in NAMES)


def sources(record: Record | None) -> dict[str, dict[str, str]]:
    """The fingerprints that a record keeps; those that cannot be read count as not kept."""
    found = _object((record or {}).get(SOURCES))
    return {
        str(field): {str(key): str(mark) for key, mark in marks.items()}
        for field, marks in found.items()
        if isinstance(marks, Mapping)
    }


def settle(
    new: Record, old: Record | None = None, *, harvested: bool = False, confirmed: Collection[Pair] = ()
) -> dict[str, Any]:
    """What a record must hold besides what was given, when it is written.

    Args:
        new: the record being stored; its bilingual texts as dicts or JSON, valid.
        old: the record stored before, with its `translation_sources`; None for a new one.
        harvested: its source knows nothing of our translations: a machine's text stays while the text it was made
            from is the same.
        confirmed: (field, language) of texts that a person has just read beside the other language: they are good as
            they are, although unchanged.

    Returns:
        `translation_sources` as a dict, and, when harvested, each text that gained its machine's translation back.
    """
    old = old or {}
    before = sources(old)
    found: dict[str, Any] = {}
    marks: dict[str, dict[str, str]] = {}
    for field in fields(new):
        text, stored = read(new, field), read(old, field)
        if harvested and (kept := carried(text, stored)) != text:
            found[field] = text = kept
        known = {key: mark for key, mark in before.get(field, {}).items() if (field, key[:2]) not in confirmed}
        # A text that counts as new takes the fingerprint of what it was just read beside.
        seen = {key: part for key, part in stored.items() if (field, key[:2]) not in confirmed}
        if noted := values.remember_sources(text, seen, known):
            marks[field] = noted
    return {**found, SOURCES: marks}


def carried(new: values.Text, old: values.Text) -> values.Text:
    """The new texts, with the old machine's ones where a language is empty and its source did not change."""
    kept = {
        key: old[key]
        for lang, key in values.MACHINE.items()
        if key in old
        and lang not in new
        and key not in new
        and new.get(values.OTHER[lang]) == old.get(values.OTHER[lang])
    }
    return {key: text for key in values.KEYS if (text := new.get(key) or kept.get(key))}


def settled(new: dict[str, Any], old: Record | None = None, *, harvested: bool = False) -> dict[str, Any]:
    """A whole dataset ready to be stored, its resources settled with those of the same id.

    For writers that do not go through CKAN's actions. A record whose texts did not change settles to what it was.

    Args:
        new: the dataset; texts as dicts or JSON. It is not changed.
        old: the same as it is stored; None for a new one.
        harvested: as `settle`.

    Returns:
        A copy with `translation_sources` (a dict) on the dataset and on each resource.
    """
    kept = {resource.get("id"): resource for resource in (old or {}).get("resources") or []}
    dataset = {**new, **settle(new, old, harvested=harvested)}
    if "resources" in new:
        dataset["resources"] = [
            {**resource, **settle(resource, kept.get(resource.get("id")), harvested=harvested)}
            for resource in new["resources"] or []
        ]
    return dataset


def field_states(record: Record, field: str) -> dict[str, State]:
    """The state of one field in each language; {} where it is empty in both, which is nothing to translate."""
    if field == KEYWORDS:
        lists = _lists(record.get(field))
        if not lists:
            return {}
        return {lang: State.PRESENT if lists.get(lang) else State.MISSING for lang in values.LANGUAGES}
    text = read(record, field)
    return values.states(text, sources(record).get(field)) if text else {}


def spots(dataset: Record) -> Iterator[Spot]:
    """The texts of a dataset and its resources that want a person, in their order."""
    yield from _spots(dataset)
    for resource in dataset.get("resources") or []:
        yield from _spots(resource, str(resource.get("id") or ""))


def summary(dataset: Record) -> list[str]:
    """What the index holds of a dataset: `fr:present`, `en:missing`, `en:machine` and so on.

    Returns:
        For each language every fault that some text has, or `present` when none has any.
    """
    found: dict[str, set[State]] = {lang: set() for lang in values.LANGUAGES}
    for spot in spots(dataset):
        found[spot.lang].add(spot.state)
    return [
        f"{lang}:{state.value}"
        for lang in values.LANGUAGES
        for state in ORDER
        if state in (found[lang] or {State.PRESENT})
    ]


def read(record: Record, field: str) -> values.Text:
    """A text of a record; one that cannot be read counts as empty."""
    try:
        return values.parse(record.get(field))
    except values.NotBilingual:
        return {}


def _spots(record: Record, resource: str | None = None) -> Iterator[Spot]:
    names = [*fields(record), *([KEYWORDS] if KEYWORDS in record else [])]
    for field in names:
        for lang, state in field_states(record, field).items():
            if state is not State.PRESENT:
                yield Spot(field, lang, state, *_pair(record, field, lang), resource)


def _pair(record: Record, field: str, lang: str) -> tuple[str, str]:
    other = values.OTHER[lang]
    if field == KEYWORDS:
        lists = _lists(record.get(field))
        return ", ".join(lists.get(other, [])), ", ".join(lists.get(lang, []))
    text = read(record, field)
    return text.get(other) or text.get(values.MACHINE[other], ""), text.get(lang) or text.get(values.MACHINE[lang], "")


def _lists(value: Any) -> dict[str, list[str]]:
    try:
        return values.parse_list(value)
    except values.NotBilingual:
        return {}


def _object(value: Any) -> Mapping[str, Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return value if isinstance(value, Mapping) else {}
