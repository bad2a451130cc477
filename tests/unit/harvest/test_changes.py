"""What a run may change, and above all what it may not delete."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.pole.harvest.changes import MAX_DELETED_SHARE, Known, Tally, deletions


def tally_of(*guids: str, total: int | None = None) -> Tally:
    tally = Tally()
    for guid in guids:
        tally.records += 1
        tally.meet(guid)
    if total is not None:
        tally.totals.add(total)
    return tally


def known(*guids: str) -> dict[str, Known]:
    return {guid: Known("x", guid) for guid in guids}


@pytest.mark.parametrize(
    ("tally", "reason"),
    [
        pytest.param(tally_of("a", total=2), "doubtful", id="fewer records than announced"),
        pytest.param(tally_of("a", "a", total=2), "doubtful", id="a record listed twice"),
        pytest.param(tally_of(total=0), "incomplete", id="an empty list"),
        pytest.param(tally_of(), "incomplete", id="no answer at all"),
    ],
)
def test_nothing_is_deleted_after_a_run_that_was_not_whole(tally, reason):
    plan = deletions(tally, known("a", "b"))
    assert not plan.guids
    assert plan.held
    assert plan.reason == reason


def test_nothing_is_deleted_when_the_source_broke_off():
    tally = tally_of("a", total=1)
    tally.broken = True
    assert deletions(tally, known("a", "b")).reason == "incomplete"


def test_nothing_is_deleted_when_the_total_moved_while_we_read():
    tally = tally_of("a", "b", total=2)
    tally.totals.add(3)
    assert deletions(tally, known("a", "b", "c")).reason == "doubtful"


def test_nothing_is_deleted_when_too_many_records_were_bad():
    tally = tally_of("a", "b", total=2)
    tally.bad = 1
    assert deletions(tally, known("a", "b", "c")).reason == "doubtful"


def test_one_record_may_always_go():
    assert deletions(tally_of("a", total=1), known("a", "b")).guids == ("b",)


def test_a_tenth_may_go_at_once_and_not_one_more():
    before = [f"r{n:03}" for n in range(100)]
    assert len(deletions(tally_of(*before[10:], total=90), known(*before)).guids) == 10
    plan = deletions(tally_of(*before[11:], total=89), known(*before))
    assert (plan.guids, len(plan.held), plan.reason) == ((), 11, "too many")


def test_a_record_that_could_not_be_read_is_still_there():
    assert deletions(tally_of("a", total=1), known("a", "b"), bad_guids=["b"]).guids == ()


@given(st.sets(st.text(min_size=1), max_size=60), st.sets(st.text(min_size=1), max_size=60), st.booleans())
def test_whatever_the_source_says_no_run_deletes_more_than_its_share(before, now, broken):
    tally = tally_of(*now, total=len(now))
    tally.broken = broken
    plan = deletions(tally, known(*before))
    assert len(plan.guids) <= max(1, MAX_DELETED_SHARE * len(before))
    assert set(plan.guids) | set(plan.held) == before - now
    assert not (broken and plan.guids)


def test_a_run_counts_what_is_new_changed_and_the_same():
    tally = Tally()
    assert tally.compare("1", None) == "new"
    assert tally.compare("2", Known("1", "p")) == "changed"
    assert tally.compare("1", Known("1", "p")) == "same"
    assert (tally.new, tally.changed, tally.same) == (1, 1, 1)
