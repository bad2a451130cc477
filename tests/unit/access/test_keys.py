"""The index's keys and a person's key ring open exactly what the decision opens."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.pole.access import finding
from ckanext.pole.access.decision import TIERS, Grant, decide
from ckanext.pole.access.standing import OnPolicy, Standing, Suspension, locks

NOW = datetime(2026, 11, 22, 17, tzinfo=timezone.utc)
DAY = timedelta(days=1)
ORGS = ("ville", "centraide")


@st.composite
def grants(draw):
    since = NOW + draw(st.integers(-3, 2)) * DAY
    return Grant(
        "agreement", "a", since, since + draw(st.integers(1, 4)) * DAY,
        org_id=draw(st.sampled_from(ORGS)), suspended=draw(st.booleans()),
    )  # fmt: skip


people = st.builds(
    Standing,
    user_id=st.just("u"),
    member_of=st.frozensets(st.sampled_from(ORGS)),
    suspensions=st.lists(
        st.builds(Suspension, st.sampled_from(("", *ORGS)), st.sampled_from(("", "p1", "p2"))), max_size=2
    ).map(tuple),
    policies=st.dictionaries(
        st.sampled_from(["p1", "p2"]),
        st.builds(
            OnPolicy,
            owner_org=st.just("ville"),
            grants=st.lists(grants(), max_size=3).map(tuple),
            accepted=st.booleans(),
        ),
    ),
)
datasets = st.fixed_dictionaries(
    {
        "owner_org": st.just("ville"),
        "access_tier": st.sampled_from(TIERS),
        "access_policy": st.sampled_from(["p1", "p2", ""]),
        "resources": st.lists(st.fixed_dictionaries({"access_tier": st.sampled_from(("", *TIERS))}), max_size=3),
    }
)


@given(people, datasets)
def test_a_key_fits_exactly_where_the_decision_opens_something(person, dataset):
    tiers, keys = locks(dataset)
    resources = dataset["resources"] or [{}]
    opened = any(decide(person.facts("ville", dataset, resource), NOW).allowed for resource in resources)
    assert bool(set(keys) & set(person.keys(NOW))) == opened
    assert set(tiers) <= set(TIERS)


def test_nobody_in_particular_has_the_key_of_open_data_alone():
    assert Standing().keys(NOW) == ["open"]


@pytest.mark.parametrize(
    "given_filter",
    ["pole_access:mine", '+pole_access:"mine"', 'themes:"x" pole_access:"mine"', "pole_access:(mine)"],
)
def test_the_filter_of_own_data_becomes_the_key_ring_whatever_its_form(given_filter):
    asked = finding.ask({"fq": given_filter, "fq_list": [given_filter]}, Standing(), NOW)
    for found in (asked["fq"], asked["fq_list"][0]):
        assert "mine" not in found
        assert '+(+pole_key:("open") -pole_embargo:{2026-11-22 TO *])' in found


def test_a_tier_in_the_filter_stays_a_tier_and_no_filter_stays_none():
    assert finding.ask({"fq": "pole_access:agreement"}, Standing(), NOW)["fq"] == "pole_access:agreement"
    assert not finding.wants_own({"fq": "themes:x"})


def test_the_index_keeps_tiers_keys_and_the_embargo_of_a_dataset():
    dataset = {
        "type": "dataset", "owner_org": "ville", "access_tier": "agreement", "access_policy": "p1",
        "available_from": "2027-01-01", "resources": [{"access_tier": "open"}, {}],
    }  # fmt: skip
    found = finding.describe({"validated_data_dict": json.dumps(dataset)})
    assert found["pole_access"] == ["agreement", "open"]
    assert found["pole_key"] == ["agreement-p1", "custodian-ville", "open"]
    assert found["pole_embargo"] == "2027-01-01"


def test_an_unreadable_embargo_never_ends_and_an_unreadable_document_is_closed_to_none_it_was_not():
    dataset = {"access_tier": "open", "available_from": "bientôt"}
    assert finding.describe({"validated_data_dict": json.dumps(dataset)})["pole_embargo"] == "9999-12-31"
