"""Open now: the wall clock of Montréal decides, over midnight, in season, around closures and when clocks change."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ckanext.pole.directory import hours as compact
from ckanext.pole.directory import openhours
from ckanext.pole.directory.openhours import ZONE, Hours, Rule, is_open, minute_of_week, week
from ckanext.pole.directory.records import Schedule

UTC = timezone.utc
WINTER = datetime(2026, 1, 12)  # a Monday


def local(*parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=ZONE, fold=fold)  # type: ignore[arg-type]  five numbers


def schedule(days: str, opens: str, closes: str, **more: object) -> Schedule:
    return Schedule(byday=days, opens_at=opens, closes_at=closes, freq="WEEKLY", **more)  # type: ignore[arg-type]


class TestWhatIsNotSure:
    def test_no_hours_is_no_answer(self) -> None:
        assert is_open(Hours(), local(2026, 1, 12, 12, 0)) is None

    def test_a_moment_without_zone_is_refused(self) -> None:
        with pytest.raises(ValueError, match="zone"):
            is_open(openhours.read([schedule("MO", "09:00", "17:00")]), WINTER)

    @pytest.mark.parametrize(
        "odd",
        [
            schedule("1MO", "09:00", "17:00"),
            schedule("MO", "", "17:00"),
            schedule("MO", "neuf", "17:00"),
            schedule("MO", "09:00", "17:75"),
            schedule("", "09:00", "17:00"),
            schedule("MO", "09:00", "17:00", interval="2"),
            schedule("MO", "09:00", "17:00", valid_from="bientôt"),
            schedule("MO", "09:00", "17:00", valid_from="2026-05-01", valid_to="2026-04-01"),
            Schedule(byday="MO", opens_at="09:00", closes_at="17:00", freq="MONTHLY"),
        ],
    )
    def test_what_cannot_be_read_with_certainty_is_no_rule(self, odd: Schedule) -> None:
        assert openhours.read([odd]).rules == ()


class TestSeasons:
    garden = openhours.read([schedule("TU", "17:00", "19:00", valid_from="2026-05-12", valid_to="2026-10-13")])

    def test_a_season_holds_on_its_first_and_last_day_only(self) -> None:
        assert is_open(self.garden, local(2026, 5, 12, 18, 0)) is True
        assert is_open(self.garden, local(2026, 10, 13, 18, 0)) is True
        assert is_open(self.garden, local(2026, 10, 20, 18, 0)) is False
        assert is_open(self.garden, local(2026, 5, 5, 18, 0)) is False
        assert self.garden.dated
        assert week(self.garden) == []

    def test_a_closure_wins_and_the_night_after_it_obeys_it(self) -> None:
        bar = openhours.read(
            [schedule("TH,FR", "22:00", "02:00"), Schedule(closed=True, valid_from="2026-12-24", valid_to="2026-12-24")]
        )
        assert is_open(bar, local(2026, 12, 24, 23, 0)) is False
        assert is_open(bar, local(2026, 12, 25, 1, 0)) is False
        assert is_open(bar, local(2026, 12, 25, 23, 0)) is True
        assert is_open(bar, local(2026, 12, 26, 1, 59)) is True
        assert is_open(bar, local(2026, 12, 26, 2, 0)) is False

    def test_the_last_night_of_a_season_lasts_until_it_closes(self) -> None:
        night = openhours.read([schedule("SA", "22:00", "03:00", valid_to="2026-08-29")])
        assert is_open(night, local(2026, 8, 30, 2, 0)) is True
        assert is_open(night, local(2026, 9, 6, 2, 0)) is False


class TestClocksThatChange:
    night = openhours.read([schedule("SA", "22:00", "02:30")])

    def test_when_clocks_go_forward_the_missing_hour_is_not_waited_for(self) -> None:
        """On 8 March 2026, 02:00 becomes 03:00 in Montréal: 07:00 UTC."""
        assert is_open(self.night, datetime(2026, 3, 8, 6, 59, tzinfo=UTC)) is True
        assert is_open(self.night, datetime(2026, 3, 8, 7, 0, tzinfo=UTC)) is False

    def test_when_clocks_go_back_the_hour_that_comes_twice_is_open_twice(self) -> None:
        """On 1 November 2026, 02:00 becomes 01:00 again: 06:00 UTC."""
        for hour in (5, 6):
            assert is_open(self.night, datetime(2026, 11, 1, hour, 30, tzinfo=UTC)) is True
        assert is_open(self.night, datetime(2026, 11, 1, 7, 29, tzinfo=UTC)) is True
        assert is_open(self.night, datetime(2026, 11, 1, 7, 30, tzinfo=UTC)) is False

    def test_the_same_moment_said_in_another_zone_gives_the_same_answer(self) -> None:
        moment = local(2026, 7, 11, 23, 0)
        assert is_open(self.night, moment.astimezone(ZoneInfo("Asia/Tokyo"))) is is_open(self.night, moment) is True


rules = st.builds(
    Rule,
    st.frozensets(st.integers(0, 6), min_size=1),
    st.integers(0, 1439),
    st.integers(0, 1440),
)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))


@settings(deadline=None)
@given(st.lists(rules, max_size=4), moments)
def test_the_stored_week_answers_as_the_rules_do(found: list[Rule], moment: datetime) -> None:
    """PostgreSQL asks the week; both must agree at each minute of all years."""
    hours = Hours(tuple(found))
    by_week = any(start <= minute_of_week(moment) < end for start, end in week(hours))
    assert bool(is_open(hours, moment)) is by_week


@settings(deadline=None)
@given(st.lists(rules, max_size=4))
def test_a_week_is_ordered_and_its_spans_do_not_touch(found: list[Rule]) -> None:
    spans = week(Hours(tuple(found)))
    assert all(0 <= start < end <= openhours.WEEK for start, end in spans)
    assert all(before[1] < after[0] for before, after in pairwise(spans))


@settings(deadline=None)
@given(rules, st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 400), moments)
def test_hours_survive_their_json(rule: Rule, first: date, days: int, moment: datetime) -> None:
    dated = Rule(rule.days, rule.opens, rule.closes, first, first + timedelta(days=days))
    hours = Hours((rule, dated), ((first, first),))
    again = Hours.of(hours.as_dict())
    assert again == hours
    assert is_open(again, moment) is is_open(hours, moment)


@settings(deadline=None)
@given(st.frozensets(st.sampled_from(compact.DAYS), min_size=1), st.integers(0, 47), st.integers(0, 48), moments)
def test_the_compact_words_of_the_table_say_the_same(days: frozenset[str], opens: int, closes: int, moment: datetime):
    said = [f"{half // 2:02d}:{half % 2 * 30:02d}" for half in (opens, closes)]
    item = schedule(",".join(day for day in compact.DAYS if day in days), *said)
    there = moment.astimezone(ZONE)
    words = compact.is_open(compact.opening_hours([item]), there.weekday(), f"{there:%H:%M}")
    assert is_open(openhours.read([item]), moment) is words
