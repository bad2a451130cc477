"""The description of a table's column: what is refused, what a form and the API may send, and what is stored."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.pole.bilingual import columns, values

parts = st.text(max_size=60)
infos = st.fixed_dictionaries(
    {},
    optional={
        **{f"{field}-{lang}": parts for field in columns.TEXTS for lang in values.LANGUAGES},
        "label": parts,
        "notes_translated": st.fixed_dictionaries({}, optional={"fr": parts, "en": parts}),
        "unit": parts,
        "type_override": st.just("text"),
    },
)


@pytest.mark.parametrize(
    "info", [{"label_translated": "Lots"}, {"label_translated": {"de": "Felder"}}, {"notes_translated": {"fr": 3}}]
)
def test_what_is_no_text_in_two_languages_is_refused(info):
    with pytest.raises(values.NotBilingual):
        columns.described(info)


def test_all_that_is_too_long_is_named_at_once():
    info = {"label-fr": "x" * 201, "label-en": "Plots", "notes_translated": {"en": "x" * 10_001}, "unit": "x" * 61}
    with pytest.raises(columns.TooLong) as refused:
        columns.described(info)
    assert refused.value.limits == {"label": 200, "notes": 10_000, "unit": 60}


def test_a_form_and_the_api_store_the_same():
    form = {"label-fr": " Lots ", "label-en": "Plots", "notes-fr": "", "notes-en": "", "unit": "lots"}
    given = {"label_translated": {"fr": "Lots", "en": "Plots"}, "unit": "lots"}
    assert columns.described(form) == columns.described(given) == {**given, "label": "Lots"}


def test_a_client_that_knows_ckans_label_alone_writes_french():
    assert columns.described({"label": "Lots"}) == {"label": "Lots", "label_translated": {"fr": "Lots"}}


def test_a_text_that_the_form_empties_is_gone():
    stored = columns.described({"label": "Lots", "notes": "Combien."})
    assert columns.described({**stored, "label-fr": "", "label-en": "", "notes-fr": "", "notes-en": ""}) == {}


def test_what_other_extensions_keep_of_a_column_stays():
    assert columns.described({"type_override": "numeric"}) == {"type_override": "numeric"}


@given(infos)
def test_what_is_stored_is_stored_again_as_it_is(info):
    once = columns.described(info)
    assert columns.described(once) == once
