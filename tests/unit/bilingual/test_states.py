"""The states of a record's texts: which want a person, and why."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ckanext.pole.bilingual import states, values
from ckanext.pole.bilingual.states import Spot, settle, settled, spots, summary
from ckanext.pole.bilingual.values import State

texts = st.fixed_dictionaries({}, optional=dict.fromkeys(values.KEYS, st.sampled_from(["a", "b", "c"])))
records = st.fixed_dictionaries({"title_translated": texts, "notes_translated": texts})


def test_marks_that_cannot_be_read_count_as_none():
    assert states.sources({"translation_sources": "{"}) == states.sources({"translation_sources": [1]}) == {}
    assert states.sources(None) == states.sources({"translation_sources": {"title_translated": "x"}}) == {}


def test_a_translation_turns_stale_when_its_source_moves_on_and_only_then():
    first = settled({"title_translated": {"fr": "Jardins", "en": "Gardens"}})
    assert summary(first) == ["fr:present", "en:present"]
    second = settled({"title_translated": {"fr": "Grands jardins", "en": "Gardens"}}, first)
    assert summary(second) == ["fr:present", "en:stale"]
    third = settled({"title_translated": {"fr": "Grands jardins", "en": "Large gardens"}}, second)
    assert summary(third) == ["fr:present", "en:present"]


def test_a_person_may_say_that_an_unchanged_translation_is_still_good():
    first = settled({"title_translated": {"fr": "Jardins", "en": "Gardens"}})
    texts = {"title_translated": {"fr": "Les jardins", "en": "Gardens"}}
    second = {**texts, **settle(texts, first)}
    assert "en:stale" in summary(second)
    third = {**texts, **settle(texts, second, confirmed={("title_translated", "en")})}
    assert summary(third) == ["fr:present", "en:present"]


def test_a_harvest_keeps_the_machines_text_while_its_source_says_the_same():
    machine = {"fr": "Jardins", "en-t-fr": "Gardens"}
    first = settled({"title_translated": machine})
    same = settled({"title_translated": {"fr": "Jardins"}}, first, harvested=True)
    assert same["title_translated"] == machine
    assert settled({"title_translated": {"fr": "Parcs"}}, first, harvested=True)["title_translated"] == {"fr": "Parcs"}
    by_person = settled({"title_translated": {"fr": "Jardins"}}, first)
    assert by_person["title_translated"] == {"fr": "Jardins"}


def test_a_publishers_own_translation_replaces_the_machines():
    first = settled({"title_translated": {"fr": "Jardins", "en-t-fr": "Gardens"}})
    own = settled({"title_translated": {"fr": "Jardins", "en": "Our gardens"}}, first, harvested=True)
    assert own["title_translated"] == {"fr": "Jardins", "en": "Our gardens"}


def test_resources_are_settled_with_the_one_of_the_same_id():
    first = settled({"resources": [{"id": "a", "name_translated": {"fr": "Lieux", "en": "Places"}}]})
    second = settled({"resources": [{"id": "a", "name_translated": {"fr": "Endroits", "en": "Places"}}]}, first)
    assert list(spots(second)) == [Spot("name_translated", "en", State.STALE, "Endroits", "Places", "a")]


def test_a_field_that_is_empty_in_both_languages_is_nothing_to_translate():
    assert summary({"title_translated": {"fr": "a", "en": "b"}, "purpose_translated": {}, "keywords": {}}) == [
        "fr:present", "en:present"
    ]  # fmt: skip


def test_keywords_count_too():
    found = list(spots({"keywords": {"fr": ["jardin", "parc"]}}))
    assert found == [Spot("keywords", "en", State.MISSING, "jardin, parc", "")]


def test_every_fault_of_a_dataset_is_in_the_index_and_present_only_without_one():
    dataset = {
        "title_translated": {"fr": "a", "en-t-fr": "b"},
        "notes_translated": {"en": "only"},
        "resources": [{"id": "r", "name_translated": {"fr": "x"}}],
    }
    assert summary(dataset) == ["fr:missing", "en:missing", "en:machine"]


def test_json_reads_as_the_object_it_is():
    as_json = {"title_translated": values.dump({"fr": "a", "en": "b"})}
    assert settle(as_json) == settle({"title_translated": {"fr": "a", "en": "b"}})


@given(records, records)
def test_writing_the_same_twice_changes_nothing(first, second):
    once = settled(second, settled(first))
    assert settled({key: once[key] for key in second}, once) == once


@given(records)
def test_what_was_just_written_is_never_stale(record):
    assert not any(spot.state is State.STALE for spot in spots(settled(record)))
