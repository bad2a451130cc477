"""The translation report: what is asked, what is counted, what is on the work list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ckanext.pole.bilingual import states, values
from ckanext.pole.bilingual.states import ORDER
from ckanext.pole.bilingual.values import State

FAULTS = tuple(state for state in ORDER if state is not State.PRESENT)
MOST_ROWS = 100


@dataclass(frozen=True)
class Wanted:
    """A question to the report: which languages, which states, which page."""

    langs: tuple[str, ...]
    states: tuple[State, ...]
    rows: int = 20
    start: int = 0


def wanted(asked: Mapping[str, Any]) -> Wanted:
    """Read a question; what is not known of it is left out, so that an old link still answers."""
    langs = tuple(lang for lang in values.LANGUAGES if asked.get("lang") in (lang, None, ""))
    faults = tuple(state for state in FAULTS if asked.get("state") in (state.value, None, ""))
    rows = min(max(_number(asked.get("rows"), 20), 0), MOST_ROWS)
    start = max(_number(asked.get("start"), 0), 0)
    return Wanted(langs or values.LANGUAGES, faults or FAULTS, rows, start)


def query(asked: Wanted) -> str:
    """The index's question for the datasets that have such a text."""
    found = [f'"{lang}:{state.value}"' for lang in asked.langs for state in asked.states]
    return f"pole_translation_state:({' OR '.join(found)})"


def counts(facet: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """Datasets by language and state, zero included."""
    return {
        lang: {state.value: facet.get(f"{lang}:{state.value}", 0) for state in reversed(ORDER)}
        for lang in values.LANGUAGES
    }


def entry(dataset: Mapping[str, Any], asked: Wanted) -> dict[str, Any]:
    """A line of the work list: the dataset, and its texts that want a person."""
    names = {
        str(resource.get("id")): states.read(resource, "name_translated") for resource in dataset.get("resources") or []
    }
    texts = [
        {
            **asdict(spot),
            "state": spot.state.value,
            "resource_name": names.get(spot.resource or "", {}),
            "expected": values.fingerprint(spot.source) if spot.source else "",
        }
        for spot in states.spots(dataset)
        if spot.lang in asked.langs and spot.state in asked.states
    ]
    title = states.read(dataset, "title_translated") or {"fr": str(dataset.get("title") or dataset.get("name"))}
    return {"id": dataset["id"], "name": dataset["name"], "title_translated": title, "texts": texts}


def with_text(value: Any, field: str, lang: str, text: str) -> dict[str, Any]:
    """A field's value with a person's text in one language, and without the machine's of that language."""
    if field == states.KEYWORDS:
        return values.parse_list({**values.parse_list(value), lang: text})
    kept = values.parse(value)
    kept.pop(values.MACHINE[lang], None)
    return {**kept, lang: text}


def _number(value: Any, otherwise: int) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return otherwise
