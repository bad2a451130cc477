"""Load the corpus and put the question sets to the search; used by the tests and by a person who tunes."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
#: Kinds of question that spelling, form, family and place alone can answer (see questions_fr.yaml).
VARIANTS = ("words", "form", "derivation", "place")


def read(name: str) -> dict[str, Any]:
    """One of the files beside this one."""
    return yaml.load((HERE / name).read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def load_corpus(organisation: str, user: str) -> int:
    """Create the corpus through CKAN's own action; gives the number of datasets."""
    import ckan.plugins.toolkit as tk
    from ckan.lib.search import commit

    datasets = read("corpus.yaml")["datasets"]
    known = {choice["value"] for choice in tk.h.pole_choices({"pole_vocabulary": "places"})}
    for item in datasets:
        tk.get_action("package_create")(
            {"user": user, "ignore_auth": True, "pole_harvest": True, "defer_commit": False},
            {
                "name": item["id"],
                "owner_org": organisation,
                "title_translated": item["title"],
                "notes_translated": item.get("notes") or item["title"],
                "keywords": item.get("keywords") or {},
                "themes": item.get("themes") or [],
                "places": [code for code in item.get("places") or [] if code in known],
            },
        )
    commit()
    return len(datasets)


@dataclass
class Score:
    """How many questions of each kind were answered, and which were not."""

    right: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    asked: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    failed: list[str] = field(default_factory=list)

    def add(self, kind: str, ok: bool, note: str) -> None:
        """Count one question."""
        self.asked[kind] += 1
        self.right[kind] += ok
        if not ok:
            self.failed.append(f"{kind}: {note}")

    def share(self, *kinds: str) -> float:
        """Share answered of some kinds, 0 to 1."""
        kinds = kinds or tuple(self.asked)
        return sum(self.right[kind] for kind in kinds) / sum(self.asked[kind] for kind in kinds)


Search = Callable[[str, str, int], list[str]]


HALVES = ("whole", "tuning", "held out")


def half_of(question: str) -> str:
    """The half that a question belongs to, by its hash: who tunes looks at the failures of one half only."""
    return HALVES[1 + hashlib.sha256(question.encode()).digest()[0] % 2]


def score_halves(name: str, search: Search) -> dict[str, Score]:
    """Put a set of questions to `search(question, language, rows) → names`; scores of the whole and of its halves."""
    data = read(name)
    scores = {half: Score() for half in HALVES}
    for question in data["questions"]:
        for kind, ok, note in _answers(question, data, search):
            for half in (HALVES[0], half_of(question["q"])):
                scores[half].add(kind, ok, note)
    return scores


def _answers(question: dict[str, Any], data: dict[str, Any], search: Search) -> Iterator[tuple[str, bool, str]]:
    lang = question.get("lang") or data.get("lang", "fr")
    within = question.get("within", data.get("within", 5))
    found = search(question["q"], lang, max(within, 5))
    if "never" not in question:
        ok = bool(set(question["expect"]) & set(found[:within]))
        yield question.get("kind") or f"from {lang}", ok, f"{question['q']} ({question['expect']}) → {found[:within]}"
        return
    if question.get("expect"):
        yield "still found", bool(set(question["expect"]) & set(found[:5])), f"{question['q']} → {found[:5]}"
    yield "no noise", not set(question["never"]) & set(found[:within]), f"{question['q']} → {found[:within]}"
