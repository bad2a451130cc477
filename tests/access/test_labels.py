"""Labels of organisations in a question: short, many in one, and never those of another."""

from __future__ import annotations

import uuid

import ckan.plugins.toolkit as tk
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from ckanext.pole.access import labels


def as_solr_reads(label):
    """The labels that Solr looks for when a question has this one, by its own analysis."""
    asked = {"analysis.fieldname": "permission_labels", "analysis.query": label, "wt": "json", "json.nl": "map"}
    answer = requests.post(f"{tk.config['solr_url']}/analysis/field", data=asked, timeout=10).json()
    last = list(answer["analysis"]["field_names"]["permission_labels"]["query"].values())[-1]
    assert len({token["position"] for token in last}) == 1, "any of them, not one after the other"
    return [token["text"] for token in last]


@given(st.sets(st.uuids().map(str), max_size=200))
def test_packed_labels_hold_each_once_and_come_in_the_same_order(organisations):
    packed = labels.packed(frozenset(organisations))
    parts = [label[at : at + 10] for label in packed for at in range(1, len(label), 10)]
    assert parts == sorted(labels.short(one) for one in organisations)
    assert len(set(parts)) == len(organisations)


@pytest.mark.parametrize("number", [1, 2, 50, 51, 120])
def test_solr_takes_apart_what_is_packed(number):
    organisations = frozenset(str(uuid.uuid4()) for _ in range(number))
    read = [one for label in labels.packed(organisations) for one in as_solr_reads(label)]
    assert sorted(read) == sorted(map(labels.short, organisations))


@pytest.mark.parametrize("label", ["public", f"member-{uuid.UUID(int=1)}", f"creator-{uuid.UUID(int=2)}", "a.b",
                                   f"member-x.{labels.short('a')}", labels.short("a")])  # fmt: skip
def test_every_other_label_stays_whole(label):
    assert as_solr_reads(label) == [label]


def test_half_a_label_opens_nothing_more():
    one, other = labels.short("un"), labels.short("deux")
    assert as_solr_reads(f".{one}{other[:-1]}") == [one]
