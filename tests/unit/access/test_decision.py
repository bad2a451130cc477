"""The decision: closed unless something opens it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ckanext.pole.access.decision import OPEN, TIERS, Facts, decide, effective_tier

facts = st.builds(
    Facts,
    tier=st.sampled_from(TIERS) | st.text(),
    logged_in=st.booleans(),
    custodian=st.booleans(),
    embargoed=st.booleans(),
)


@given(facts)
def test_nothing_but_its_custodian_opens_a_closed_tier(given_facts):
    if given_facts.tier != OPEN and not given_facts.custodian:
        assert not decide(given_facts).allowed


@given(facts)
def test_an_embargo_closes_any_tier_to_the_others(given_facts):
    if given_facts.embargoed and not given_facts.custodian:
        assert decide(given_facts).code == "embargoed"


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
