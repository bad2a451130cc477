"""The controlled vocabularies and the licence list: whole, bilingual, unambiguous, and read back right."""

from __future__ import annotations

import json
import re
from importlib import resources

import pytest

from ckanext.pole.bilingual import vocabularies

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
EVERY_VOCABULARY = pytest.mark.parametrize("name", vocabularies.NAMES)


def _texts(term: vocabularies.Term) -> tuple[str, ...]:
    return term.label.fr, term.label.en, term.note.fr, term.note.en


# What goes wrong


def test_an_unknown_vocabulary_is_refused():
    with pytest.raises(KeyError):
        vocabularies.load("colours")


def test_a_path_is_not_a_vocabulary():
    with pytest.raises(KeyError):
        vocabularies.load("../licences")


def test_an_unknown_code_is_refused():
    with pytest.raises(KeyError):
        vocabularies.label("tiers", "secret", "fr")


def test_an_unknown_language_is_refused():
    with pytest.raises(KeyError):
        vocabularies.label("tiers", "open", "de")


def test_choices_of_an_unknown_vocabulary_are_refused():
    with pytest.raises(KeyError):
        vocabularies.choices("colours")


def test_changing_the_choices_does_not_change_the_vocabulary():
    vocabularies.choices("tiers")[0]["label"]["fr"] = "Fermé"

    assert vocabularies.label("tiers", "open", "fr") == "Ouvert"


def test_a_vocabulary_cannot_be_changed():
    with pytest.raises(TypeError):
        vocabularies.load("tiers").terms["open"] = None  # type: ignore[index]


# Every vocabulary


@EVERY_VOCABULARY
def test_label_and_note_are_there_in_both_languages(name):
    assert not [term.code for term in vocabularies.load(name) if not all(text.strip() for text in _texts(term))]


@EVERY_VOCABULARY
def test_texts_are_trimmed(name):
    assert not [text for term in vocabularies.load(name) for text in _texts(term) if text != " ".join(text.split())]


@EVERY_VOCABULARY
def test_codes_are_stable_ascii(name):
    allowed = r"[A-Z]+" if name == "formats" else r"[a-z0-9]+([-.][a-z0-9]+)*"

    assert not [term.code for term in vocabularies.load(name) if not re.fullmatch(allowed, term.code)]


@EVERY_VOCABULARY
def test_texts_use_the_typographic_apostrophe_and_ellipsis(name):
    texts = [text for term in vocabularies.load(name) for text in _texts(term)]

    assert not [text for text in texts if "'" in text or '"' in text or "..." in text]


@EVERY_VOCABULARY
def test_french_signs_are_spaced_as_in_quebec(name):
    # A space before ":" and "%"; none before ";", "?" and "!". A note is a sentence.
    bad = re.compile(r"\w:(?!//)|\d%|\w [;?!]")

    notes = [term.note.fr for term in vocabularies.load(name)]
    assert not [note for note in notes if bad.search(note) or not note.endswith((".", "»", ")"))]


@EVERY_VOCABULARY
def test_labels_tell_the_entries_apart(name):
    for lang in vocabularies.LANGUAGES:
        labels = [term.label[lang] for term in vocabularies.load(name)]
        assert len(set(labels)) == len(labels)


@EVERY_VOCABULARY
def test_uris_are_absolute_and_no_two_entries_are_the_same_public_concept(name):
    vocabulary = vocabularies.load(name)
    exact = [term.same_as for term in vocabulary if term.same_as]

    assert len(set(exact)) == len(exact)
    assert not [term.uri for term in vocabulary if term.uri and not re.fullmatch(r"https?://\S+", term.uri)]


def test_every_file_of_the_folder_is_a_known_vocabulary():
    folder = resources.files(vocabularies.CONFIG_PACKAGE).joinpath("vocabularies")
    assert {item.name for item in folder.iterdir()} == {f"{name}.yaml" for name in vocabularies.NAMES}


@EVERY_VOCABULARY
def test_broader_terms_exist(name):
    vocabulary = vocabularies.load(name)
    for term in vocabulary:
        broader = term.extra.get("broader")
        assert broader is None or (broader in vocabulary and broader != term.code)


def test_choices_come_in_the_shape_of_scheming_and_in_order():
    choices = vocabularies.choices("tiers")

    assert [choice["value"] for choice in choices] == ["open", "registered", "agreement", "confidential"]
    assert choices[0]["label"] == {"fr": "Ouvert", "en": "Open"}


