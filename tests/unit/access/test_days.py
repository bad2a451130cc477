"""Days as people say them, around midnight and the two nights a year when clocks change."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.pole.access import days


@pytest.mark.parametrize("nothing", [None, "", "soon", "2026-13-01T00:00:00"])
def test_what_is_no_instant_has_no_day(nothing):
    assert days.day_of(nothing) is None
    assert days.day_in_words(nothing, "fr") == ""
    assert days.days_left(nothing, datetime.now(timezone.utc)) is None
    assert days.within(nothing, datetime.now(timezone.utc)) is None


def test_an_evening_in_montreal_is_tomorrow_in_utc():
    assert days.day_of("2026-05-01T03:30:00Z") == date(2026, 4, 30)


def test_an_instant_without_a_zone_is_utc():
    assert days.day_of("2026-05-01T03:30:00") == date(2026, 4, 30)


@pytest.mark.parametrize(
    ("midnight", "day"),
    [
        ("2026-05-01T04:00:00+00:00", date(2026, 4, 30)),
        ("2026-11-02T05:00:00+00:00", date(2026, 11, 1)),  # the night the clocks go back
        ("2026-03-09T04:00:00+00:00", date(2026, 3, 8)),  # the day they went forward
    ],
)
def test_midnight_ends_the_day_before_and_begins_its_own(midnight, day):
    assert days.day_of(midnight, last=True) == day
    assert days.day_of(midnight) == day + timedelta(days=1)


def test_the_last_second_belongs_to_its_day():
    assert days.day_of("2026-05-01T03:59:59+00:00", last=True) == date(2026, 4, 30)


def test_words_follow_the_language():
    assert days.day_in_words("2026-05-01T04:00:00Z", "fr", last=True) == "30 avril 2026"
    assert days.day_in_words("2026-05-01T04:00:00Z", "en", last=True) == "April 30, 2026"
    assert days.day_in_words("2026-05-01T04:00:00Z", "fr") == "1er mai 2026"


def test_a_minute_is_montreals():
    assert days.minute_of("2026-11-23T03:27:09.5Z") == "2026-11-22 22:27"
    assert days.minute_of("") == ""


def test_the_last_day_has_no_day_left_and_is_not_over():
    now = datetime(2026, 4, 30, 23, 0, tzinfo=days.ZONE)
    assert days.days_left("2026-05-01T04:00:00Z", now) == 0
    assert days.within("2026-05-01T04:00:00Z", now) == 30
    assert days.within("2026-05-01T04:00:00Z", now + timedelta(hours=2)) is None


@given(st.integers(-400, 400))
def test_an_end_falls_in_the_first_window_that_holds_it(far):
    now = datetime(2026, 6, 15, 16, 0, tzinfo=timezone.utc)
    found = days.within(now + timedelta(days=far), now)
    if far < 0 or far > 90:
        assert found is None
    else:
        assert found is not None
        assert found - 30 < far <= found or (found == 30 and far <= 30)
