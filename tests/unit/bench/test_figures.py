"""Medians, ratios and goals of the bench, its questions and its picture."""

from __future__ import annotations

import json
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path.append(str(ROOT / "tests" / "bench"))

from pole_bench import content, figures, picture, table  # noqa: E402
from pole_bench.asking import AGAINST, GOALS  # noqa: E402

PLACES = [("mtl-12", {"fr": "Verdun", "en": "Verdun"})]


def row(**more):
    details = {"goal": 0.7, "datasets": 9, **more}
    return figures.times("page", vanilla=[0.1, 0.1, 0.1], pole=[0.05, 0.07, 0.09], **details)


def test_a_ratio_is_of_the_medians_and_its_spread_of_the_rounds():
    found = row()
    assert (found.vanilla, found.pole) == (pytest.approx(100), pytest.approx(70))
    assert found.ratio == pytest.approx(0.7)
    assert found.spread == (pytest.approx(0.6), pytest.approx(0.8))


@pytest.mark.parametrize(("goal", "ok"), [(0.69, False), (0.71, True), (None, None)])
def test_of_times_less_is_better(goal, ok):
    assert row(goal=goal).ok is ok


@pytest.mark.parametrize(("goal", "ok"), [(12, False), (9, True), (None, None)])
def test_of_rates_more_is_better(goal, ok):
    assert figures.rates("rebuild", vanilla=[10], pole=[100], goal=goal, datasets=1).ok is ok


def test_a_site_that_fails_meets_no_goal():
    assert figures.Row("labels", figures.MILLISECONDS, 3.0, None, None, 1.0, None, 9).ok is False


def test_a_person_is_measured_against_nobody_in_particular_of_the_same_site():
    found = figures.against("person", vanilla=([0.4], [0.1]), pole=([0.12], [0.1]), goal=1.3, datasets=1)
    assert (found.vanilla, found.pole, found.ratio) == (pytest.approx(4), pytest.approx(1.2), pytest.approx(1.2))
    assert found.ok


def test_the_goals_are_those_of_the_issue():
    assert GOALS["search, anonymous"] == 1.05
    assert GOALS["dataset page, anonymous"] == 0.7
    assert [most for _nobody, most in AGAINST.values()] == [1.2, 1.3, 1.3, 1.3]


def test_the_json_has_a_row_a_line_of_the_table_and_says_what_the_table_says():
    rows = [row(goal=0.8), row(goal=0.5)]
    found = json.loads(table.document(rows, [1.0, 2.0]))
    assert all(set(one) >= {"name", "vanilla", "pole", "ratio", "goal", "spread", "ok"} for one in found["rows"])
    assert [one["ok"] for one in found["rows"]] == [True, False]
    told = table.text(rows, [1.0, 2.0])
    assert "Goals met: 1 of 2" in told
    assert told.count(" yes") == told.count(" NO") == 1


def test_the_picture_is_svg_that_says_each_ratio_in_words():
    drawn = picture.draw([row().as_dict(), row(datasets=20_000).as_dict()])
    root = ET.fromstring(drawn)
    assert "page, 9: 0.7, goal 0.7; page, 20,000: 0.7" in (root.findtext("{*}desc") or "")
    assert len(root.findall("{*}circle")) == 2  # the legend's and the row's
    assert len(root.findall("{*}line[@class='goal']")) == 2


def test_a_catalogue_is_the_same_each_time_and_bilingual():
    made = list(content.items(30, 7, PLACES))
    assert made == list(content.items(30, 7, PLACES))
    assert len({item.id for item in made}) == len({item.name for item in made}) == 30
    assert all(item.title["fr"] and item.title["en"] and item.notes["fr"] != item.notes["en"] for item in made)
    assert sum(item.private for item in made) == 3


def test_both_sites_get_the_same_words():
    item = next(content.items(1, 1, PLACES))
    ours, theirs = content.for_pole(item, "org"), content.for_vanilla(item, "org")
    told = json.dumps(theirs, ensure_ascii=False)
    for text in (*ours["title_translated"].values(), *ours["resources"][0]["name_translated"].values()):
        assert text in told
    assert all(json.dumps(text, ensure_ascii=False)[1:-1] in told for text in ours["notes_translated"].values())


def test_questions_are_words_in_either_language():
    asked = content.questions(200)
    assert len(asked) == 200
    assert all(asked)
    assert len(set(asked)) > 100
