"""Values as sources send them become plain text, points and clock times, or nothing."""

from __future__ import annotations

import pytest

from ckanext.pole.directory import hours, text
from ckanext.pole.directory.records import Schedule


@pytest.mark.parametrize(
    ("sent", "plain"),
    [
        (None, ""),
        ("", ""),
        ({"a": 1}, ""),
        (["a"], ""),
        (0, "0"),
        (12.0, "12"),
        (False, "false"),
        ("  a \u00a0 b ", "a b"),
        ("a\x00b\u202ec", "abc"),
        ("demi \ud83d caractère", "demi caractère"),
        ("<p>Un<br/>deux</p><script>x</script>", "Un\ndeux\nx"),
        ("&amp;lt;b&amp;gt;gras&amp;lt;/b&amp;gt; &amp;#39;", "gras '"),
        ("une ligne\\nune autre", "une ligne\nune autre"),
        ("a\r\n\r\n\r\nb", "a\n\nb"),
        ("5 < 6 et 7 > 2", "5 < 6 et 7 > 2"),
    ],
)
def test_text_is_cleaned(sent: object, plain: str) -> None:
    assert text.clean(sent) == plain


@pytest.mark.parametrize("pair", [("", ""), ("x", "1"), (100, 101), (0, 0), ("nan", "1"), (None, None), (45.5, 200)])
def test_a_point_that_is_none_is_none(pair: tuple[object, object]) -> None:
    assert text.coordinates(*pair) == (None, None)


def test_a_point_is_read() -> None:
    assert text.coordinates("+45.5", " -73.6 ") == (45.5, -73.6)


@pytest.mark.parametrize(
    ("said", "number"), [("12", "12"), (12.0, "12"), ("1e300", ""), ("-1", ""), ("dix", ""), ("12.5", ""), ("nan", "")]
)
def test_an_age_is_a_small_whole_number(said: object, number: str) -> None:
    assert text.whole_number(said) == number


def test_a_bilingual_value_is_kept_and_its_absent_language_stays_absent() -> None:
    assert text.text({"fr": " Bonjour ", "en": None, "de": "x"}, "en") == {"fr": "Bonjour"}
    assert text.join_text({"fr": "a"}, {"fr": "b", "en": "c"}) == {"fr": "a", "en": "c"}
    assert text.append_text({"fr": "a"}, {"fr": "a", "en": "c"}) == {"fr": "a", "en": "c"}


@pytest.mark.parametrize(
    ("said", "time"),
    [
        ("9:00am", "09:00"),
        ("12:00am", "00:00"),
        ("12:30pm", "12:30"),
        ("830am", "08:30"),
        ("9am", "09:00"),
        ("9h00", "09:00"),
        ("17 h 30", "17:30"),
        ("08:00:00", "08:00"),
        ("24:00", "24:00"),
        ("midi", "12:00"),
        ("5:00", ""),
        ("9", ""),
        ("25:00", ""),
        ("13:00pm", ""),
        ("bientôt", ""),
    ],
)
def test_a_time_of_day_is_read_or_refused_when_it_is_ambiguous(said: str, time: str) -> None:
    assert hours.clock(said) == time


def test_days_that_share_hours_are_one_schedule() -> None:
    days = [Schedule(byday=day, opens_at="09:00", closes_at="17:00", freq="WEEKLY") for day in ("TU", "MO", "WE")]
    assert hours.opening_hours(hours.group([*days, Schedule(byday="SA", opens_at="10:00", closes_at="12:00")])) == (
        "MO,TU,WE 09:00-17:00; SA 10:00-12:00"
    )


def test_open_now_is_known_only_where_hours_are() -> None:
    assert hours.is_open("", 0, "10:00") is None
    assert hours.is_open("MO,TU 09:00-17:00", 0, "16:59") is True
    assert hours.is_open("MO,TU 09:00-17:00", 0, "17:00") is False
    assert hours.is_open("FR 22:00-04:00", 5, "03:00") is True
    assert hours.is_open("FR 22:00-04:00", 4, "03:00") is False
    assert hours.is_open("SU 00:00-00:00", 6, "13:00") is True


def test_a_schedule_that_is_not_weekly_never_says_open() -> None:
    monthly = Schedule(byday="MO", opens_at="09:00", closes_at="12:00", freq="MONTHLY")
    fortnight = Schedule(byday="MO", opens_at="09:00", closes_at="12:00", freq="WEEKLY", interval="2")
    closed = Schedule(byday="MO", opens_at="09:00", closes_at="12:00", closed=True)
    assert hours.opening_hours([monthly, fortnight, closed]) == ""