# One by one


def test_the_eight_themes_have_a_colour_and_an_icon():
    themes = vocabularies.load("themes")

    assert tuple(theme.code for theme in themes) == THEMES
    assert all(re.fullmatch(r"[a-z-]+", theme.extra["color"]) for theme in themes)
    assert all(re.fullmatch(r"[a-z0-9-]+", theme.extra["icon"]) for theme in themes)
    assert len({theme.extra["color"] for theme in themes}) == len(themes)


def test_there_are_twenty_five_population_groups_or_more():
    assert len(vocabularies.load("population_groups")) >= 25


def test_the_contract_of_frequencies_is_kept_and_each_has_its_uri():
    frequencies = vocabularies.load("frequencies")
    agreed = "daily weekly monthly quarterly biannual annual irregular once continuous unknown"

    assert set(agreed.split()) <= set(frequencies.terms)
    assert all(term.same_as for term in frequencies)


def test_intervals_of_frequencies_grow():
    days = [term.extra["days"] for term in vocabularies.load("frequencies") if term.extra["days"]]

    assert days == sorted(days)


def test_kinds_of_personal_information_are_as_agreed():
    codes = [term.code for term in vocabularies.load("personal_information")]

    assert codes == ["none", "aggregated", "anonymised", "deidentified", "identifiable"]


def test_resource_kinds_are_as_agreed():
    assert set(vocabularies.load("resource_kinds").terms) == {"data", "documentation", "api", "dictionary"}


def test_twenty_languages_or_more_with_cantonese_apart_from_mandarin():
    languages = vocabularies.load("languages")

    assert len(languages) >= 20
    assert {"fr", "en", "zh", "yue"} <= set(languages.terms)
    assert all(re.fullmatch(r"[a-z]{3}", term.extra["iso639_3"]) for term in languages)


def test_uses_are_purposes_conditions_or_prohibitions():
    groups = {term.extra["group"] for term in vocabularies.load("intended_uses")}

    assert groups == {"purpose", "condition", "prohibition"}


@pytest.mark.parametrize(("text", "code"), [("text/csv", "CSV"), ("Shapefile", "SHP"), ("geojson", "GEOJSON")])
def test_a_format_is_known_by_what_sources_call_it(text, code):
    assert vocabularies.match_format(text) == code


# Licences


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "cc",
        "Creative Commons",
        "https://creativecommons.org/licenses/by/2.5/ca/",
        "https://creativecommons.org/licenses/by/3.0/",
        "Creative Commons Attribution",
        "Please cite us: https://creativecommons.org/licenses/by/4.0/",
        "https://example.org/licence/#cc-by",
    ],
)
def test_a_licence_that_is_not_listed_is_not_guessed(text):
    assert vocabularies.match_licence(text) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("cc-by", "cc-by"),
        ("Attribution (CC-BY 4.0)", "cc-by"),
        ("https://www.donneesquebec.ca/licence/#cc-by", "cc-by"),
        ("http://creativecommons.org/licenses/by/4.0/", "cc-by"),
        ("https://www.donneesquebec.ca/licence/#cc-by-nc-sa", "cc-by-nc-sa"),
        ("CC0-1.0", "cc-zero"),
        ("Licence du gouvernement ouvert - Canada", "ca-ogl-lgo"),
        ("Open Government Licence – Toronto", "ogl-toronto"),
        ("Open Government Licence - Vancouver", "ogl-vancouver"),
        ("Open Data Commons Open Database License (ODbL)", "odc-odbl"),
    ],
)
def test_a_licence_is_known_by_its_id_address_or_title(text, code):
    assert vocabularies.match_licence(text) == code


def test_every_label_and_code_of_a_licence_is_recognised():
    for licence in vocabularies.load("licences"):
        for text in (licence.code, licence.label.fr, licence.label.en, *licence.match):
            assert vocabularies.match_licence(text) == licence.code, text


def test_ckan_reads_the_same_licences():
    text = resources.files(vocabularies.CONFIG_PACKAGE).joinpath("licences.json").read_text("utf-8")
    listed = {
        item["id"]: (item["title"], item["title_fr"], item["url"], item["od_conformance"] == "approved")
        for item in json.loads(text)
    }

    assert listed == {
        term.code: (term.label.en, term.label.fr, term.extra.get("url", ""), term.extra["open"])
        for term in vocabularies.load("licences")
    }
