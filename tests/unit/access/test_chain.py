"""The chain of the ledger: nothing changes unseen."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.pole.access.chain import (
    CHANNELS,
    FACTS,
    GENESIS,
    OUTCOMES,
    LedgerError,
    Link,
    Verifier,
    append,
    clean,
    digest,
    stamp,
)

EVENTS = st.sampled_from(["agreement.sign", "data.download", "terms.accept", "dataset.tier"])
IDS = st.from_regex(r"[\w.:-]{0,36}", fullmatch=True)
DETAILS = st.dictionaries(st.text(max_size=10), st.text(max_size=20) | st.integers() | st.booleans(), max_size=3)


@st.composite
def facts(draw):
    given_facts = {name: draw(IDS) for name in FACTS if name.endswith("_id")}
    given_facts |= {
        "outcome": draw(st.sampled_from(OUTCOMES)), "channel": draw(st.sampled_from(CHANNELS)),
        "code": draw(IDS), "details": draw(DETAILS),
    }  # fmt: skip
    return clean(draw(EVENTS), given_facts)


@st.composite
def chains(draw, least=1):
    head, rows = Link(), []
    for number, content in enumerate(draw(st.lists(facts(), min_size=least, max_size=8))):
        moment = datetime(2026, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=number)
        row = append(head, stamp(moment), content)
        head = Link(row.seq, row.hash)
        rows.append(row)
    return rows


BEGINNING = Link()


def findings(rows, head, start=BEGINNING):
    verifier = Verifier(start)
    verifier.feed(rows)
    return verifier.finish(head)


def end(rows):
    return Link(rows[-1].seq, rows[-1].hash)


@given(chains())
def test_a_chain_as_written_holds(rows):
    assert findings(rows, end(rows)) == []


@given(chains(), st.data())
def test_a_changed_fact_shows_where_it_is(rows, data):
    place = data.draw(st.integers(0, len(rows) - 1))
    name = data.draw(st.sampled_from([name for name in FACTS if name != "details"]))
    head = end(rows)
    rows[place] = replace(rows[place], facts={**rows[place].facts, name: rows[place].facts[name] + "x"})
    assert (place + 1, "changed") in [(found.seq, found.code) for found in findings(rows, head)]


@given(chains(), st.data())
def test_a_changed_row_with_its_hash_made_anew_still_shows(rows, data):
    place = data.draw(st.integers(0, len(rows) - 1))
    head, old = end(rows), rows[place]
    forged = {**old.facts, "user_id": old.facts["user_id"] + "x"}
    rows[place] = replace(old, facts=forged, hash=digest(old.seq, old.at, forged, old.prev_hash))
    assert findings(rows, head)


@given(chains(), st.data())
def test_a_missing_row_shows_even_the_last(rows, data):
    head = end(rows)
    del rows[data.draw(st.integers(0, len(rows) - 1))]
    assert findings(rows, head)


@given(chains(least=2), st.data())
def test_rows_in_another_order_show(rows, data):
    head = end(rows)
    place = data.draw(st.integers(0, len(rows) - 2))
    rows[place], rows[place + 1] = rows[place + 1], rows[place]
    assert findings(rows, head)


@given(chains(least=2), st.data())
def test_a_pruned_chain_holds_from_its_anchor_on_and_from_no_other(rows, data):
    cut = data.draw(st.integers(1, len(rows) - 1))
    anchor = Link(rows[cut - 1].seq, rows[cut - 1].hash)
    assert findings(rows[cut:], end(rows), anchor) == []
    assert findings(rows[cut:], end(rows), Link(anchor.seq, GENESIS))
    assert findings(rows[cut:], end(rows))


def test_a_whole_rewritten_chain_does_not_fill_the_memory():
    verifier = Verifier(limit=3)
    row = append(Link(), "2026-01-01T00:00:00.000000Z", clean("data.read", {"outcome": "allow"}))
    verifier.feed(replace(row, hash="f" * 64) for _ in range(50))
    assert len(verifier.findings) == 3
    assert verifier.rows == 50


@pytest.mark.parametrize(
    ("event", "more"),
    [
        ("Data.Read", {}),
        ("data read", {}),
        ("", {}),
        ("data.read", {"user_name": "x"}),
        ("data.read", {"user_id": "ana@example.org"}),
        ("data.read", {"user_id": "Ana Tremblay"}),
        ("data.read", {"user_id": 3}),
        ("data.read", {"outcome": "perhaps"}),
        ("data.read", {"channel": "pigeon"}),
        ("data.read", {"details": {"a": {"b": 1}}}),
        ("data.read", {"details": {"a": 0.5}}),
        ("data.read", {"details": {"a": None}}),
        ("data.read", {"details": {"a": "x" * 3000}}),
    ],
)
def test_what_is_not_a_short_code_or_an_identifier_is_refused(event, more):
    with pytest.raises(LedgerError):
        clean(event, {"outcome": "done", **more})


def test_a_moment_is_written_in_utc_whatever_its_zone():
    east = timezone(timedelta(hours=-5))
    assert stamp(datetime(2026, 3, 8, 2, 30, tzinfo=east)) == "2026-03-08T07:30:00.000000Z"
