"""How a question reaches Solr."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.pole.search import query, words


def asked(question, lang="fr", **params):
    return query.ask({"q": question, **params}, lang)


@pytest.mark.parametrize(
    "params",
    [
        {"q": "name:a1"},
        {"q": "*:*"},
        {"q": ""},
        {},
        {"q": "a", "qf": "title"},
        {"q": "a", "defType": "dismax"},
        {"q": "{!lucene}a"},
    ],
)
def test_what_the_caller_chose_is_left_alone(params):
    assert query.ask(dict(params), "fr") == params


def test_the_callers_minimum_match_stays():
    assert asked("logement social", mm="100%")["mm"] == "100%"


def test_a_phrase_of_the_thesaurus_is_one_thing_to_find():
    clauses, lang = query.clauses_of("où trouver une banque alimentaire à Verdun", "fr")
    assert lang == "fr"
    assert "topics:food-bank" in clauses
    assert "places:mtl-12" in clauses
    assert "trouver" not in clauses


def test_an_english_question_on_a_french_page_is_asked_as_english():
    assert asked("where is the food bank")["qf"] == query.fields("en")


def test_a_word_of_both_languages_is_looked_for_in_the_questions_own():
    clauses, _ = query.clauses_of("pain", "fr")
    assert "text_fr:pain" in clauses
    assert "text_en" not in clauses


def test_accents_decide_where_they_alone_tell_two_words_apart():
    assert "accents_fr:jeûne" in query.clauses_of("rupture du jeûne", "fr")[0]


def test_the_whole_territory_does_not_have_to_be_named_by_a_dataset():
    assert "places" not in query.clauses_of("naissances à Montréal", "fr")[0]
    assert "places" in query.clauses_of("Montréal", "fr")[0]


def test_who_knows_solr_keeps_its_signs():
    assert asked('"banque alimentaire" -dons')["q"] == '"banque alimentaire" -dons'


def test_titles_sort_by_the_pages_language():
    assert asked("a", lang="en", sort="title_string desc")["sort"] == "title_sort_en desc"


@given(st.text(max_size=60), st.sampled_from(["fr", "en"]), st.booleans())
def test_no_question_gets_a_sign_of_its_own_into_the_syntax(question, lang, loose):
    if not words.tokens(question):
        return
    clauses, _ = query.clauses_of(question, lang, loose)
    assert clauses.count("(") == clauses.count(")")
    assert clauses.count('"') % 2 == 0
    assert not re.search(r"[{}\[\]*?~!\\/]|&&|\|\|", clauses)
