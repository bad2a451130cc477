"""The bilingual value: what it accepts, what it shows, and when a translation turns stale."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.pole.bilingual import values
from ckanext.pole.bilingual.values import NotBilingual, State

texts = st.text(min_size=1).map(values.clean).filter(bool)
bilingual = st.fixed_dictionaries({}, optional=dict.fromkeys(values.KEYS, texts))


class TestParse:
    @pytest.mark.parametrize("wrong", ["bonjour", 7, ["fr"], '["fr"]', {"fr": 3}, {"de": "hallo"}, {"fr": {"x": "y"}}])
    def test_what_is_not_a_text_in_two_languages_is_refused(self, wrong):
        with pytest.raises(NotBilingual):
            values.parse(wrong)

    @pytest.mark.parametrize("nothing", [None, "", {}, "{}", {"fr": ""}, {"fr": "  ", "en": None}])
    def test_nothing_reads_as_nothing(self, nothing):
        assert values.parse(nothing) == {}

    def test_control_characters_that_solr_refuses_are_dropped(self):
        assert values.parse({"fr": "a\x00b\x1fc\nd"}) == {"fr": "abc\nd"}

    def test_two_ways_to_write_an_accent_become_one(self):
        assert values.parse({"fr": "E\u0301te\u0301"}) == {"fr": "Été"}

    @given(bilingual)
    def test_what_was_stored_reads_back_the_same(self, text):
        assert values.parse(values.dump(values.parse(text))) == values.parse(text)


class TestKeywords:
    def test_a_form_separates_them_by_commas(self):
        assert values.parse_list({"fr": "logement, aînés ,, Logement"}) == {"fr": ["logement", "aînés"]}

    @pytest.mark.parametrize("wrong", [{"fr": [1]}, {"fr": 3}, {"en-t-fr": ["x"]}, [1], "logement"])
    def test_what_is_not_a_list_of_words_is_refused(self, wrong):
        with pytest.raises(NotBilingual):
            values.parse_list(wrong)


class TestShow:
    def test_a_page_prefers_its_own_language_then_a_machine_then_the_other_one(self):
        text = {"fr": "Logement", "en-t-fr": "Housing (machine)", "en": "Housing"}
        assert values.show(text, "en").text == "Housing"
        del text["en"]
        shown = values.show(text, "en")
        assert (shown.text, shown.machine, shown.fallback, shown.lang) == ("Housing (machine)", True, False, "en")
        del text["en-t-fr"]
        shown = values.show(text, "en")
        assert (shown.text, shown.fallback, shown.lang) == ("Logement", True, "fr")

    def test_regional_locales_read_as_their_language(self):
        assert values.show({"fr": "a", "en": "b"}, "en_GB").text == "b"

    @given(bilingual, st.sampled_from(values.LANGUAGES))
    def test_a_text_in_another_language_is_never_unmarked(self, text, lang):
        shown = values.show(text, lang)
        assert shown.fallback == (shown.lang != lang)
        assert bool(shown.text) == bool(text)


class TestStates:
    def test_a_missing_language_says_so(self):
        assert values.states({"fr": "Logement"}) == {"fr": State.PRESENT, "en": State.MISSING}

    def test_a_machine_text_is_never_taken_for_a_persons(self):
        assert values.states({"fr": "Logement", "en-t-fr": "Housing"})["en"] is State.MACHINE

    def test_english_turns_stale_when_its_french_moves_on_and_recovers_when_it_is_mended(self):
        first = {"fr": "Logement", "en": "Housing"}
        sources = values.remember_sources(first)
        assert sources == {}
        assert values.states(first, sources)["en"] is State.PRESENT
        second = {"fr": "Logement social", "en": "Housing"}
        sources = values.remember_sources(second, first, sources)
        assert values.states(second, sources) == {"fr": State.PRESENT, "en": State.STALE}
        third = {"fr": "Logement social", "en": "Social housing"}
        sources = values.remember_sources(third, second, sources)
        assert values.states(third, sources)["en"] is State.PRESENT
        assert sources == {}

    def test_a_translation_is_good_again_when_its_french_goes_back_to_what_it_was(self):
        first, second = {"fr": "Logement", "en": "Housing"}, {"fr": "Logement social", "en": "Housing"}
        stale = values.remember_sources(second, first)
        assert stale == {"en": values.fingerprint("Logement")}
        assert values.remember_sources(first, second, stale) == {}

    def test_spacing_does_not_make_a_translation_stale(self):
        first = {"fr": "Le logement", "en": "Housing"}
        sources = values.remember_sources(first)
        second = {"fr": "Le  logement ", "en": "Housing"}
        assert values.states(second, values.remember_sources(second, first, sources))["en"] is State.PRESENT

    @given(bilingual, bilingual)
    def test_rewriting_the_same_texts_never_changes_a_state(self, old, new):
        sources = values.remember_sources(new, old, values.remember_sources(old))
        again = values.remember_sources(new, new, sources)
        assert values.states(new, again) == values.states(new, sources)
