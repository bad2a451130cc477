"""A search's answer is a dict for programs of ours, and the same JSON for those who ask over HTTP, made quickly."""

from __future__ import annotations

import copy
import pickle
from collections import OrderedDict
from datetime import date, datetime
from decimal import Decimal

import pytest
import simplejson
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from ckanext.pole.search.answer import Answer

PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4))


def written(answer):
    """As CKAN's API writes what an action gave (ckan/views/api.py)."""
    return simplejson.dumps({"result": answer}, default=lambda value: value.isoformat(), for_json=True)


def read(text):
    return simplejson.loads(text, use_decimal=True)["result"]


@given(st.dictionaries(st.text(), VALUES, max_size=5))
def test_it_is_the_same_json_as_that_of_a_plain_dict(found):
    assert read(written(Answer(found))) == read(written(found))


@pytest.mark.parametrize(
    "value",
    [
        Markup("<b>gras</b>"), OrderedDict(b=1, a=2), (1, 2), Decimal("1.10"), {1: "un"}, 10**30, True,
        date(2026, 11, 23), datetime(2026, 11, 23, 16, 40), "moitié de signe \ud83d", simplejson.RawJSON('{"a": 1}'),
    ],
    ids=lambda value: type(value).__name__,  # each process of the tests has to give the same names
)  # fmt: skip
def test_what_is_no_plain_json_is_written_as_ckan_writes_it(value):
    assert read(written(Answer(found=value))) == read(written({"found": value}))


def test_what_nobody_can_write_is_refused_as_before():
    with pytest.raises(AttributeError):
        written(Answer(found={1, 2, object()}))


def test_letters_with_accents_stay_as_they_are():
    assert written(Answer(titre="Îlots de chaleur")) == '{"result": {"titre":"Îlots de chaleur"}}'


def test_it_is_written_as_it_is_at_that_moment():
    answer = Answer(count=1)
    answer["count"] = 2
    assert read(written(answer)) == {"count": 2}


@pytest.mark.parametrize("kept", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))], ids=["copy", "pickle"])
def test_it_can_be_kept_like_any_dict(kept):
    answer = Answer(results=[{"name": "a"}])
    assert kept(answer) == answer == {"results": [{"name": "a"}]}
