"""Words of questions and of directories: no text breaks them, and both languages meet in the thesaurus."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ckanext.pole.directory import lexicon

LEXEME = re.compile(r"'[^'\\\s]+'(?::\*?[A-D]?)?")


@settings(deadline=None)
@given(st.text(max_size=300))
def test_no_text_makes_a_question_that_postgresql_cannot_read(text: str) -> None:
    for every in (True, False):
        left = LEXEME.sub("", lexicon.question(text, every=every))
        assert set(left) <= set(" &|()")


@settings(deadline=None)
@given(st.text(max_size=300), st.text(max_size=300))
def test_no_text_makes_a_vector_that_postgresql_cannot_read(first: str, second: str) -> None:
    for part in lexicon.vector({"A": [first], "D": [second]}).split():
        assert re.fullmatch(r"'[^'\\]+':\d+[A-D](?:,\d+[A-D])*", part), part


def test_a_question_that_says_nothing_asks_nothing() -> None:
    assert lexicon.question("") == lexicon.question("le la the of d'un") == ""


@pytest.mark.parametrize(
    ("asked", "described"),
    [
        ("food bank", "Comptoir de dépannage alimentaire"),
        ("banque alimentaire", "Neighbourhood food pantry"),
        ("aide alimentaire", "Banques alimentaires du quartier"),
        ("homework help", "Aide aux devoirs après l'école"),
    ],
)
def test_a_need_meets_its_service_in_the_other_language(asked: str, described: str) -> None:
    concepts = set(re.findall(r"'(c_\w+)'", lexicon.question(asked)))
    assert concepts & set(re.findall(r"'(c_\w+)'", lexicon.vector({"A": [described]})))


def test_a_narrow_question_is_not_widened() -> None:
    assert "c_food_bank" in lexicon.question("banque alimentaire")
    assert "c_food_aid" not in lexicon.question("banque alimentaire")


def test_number_gender_and_accents_do_not_count() -> None:
    assert lexicon.words("Écoles fermées") == lexicon.words("ecole fermee")
