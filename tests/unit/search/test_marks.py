"""Words that answer a question, marked in a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.pole.search import marks


def marked(text, question, lang="fr", page="fr"):
    return [piece.text for piece in marks.pieces(text, lang, marks.wanted(question, page)) if piece.marked]


@pytest.mark.parametrize(
    ("text", "question", "found"),
    [
        ("Les logements sociaux de l’île", "logement social", ["logements sociaux"]),
        ("L’aide aux aînées", "aines", ["aînées"]),
        ("Marché public", "marche à pied", []),
        ("Points de dépannage", "astronomie", []),
        ("<b>Écoles</b> et école", "ecole", ["Écoles", "école"]),
        ("", "ecole", []),
    ],
)
def test_the_words_of_the_question_are_marked_in_whatever_form(text, question, found):
    assert marked(text, question) == found


def test_a_question_in_the_other_language_marks_what_means_the_same():
    assert marked("Comptoirs et banques alimentaires de l’île", "food bank", page="en") == ["banques alimentaires"]


def test_an_excerpt_begins_near_the_first_word_that_answers():
    text = "Rien ici. " * 40 + "Une popote roulante à Verdun. " + "Rien là. " * 40
    short = marks.excerpt(text, "fr", marks.wanted("popote roulante", "fr"))
    assert "popote roulante" in short
    assert short.startswith("… ")
    assert len(short) <= 200


def test_an_excerpt_of_a_text_that_does_not_answer_is_its_beginning():
    assert marks.excerpt("Un mot. " * 100, "fr", marks.wanted("astronomie", "fr")).startswith("Un mot.")


@given(st.text(), st.text(max_size=40))
def test_the_pieces_make_the_text(text, question):
    assert "".join(piece.text for piece in marks.pieces(text, "fr", marks.wanted(question, "fr"))) == text
