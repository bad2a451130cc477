"""The decision: closed unless something opens it, to the second."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.pole.access.decision import OPEN, REGISTERED, TIERS, Facts, Grant, decide, effective_tier, live
from ckanext.pole.access.periods import beginning, end

NOW = datetime(2026, 11, 22, 17, tzinfo=timezone.utc)
SECOND = timedelta(seconds=1)

moments = st.datetimes(datetime(2024, 1, 1), datetime(2028, 12, 31), timezones=st.just(timezone.utc))
tiers = st.sampled_from(TIERS) | st.text(max_size=5)


@st.composite
def all_grants(draw):
    since, until = sorted(draw(st.lists(moments, min_size=2, max_size=2, unique=True)))
    kind = draw(st.sampled_from(["agreement", "request"]))
    return Grant(
        kind, draw(st.text("abc", min_size=1, max_size=3)), since, until,
        org_id=draw(st.sampled_from(["centraide", "211"])) if kind == "agreement" else "",
        suspended=kind == "agreement" and draw(st.booleans()),
    )  # fmt: skip


all_facts = st.builds(
    Facts,
    tier=tiers.map(lambda tier: effective_tier(None, tier)),
    policy_id=st.sampled_from(["", "p"]),
    logged_in=st.booleans(),
    sysadmin=st.just(False),
    custodian=st.booleans(),
    opens=st.none() | moments,
    person_suspended=st.booleans(),
    accepted=st.booleans(),
    grants=st.lists(all_grants(), max_size=4).map(tuple),
    pending=st.sampled_from(["", "r"]),
)


def agreement(since, until, **more):
    return Grant("agreement", more.pop("id", "a"), since, until, org_id=more.pop("org_id", "centraide"), **more)


def partner(*grants, **more):
    """Someone whom only the grants may open the door to."""
    return Facts(
        **{"tier": "agreement", "policy_id": "p", "logged_in": True, "accepted": True, "grants": grants, **more}
    )


@given(all_facts, moments)
def test_without_a_live_grant_nothing_opens_a_closed_tier_but_its_custodian(facts, now):
    grants = tuple(g for g in facts.grants if g.suspended or not g.valid_from <= now < g.valid_until)
    facts = replace(facts, grants=grants, custodian=False)
    if facts.tier not in (OPEN, REGISTERED):
        assert not decide(facts, now).allowed


@given(all_facts, moments)
def test_whoever_is_let_in_had_a_reason(facts, now):
    decision = decide(facts, now)
    if not decision.allowed or facts.custodian:
        return
    assert facts.opens is None or facts.opens <= now
    if facts.tier != OPEN:
        assert facts.logged_in
        assert facts.accepted
        assert facts.policy_id
        assert not facts.person_suspended
    if facts.tier not in (OPEN, REGISTERED):
        assert any(not g.suspended and g.valid_from <= now < g.valid_until for g in facts.grants)


@given(all_facts, moments, st.data())
def test_adding_a_reason_to_refuse_never_opens(facts, now, data):
    before = decide(facts, now).allowed
    harder = data.draw(
        st.sampled_from(
            [
                replace(facts, person_suspended=True),
                replace(facts, accepted=False),
                replace(facts, logged_in=False),
                replace(facts, custodian=False),
                replace(facts, policy_id=""),
                replace(facts, opens=now + SECOND),
                replace(facts, grants=facts.grants[1:]),
                replace(facts, grants=tuple(replace(g, suspended=True) for g in facts.grants)),
                replace(facts, grants=(*facts.grants, agreement(NOW, NOW + 900 * timedelta(days=1), suspended=True))),
                replace(facts, tier=data.draw(st.sampled_from(TIERS[TIERS.index(facts.tier) :]))),
            ]
        )
    )
    if not before:
        # A tier of members and grants does not look at what the one of registrations needs; all others only close.
        assert not decide(harder, now).allowed or harder.tier != facts.tier


@given(all_facts, moments)
def test_an_embargo_closes_any_tier_to_the_others(facts, now):
    facts = replace(facts, custodian=False, opens=now + SECOND)
    assert decide(facts, now).code == "embargoed"
    assert decide(replace(facts, opens=now), now).code != "embargoed"


@given(moments, st.timedeltas(SECOND, timedelta(days=900)))
def test_an_agreement_counts_from_its_first_second_and_not_one_second_longer(since, length):
    facts = partner(agreement(since, since + length))
    assert decide(facts, since - SECOND).code == "agreement_upcoming"
    assert decide(facts, since).allowed
    assert decide(facts, since + length - SECOND).allowed
    assert decide(facts, since + length).code == "agreement_expired"


@given(st.dates(datetime(2000, 1, 1).date(), datetime(2040, 12, 31).date()))
def test_a_last_day_ends_at_midnight_in_montreal_in_summer_and_in_winter(day):
    facts = partner(agreement(beginning("1990-01-01"), end(day.isoformat())))
    following = (day + timedelta(days=1)).isoformat()
    assert decide(facts, beginning(f"{day}T23:59:59")).allowed
    assert not decide(facts, beginning(f"{following}T00:00:00")).allowed


@pytest.mark.parametrize(
    ("day", "first", "hours"),
    [
        ("2026-03-08", "2026-03-08T05:00:00+00:00", 23),
        ("2026-11-01", "2026-11-01T04:00:00+00:00", 25),
        ("2026-07-01", "2026-07-01T04:00:00+00:00", 24),
        ("2026-12-31", "2026-12-31T05:00:00+00:00", 24),
    ],
)
def test_the_days_on_which_the_clock_moves_have_their_true_length(day, first, hours):
    assert beginning(day).isoformat() == first
    assert end(day) - beginning(day) == timedelta(hours=hours)


def test_of_the_hour_that_comes_twice_an_instant_with_its_zone_says_which():
    early, late = end("2026-11-01T01:30:00-04:00"), end("2026-11-01T01:30:00-05:00")
    assert late - early == timedelta(hours=1)
    facts = partner(agreement(NOW - timedelta(days=90), early))
    assert decide(facts, early - SECOND).allowed
    assert not decide(facts, early).allowed


@given(st.lists(all_grants(), max_size=5), moments)
def test_of_several_live_grants_the_one_that_ends_last_counts(grants, now):
    found = live(grants, now)
    blocked = {g.org_id for g in grants if g.suspended and g.org_id and now < g.valid_until}
    ends = [
        g.valid_until
        for g in grants
        if not g.suspended and g.org_id not in blocked and g.valid_from <= now < g.valid_until
    ]
    assert (found.valid_until if found else None) == max(ends, default=None)


def test_the_later_end_of_two_agreements_is_the_one_that_is_said():
    facts = partner(
        agreement(NOW - SECOND, NOW + timedelta(days=1), id="short"),
        agreement(NOW - SECOND, NOW + timedelta(days=9), id="long", org_id="211"),
    )
    decision = decide(facts, NOW)
    assert (decision.agreement_id, decision.valid_until) == ("long", NOW + timedelta(days=9))


def test_a_renewal_does_not_get_round_a_suspension_but_another_organisation_does():
    held = agreement(NOW - SECOND, NOW + SECOND, suspended=True)
    renewal = agreement(NOW - SECOND, NOW + timedelta(days=400), id="b")
    assert decide(partner(held, renewal), NOW).code == "agreement_suspended"
    assert decide(partner(held, replace(renewal, org_id="211")), NOW).allowed


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (partner(logged_in=False), "login_required"),
        (partner(), "agreement_required"),
        (partner(policy_id=""), "policy_missing"),
        (partner(pending="r"), "request_pending"),
        (partner(agreement(NOW - SECOND, NOW + SECOND), accepted=False), "terms_required"),
        (partner(agreement(NOW - SECOND, NOW + SECOND), person_suspended=True), "person_suspended"),
        (partner(Grant("request", "r", NOW - SECOND, NOW)), "request_expired"),
        (partner(tier=REGISTERED, accepted=False), "terms_required"),
    ],
)
def test_each_refusal_says_why(facts, code):
    decision = decide(facts, NOW)
    assert (decision.allowed, decision.code) == (False, code)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (partner(sysadmin=True, opens=NOW + SECOND), "sysadmin"),
        (partner(custodian=True, opens=NOW + SECOND), "custodian"),
        (partner(tier=OPEN, logged_in=False), OPEN),
        (partner(tier=REGISTERED), REGISTERED),
        (partner(agreement(NOW, NOW + SECOND)), "agreement"),
        (partner(Grant("request", "r", NOW, NOW + SECOND)), "request"),
    ],
)
def test_each_open_door_says_which(facts, code):
    decision = decide(facts, NOW)
    assert (decision.allowed, decision.code) == (True, code)


@given(st.text())
def test_what_is_no_tier_counts_as_the_most_closed(tier):
    assert effective_tier(None, tier) in TIERS
    if tier and tier not in TIERS:
        assert effective_tier(OPEN, tier) == "confidential"


def test_a_resource_may_be_more_open_than_its_dataset_or_more_closed():
    assert effective_tier("agreement", "open") == "open"
    assert effective_tier("open", "agreement") == "agreement"
    assert effective_tier("agreement", "") == "agreement"
    assert effective_tier(None, None) == "open"
