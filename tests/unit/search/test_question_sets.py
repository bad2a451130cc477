"""The datasets and questions that measure the search: enough of them, honest, and pointing at what exists."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest
import yaml

from ckanext.pole.bilingual import vocabularies

SETS = Path(__file__).resolve().parents[2] / "search"


def _load(name: str) -> Any:
    return yaml.safe_load((SETS / f"{name}.yaml").read_text("utf-8"))


CORPUS: dict[str, dict[str, Any]] = {dataset["id"]: dataset for dataset in _load("corpus")["datasets"]}
FRENCH = _load("questions_fr")
CROSS = _load("questions_cross")
NOISE = _load("questions_noise")
ALL = [*FRENCH["questions"], *FRENCH["typos"], *CROSS["questions"], *NOISE["questions"]]


def _key(text: str) -> str:
    return unicodedata.normalize("NFC", text)


# The datasets


def test_there_are_enough_datasets_and_their_ids_say_nothing():
    assert len(CORPUS) >= 120
    assert len(CORPUS) == len(_load("corpus")["datasets"])
    assert all(re.fullmatch(r"ds-\d{3}", identifier) for identifier in CORPUS)


def test_every_dataset_is_whole_in_each_language_it_has():
    for identifier, dataset in CORPUS.items():
        assert dataset["title"].keys() == dataset["notes"].keys() == dataset["keywords"].keys(), identifier
        assert set(dataset["title"]) <= {"fr", "en"}, identifier
        for lang, title in dataset["title"].items():
            assert title.strip(), identifier
            assert dataset["notes"][lang].strip(), identifier
            assert dataset["keywords"][lang], identifier


def test_themes_and_places_of_the_datasets_are_codes():
    known = {*vocabularies.load("places").terms, *vocabularies.load("territories").terms}

    assert {theme for dataset in CORPUS.values() for theme in dataset["themes"]} == set(
        vocabularies.load("themes").terms
    )
    assert {place for dataset in CORPUS.values() for place in dataset["places"]} <= known


def test_a_third_of_the_datasets_has_english_and_a_dozen_only_english():
    english = [dataset for dataset in CORPUS.values() if "en" in dataset["title"]]

    assert len(english) >= 0.3 * len(CORPUS)
    assert sum("fr" not in dataset["title"] for dataset in english) >= 12


def test_no_two_datasets_share_a_title():
    for lang in ("fr", "en"):
        titles = [dataset["title"][lang] for dataset in CORPUS.values() if lang in dataset["title"]]
        assert len(set(titles)) == len(titles)


def test_both_apostrophes_occur_as_people_type_them():
    text = " ".join(dataset["title"].get("fr", "") + dataset["notes"].get("fr", "") for dataset in CORPUS.values())

    assert text.count("’") > 20
    assert text.count("'") > 20


# The questions


def test_every_question_points_at_datasets_that_exist_and_says_what_it_tests():
    for question in ALL:
        named = [*question.get("expect", []), *question.get("never", [])]
        assert question["q"] == question["q"].strip()
        assert question["tests"], question["q"]
        assert named, question["q"]
        assert len(set(named)) == len(named), question["q"]
        assert set(named) <= CORPUS.keys(), question["q"]


def test_there_are_enough_questions_of_each_sort():
    assert len(FRENCH["questions"]) >= 170
    assert len(FRENCH["typos"]) >= 20
    assert len(CROSS["questions"]) >= 80
    assert len(NOISE["questions"]) >= 40


@pytest.mark.parametrize("questions", [FRENCH["questions"], FRENCH["typos"], NOISE["questions"]])
def test_no_question_is_asked_twice(questions):
    keys = [(question.get("lang"), _key(question["q"])) for question in questions]

    assert len(set(keys)) == len(keys)


def test_every_french_question_has_a_kind_and_each_kind_enough_questions():
    kinds = [question["kind"] for question in FRENCH["questions"]]

    assert set(kinds) == {"words", "form", "derivation", "place", "meaning"}
    assert all(kinds.count(kind) >= 30 for kind in set(kinds))


def test_typos_are_marked():
    assert all(question["typo"] is True for question in FRENCH["typos"])


def test_french_questions_expect_datasets_with_french_text():
    for question in [*FRENCH["questions"], *FRENCH["typos"]]:
        assert all("fr" in CORPUS[identifier]["title"] for identifier in question["expect"]), question["q"]


def test_cross_language_questions_expect_only_datasets_without_their_language():
    for question in CROSS["questions"]:
        assert question["lang"] in {"fr", "en"}, question["q"]
        assert all(question["lang"] not in CORPUS[identifier]["title"] for identifier in question["expect"])


def test_cross_language_questions_go_both_ways():
    languages = [question["lang"] for question in CROSS["questions"]]

    assert languages.count("en") >= 40
    assert languages.count("fr") >= 35


def test_what_a_noise_question_forbids_it_does_not_expect():
    for question in NOISE["questions"]:
        assert question["lang"] in {"fr", "en"}, question["q"]
        assert 1 <= question["within"] <= 10, question["q"]
        assert question["never"], question["q"]
        assert not set(question["never"]) & set(question.get("expect", [])), question["q"]


@pytest.mark.parametrize(
    "word", ["pain", "chair", "coin", "location", "four", "sale", "habit", "sort", "or", "car", "pour", "main", "court"]
)
def test_each_false_friend_is_asked_about(word):
    asked = " ".join(question["q"].lower() + " " for question in NOISE["questions"])

    assert re.search(rf"\b{word}", asked)


@pytest.mark.parametrize("sign", ["’", "'", "–", "-", "‑", "·", "(e)", "\u00a0", "\u0301", "«"])
def test_each_way_of_typing_is_asked_about(sign):
    assert any(sign in question["q"] for question in FRENCH["questions"])


def test_questions_are_not_the_titles_themselves():
    titles = {vocabularies.fold(title) for dataset in CORPUS.values() for title in dataset["title"].values()}
    copied = [question["q"] for question in FRENCH["questions"] if vocabularies.fold(question["q"]) in titles]

    # A person may type a whole short title; it measures little, so it stays rare.
    assert len(copied) <= 0.1 * len(FRENCH["questions"]), copied
