"""The lives of agreements and requests: only the verbs that make sense."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.pole.access import states

NOW = datetime(2026, 11, 22, tzinfo=timezone.utc)
DAY = timedelta(days=1)


@given(st.lists(st.sampled_from(sorted(states.AGREEMENT)), max_size=12))
def test_no_sequence_of_verbs_revives_an_ended_agreement_or_skips_the_signature(verbs):
    state, signed = "draft", False
    for verb in verbs:
        try:
            following = states.after(states.AGREEMENT, state, verb)
        except states.WrongState:
            continue
        assert state != "terminated"
        signed = signed or verb == "sign"
        state = following
        assert state not in states.SIGNED or signed


@given(st.lists(st.sampled_from(sorted(states.REQUEST)), max_size=12))
def test_what_is_decided_is_decided(verbs):
    state = "submitted"
    for verb in verbs:
        try:
            following = states.after(states.REQUEST, state, verb)
        except states.WrongState:
            continue
        assert state in ("submitted", "returned", "approved")
        if state == "approved":
            assert following in ("withdrawn", "revoked")
        state = following


def test_a_verb_out_of_turn_says_which_and_where():
    with pytest.raises(states.WrongState) as error:
        states.after(states.AGREEMENT, "active", "sign")
    assert (error.value.verb, error.value.state) == ("sign", "active")


@pytest.mark.parametrize(
    ("state", "since", "until", "superseded", "status"),
    [
        ("draft", -1, 1, False, "draft"),
        ("proposed", -2, -1, False, "expired"),
        ("active", 1, 2, False, "upcoming"),
        ("active", 0, 1, False, "active"),
        ("active", -1, 1, True, "active"),
        ("active", -1, 0, False, "expired"),
        ("active", -1, 0, True, "superseded"),
        ("suspended", -1, 1, False, "suspended"),
        ("suspended", -2, -1, False, "expired"),
        ("terminated", -2, -1, True, "terminated"),
    ],
)
def test_what_an_agreement_is_follows_from_its_state_and_its_dates(state, since, until, superseded, status):
    assert states.status(state, NOW + since * DAY, NOW + until * DAY, superseded, NOW) == status
    assert status in states.AGREEMENT_STATUS
