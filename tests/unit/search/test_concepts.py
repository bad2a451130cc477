"""Concepts that a text speaks of."""

from __future__ import annotations

from ckanext.pole.search import concepts, words
from ckanext.pole.search.concepts import Phrases


def found(text, phrases):
    return [(match.start, match.end, sorted(match.ids)) for match in phrases.find(words.tokens(text))]


KNOWN = Phrases([("banque alimentaire", "bank"), ("aide", "help"), ("aide alimentaire", "food"), ("food aid", "food")])


def test_the_longest_phrase_wins():
    assert found("aide alimentaire", KNOWN) == [(0, 2, ["food"])]


def test_number_and_small_words_do_not_count():
    assert found("les banques de l'alimentaire", KNOWN) == [(1, 4, ["bank"])]


def test_an_unfinished_phrase_is_none():
    assert found("banque de données", KNOWN) == []


def test_one_text_may_hold_several():
    assert [ids for *_, ids in found("aide et banque alimentaire", KNOWN)] == [["help"], ["bank"]]


def test_a_narrow_concept_brings_the_wider_ones_and_not_the_other_way_round():
    assert {"food-bank", "food-aid"} <= set(concepts.of(["Banques alimentaires de l’île"], "fr"))
    assert "food-bank" not in concepts.of(["aide alimentaire"], "fr")


def test_phrases_of_one_language_are_not_looked_for_in_the_other():
    assert concepts.of(["food bank"], "fr") == []
    assert "food-bank" in concepts.of(["food bank"], "en")


def test_places_are_known_by_any_of_their_names():
    assert found("à ndg", concepts.place_names())[0][2] == ["mtl-qs-05"]
