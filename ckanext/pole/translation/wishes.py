"""The texts that a machine may make: those no person wrote, or that a machine made from a text that changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ckanext.pole.bilingual import states, values
from ckanext.pole.bilingual.values import State


@dataclass(frozen=True)
class Wish:
    """A text to make.

    Attributes:
        record: the dataset or resource that wants it; `fulfil` changes it.
        field: its field.
        lang: the language that lacks.
        source: a person's text in the other language.
        resource: id of the resource; None for the dataset itself.
    """

    record: dict[str, Any]
    field: str
    lang: str
    source: str
    resource: str | None = None


def of(dataset: dict[str, Any]) -> Iterator[Wish]:
    """The wishes of a dataset and its resources; a person's text, stale or not, is never among them."""
    for record in (dataset, *(dataset.get("resources") or [])):
        where = None if record is dataset else str(record.get("id"))
        for field in states.fields(record):
            text = states.read(record, field)
            for lang, state in states.field_states(record, field).items():
                source = text.get(values.OTHER[lang])
                if source and not text.get(lang) and state in (State.MISSING, State.STALE):
                    yield Wish(record, field, lang, source, where)


def fulfil(wish: Wish, made: str) -> dict[str, Any]:
    """Put a machine's text into its record, under the machine's code."""
    wish.record[wish.field] = {**states.read(wish.record, wish.field), values.MACHINE[wish.lang]: made}
    # A text made again from a changed one may be the same as before: the record must still be written.
    kept = states.sources(wish.record)
    kept.get(wish.field, {}).pop(values.MACHINE[wish.lang], None)
    wish.record[states.SOURCES] = kept
    return wish.record
