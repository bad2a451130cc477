"""Days and instants as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.pole.access import periods


@pytest.mark.parametrize(
    "text",
    ["", "demain", "2026-02-30", "2026-13-01", "0001-01-01", "9999-12-31", "2026-4-1", "1e9", "2026-01-01T25:00"],
)
def test_what_is_no_day_is_refused(text):
    for read in (periods.beginning, periods.end):
        with pytest.raises(periods.NotAMoment):
            read(text)


@given(st.text(max_size=30))
def test_any_text_is_a_moment_or_refused(text):
    try:
        moment = periods.end(text)
    except periods.NotAMoment:
        return
    assert moment.tzinfo is not None


def test_an_embargo_of_no_day_never_ends_and_an_empty_one_is_none():
    assert periods.embargo_end("") is None
    assert periods.embargo_end("bientôt").year == 9999
    assert periods.embargo_end("2026-07-01").isoformat() == "2026-07-01T04:00:00+00:00"


def test_an_instant_without_zone_is_montreal_s():
    assert periods.end("2026-07-01T12:00:00") == periods.end("2026-07-01T16:00:00Z")
