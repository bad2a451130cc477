"""Words of a question as the search compares them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.pole.search import words


def texts(text):
    return [token.text for token in words.tokens(text)]


def alike(one, other):
    return words.alike(words.tokens(one)[0], words.tokens(other)[0])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("L’aide d'urgence", ["aide", "urgence"]),
        ("aîné·e·s et aîné(e)s", ["aîné", "et", "aîné"]),
        ("Sœurs de St-Henri", ["soeurs", "de", "saint", "henri"]),
        ("seniors' homes, people's", ["seniors", "homes", "people"]),
        ("", []),
        ("!!! ---", []),
    ],
)
def test_typography_elision_and_inclusive_endings_do_not_count(text, found):
    assert texts(text) == found


def test_a_hyphen_is_remembered():
    assert [token.joined for token in words.tokens("petit-déjeuner ici")] == [False, True, False]


@pytest.mark.parametrize(
    ("one", "other"),
    [("aînées", "aîné"), ("aines", "aînés"), ("logements", "logement"), ("sociaux", "social"), ("ÉCOLE", "ecole")],
)
def test_number_gender_and_forgotten_accents_do_not_count(one, other):
    assert alike(one, other)


@pytest.mark.parametrize(
    ("one", "other"), [("jeunes", "jeûne"), ("marche", "marché"), ("côte", "cote"), ("rat", "ratio")]
)
def test_everyday_words_that_accents_alone_tell_apart_stay_apart(one, other):
    assert not alike(one, other)


@pytest.mark.parametrize(
    ("question", "page", "found"),
    [
        ("where can I get food", "fr", "en"),
        ("où trouver de l'aide", "en", "fr"),
        ("pain", "fr", "fr"),
        ("pain", "en", "en"),
        ("logement", "en", "en"),
    ],
)
def test_a_question_is_in_the_language_of_the_page_unless_its_words_say_otherwise(question, page, found):
    assert words.language(words.tokens(question), page) == found


@given(st.text())
def test_any_text_can_be_read(text):
    for token in words.tokens(text):
        assert token.text
        assert words.alike(token, token) or not token.key
