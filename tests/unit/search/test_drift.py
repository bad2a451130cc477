"""Two sorted streams, compared."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.pole.search.drift import Entry, Kind, drift

ENTRIES = st.dictionaries(
    st.text("abcdef0123456789-", min_size=1, max_size=6),
    st.tuples(st.integers(0, 5), st.booleans(), st.sampled_from(["active", "draft"])),
    max_size=30,
).map(lambda found: [Entry(id_, *found[id_]) for id_ in sorted(found)])


@given(ENTRIES)
def test_two_sides_that_agree_show_nothing(entries):
    assert list(drift(entries, entries)) == []


@given(ENTRIES, ENTRIES)
def test_mending_what_is_reported_makes_both_sides_agree(database, index):
    mended = {entry.id: entry for entry in index}
    for kind, entry in drift(database, index):
        if kind is Kind.EXTRA:
            del mended[entry.id]
        else:
            assert (kind is Kind.MISSING) == (entry.id not in mended)
            mended[entry.id] = entry
    assert mended == {entry.id: entry for entry in database}


@pytest.mark.parametrize("change", [{"modified": 2}, {"private": True}, {"state": "draft"}])
def test_any_difference_of_one_dataset_is_stale(change):
    entry = Entry("a", 1, False, "active")
    assert list(drift([entry], [replace(entry, **change)])) == [(Kind.STALE, entry)]


@pytest.mark.parametrize("side", [0, 1])
def test_a_side_out_of_order_stops_before_good_datasets_are_called_lost(side):
    good = [Entry(id_, 1, False, "active") for id_ in "abc"]
    sides = [good, good]
    sides[side] = [good[0], good[2], good[1]]
    with pytest.raises(ValueError, match="Not in order"):
        list(drift(*sides))
