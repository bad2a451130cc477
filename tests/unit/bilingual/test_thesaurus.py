"""The thesaurus: large enough, bilingual, one concept a term, and nothing that would bring noise."""

from __future__ import annotations

import re

import pytest

from ckanext.pole.bilingual import vocabularies
from ckanext.pole.bilingual.thesaurus import concepts

CONCEPTS = concepts()
THEMES = (
    "alimentation",
    "logement-itinerance",
    "enfance-jeunesse",
    "aines",
    "immigration-langues",
    "sante-bien-etre",
    "revenu-emploi",
    "vie-communautaire",
)
FRENCH_NAMES = {
    "Airbnb", "Autochtones", "Centraide", "Chinois", "Croix-Rouge", "Emploi-Québec", "Francisation", "Haïtiens",
    "Info-Santé", "Info-Social", "Internet", "Inuit", "Inuits", "Inuk", "La", "Latino-Américains", "Loi", "Maghreb",
    "MTLWiFi", "Noirs", "Première", "Premières", "Premiers", "RénoRégion", "Santé", "Sud-Asiatiques", "Tandem",
    "Tel-jeunes", "Tribunal", "Urgences-santé", "Wi-Fi",
}  # fmt: skip


def test_the_thesaurus_has_three_hundred_concepts_or_more_and_covers_every_theme():
    assert len(CONCEPTS) >= 300
    for theme in THEMES:
        assert sum(concept.theme == theme for concept in CONCEPTS) >= 25, theme
    assert {concept.theme for concept in CONCEPTS} == set(THEMES)


def test_identifiers_of_concepts_are_unique_and_broader_ones_exist():
    ids = {concept.id for concept in CONCEPTS}

    assert len(ids) == len(CONCEPTS)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", identifier) for identifier in ids)
    assert {concept.broader for concept in CONCEPTS if concept.broader} <= ids


def test_no_chain_of_broader_concepts_turns_round():
    broader = {concept.id: concept.broader for concept in CONCEPTS}
    for start, first in broader.items():
        seen, current = {start}, first
        while current:
            assert current not in seen, start
            seen.add(current)
            current = broader[current]


def test_every_concept_has_terms_in_both_languages():
    assert not [concept.id for concept in CONCEPTS if not concept.fr or not concept.en]


def test_terms_are_plain_phrases_that_a_synonym_file_can_hold():
    terms = [term for concept in CONCEPTS for term in (*concept.fr, *concept.en)]

    assert all(isinstance(term, str) for term in terms)
    assert not [term for term in terms if term != " ".join(term.split()) or set(term) & set(',;=>\\#’"()')]
    assert not [term for term in terms if len(vocabularies.fold(term)) < 2]


def test_french_terms_are_in_lower_case_except_names_and_acronyms():
    def allowed(term: str) -> bool:
        first = re.split(r"[ -]", term)[0]
        return first.isupper() or not first[0].isupper() or term.split(maxsplit=1)[0] in FRENCH_NAMES

    assert not [term for concept in CONCEPTS for term in concept.fr if not allowed(term)]


@pytest.mark.parametrize("lang", vocabularies.LANGUAGES)
def test_a_term_belongs_to_one_concept_unless_marked_ambiguous(lang):
    owners: dict[str, set[str]] = {}
    ambiguous = {concept.id for concept in CONCEPTS if concept.ambiguous}
    for concept in CONCEPTS:
        terms = concept.fr if lang == "fr" else concept.en
        keys = [vocabularies.fold(term) for term in terms]
        assert len(set(keys)) == len(keys), concept.id
        for key in keys:
            owners.setdefault(key, set()).add(concept.id)

    assert not {key: ids for key, ids in owners.items() if len(ids - ambiguous) > 1}


def test_a_word_spelt_alike_in_both_languages_means_the_same():
    french = {vocabularies.fold(term): concept.id for concept in CONCEPTS for term in concept.fr}
    english = {vocabularies.fold(term): concept.id for concept in CONCEPTS for term in concept.en}

    assert not {term for term in french.keys() & english.keys() if french[term] != english[term]}


@pytest.mark.parametrize("word", ["aide", "service", "pain", "chair", "four", "sale", "location", "or", "car", "help"])
def test_a_bare_ambiguous_word_is_no_term(word):
    assert word not in {vocabularies.fold(term) for concept in CONCEPTS for term in (*concept.fr, *concept.en)}


@pytest.mark.parametrize(
    ("french", "english"),
    [
        ("banque alimentaire", "food bank"),
        ("personnes aînées", "seniors"),
        ("HLM", "low-rent housing"),
        ("halte-garderie", "drop-in daycare"),
        ("itinérance", "homelessness"),
        ("francisation", "french classes"),
    ],
)
def test_usual_pairs_are_one_concept(french, english):
    assert any(french in concept.fr and english in concept.en for concept in CONCEPTS)
