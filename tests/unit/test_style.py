"""The style sheets: one name, one thing."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2] / "ckanext" / "pole"
#: A rule for a class of ours alone: `.pole-card {`, also among others before a comma.
ALONE = re.compile(r"(?:^|,)\s*\.(pole-[\w-]+)\s*(?=,|$)")


def owners(sheet: str) -> set[str]:
    """The classes that a style sheet lays out on its own; what @media changes of others' is no layout."""
    text = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    found: set[str] = set()
    depth = 0
    for part in re.findall(r"[^{}]*[{}]", text):
        selector = part[:-1].rpartition(";")[2].strip()
        if part.endswith("{"):
            if depth == 0 and not selector.startswith("@"):
                found.update(ALONE.findall(selector))
            depth += 1
        else:
            depth -= 1
    return found


def test_no_two_style_sheets_lay_out_the_same_class():
    by_class: dict[str, set[str]] = defaultdict(set)
    for path in sorted(ROOT.rglob("assets/css/*.css")):
        for name in owners(path.read_text("utf-8")):
            by_class[name].add(path.name)
    assert len(by_class) > 100
    assert {name: sorted(sheets) for name, sheets in by_class.items() if len(sheets) > 1} == {}


def test_only_rules_of_their_own_count():
    sheet = ".pole-a, p .pole-b { top: 0; } @media print { .pole-c { top: 0; } } .pole-d > .pole-e { top: 0; }"
    assert owners(sheet) == {"pole-a"}
