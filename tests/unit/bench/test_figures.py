"""Medians, ratios and goals of the bench, its questions and its picture."""

from __future__ import annotations

import json
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path.append(str(ROOT / "tests" / "bench"))

from pole_bench import content, figures, french, markdown, picture, table  # noqa: E402
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
    assert [most for _nobody, most in AGAINST.values() if most] == [1.2, 1.3, 1.3, 1.3]


def test_the_json_has_the_rows_of_the_table_and_nothing_else():
    rows = [row(goal=0.8, cpu=(8.0, 4.0)), row(goal=0.5)]
    found = json.loads(table.document(rows))
    assert set(found) == {"rows"}
    assert all(list(one) == ["name", "vanilla", "pole", "ratio", "goal", "spread", "ok"] for one in found["rows"])
    assert [one["ok"] for one in found["rows"]] == [True, None, False]
    assert [one["name"] for one in found["rows"]][:2] == ["page (ms, 9)", "page, processor (ms, 9)"]
    assert found["rows"][1]["ratio"] == 0.5
    told = table.text(rows, [1.0, 2.0])
    assert "Goals met: 1 of 2" in told
    assert told.count(" yes") == told.count(" NO") == 1
    assert " 0.50 " in told


def test_what_was_written_is_read_again():
    rows = [row(goal=0.8, datasets=20_000), figures.Row("labels", figures.MILLISECONDS, None, 3.0, 1.0, 1.0, None, 9)]
    again = table.rows_of(table.document(rows))
    assert table.document(again) == table.document(rows)
    assert [one.ok for one in again] == [True, True]
    with pytest.raises(ValueError, match="unheard of"):
        table.rows_of('{"rows": [{"name": "unheard of"}]}')


def test_the_picture_is_svg_that_says_each_figure_in_words():
    fails = figures.Row("labels", figures.MILLISECONDS, None, 3.0, 1.0, 1.0, None, 9)
    drawn = picture.draw([row(), row(datasets=20_000), fails])
    root = ET.fromstring(drawn)
    told = root.findtext("{*}desc") or ""
    assert "page, 9: CKAN 2.12 100, ckanext-pole 70 ms; page, 20,000: CKAN 2.12 100" in told
    assert "labels, 9: CKAN 2.12 fails, ckanext-pole 3 ms" in told
    panels = root.findall("{*}g")
    assert [len(panel.findall("{*}polyline")) for panel in panels] == [2, 0]
    assert [len(panel.findall("{*}circle")) for panel in panels] == [2, 0]  # vanilla's points


def test_the_page_has_the_figures_between_its_marks_in_both_languages():
    page = f"Before\n{markdown.BEGIN}\nold\n{markdown.END}\nAfter\n"
    rows = [row(goal=0.6, cpu=(8.0, 4.0)), figures.Row("search, member of 5,000", "ms", None, 3.0, 1.0, 1.0, None, 9)]
    put = markdown.put(page, table.rows_of(table.document(rows)))
    assert put.startswith("Before\n")
    assert put.endswith("After\n")
    assert "old" not in put
    assert "| page<br>page | ms | 9 | 100 | 70 | 0.7 | 0.60–0.80 | 0.5 | ≤ 0.6 | **no · non** |" in put
    assert "recherche, membre de 5 000 | ms | 9 | fails · échoue | 3 |" in put
    with pytest.raises(ValueError, match="no marks"):
        markdown.put("nothing", rows)


def test_every_row_has_a_french_name():
    assert all(french.name(name) != name for name in (*GOALS, "memory, web", "search, member of 50 / anonymous"))


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
