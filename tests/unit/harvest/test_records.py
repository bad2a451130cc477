"""A record's digest and ids: the same while nothing that matters changes."""

from __future__ import annotations

import copy
import random
import uuid

from hypothesis import given
from hypothesis import strategies as st

from ckanext.pole.harvest.records import VOLATILE, Record, dataset_id, digest, resource_id

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(min_size=1), inner, max_size=4),
    max_leaves=12,
)


def shuffled(value, rng):
    if isinstance(value, dict):
        keys = list(value)
        rng.shuffle(keys)
        return {key: shuffled(value[key], rng) for key in keys}
    return [shuffled(item, rng) for item in value] if isinstance(value, list) else value


@given(st.dictionaries(st.text(min_size=1), json_values), st.integers())
def test_the_order_of_keys_does_not_count(dataset, seed):
    other = shuffled(copy.deepcopy(dataset), random.Random(seed))
    assert digest(Record("x", dataset)) == digest(Record("x", other))


def test_a_mass_touch_of_dates_changes_nothing():
    record = {"title_translated": {"fr": "a"}, "resources": [{"url": "u", "last_modified": "2025-02-01"}]}
    touched = copy.deepcopy(record)
    touched["resources"][0]["last_modified"] = "2026-03-13"
    touched |= dict.fromkeys(VOLATILE, "2026-03-13")
    assert digest(Record("x", record)) == digest(Record("x", touched))


def test_a_new_word_a_new_resource_and_another_order_of_resources_count():
    record = {"title_translated": {"fr": "a"}, "resources": [{"url": "u"}, {"url": "v"}]}
    seen = {digest(Record("x", record))}
    for change in (
        {"title_translated": {"fr": "b"}},
        {"resources": [{"url": "u"}]},
        {"resources": [{"url": "v"}, {"url": "u"}]},
    ):
        seen.add(digest(Record("x", {**record, **change})))
    assert len(seen) == 4


def test_ids_depend_on_the_source_and_its_own_id_alone():
    first = dataset_id("source", "guid")
    assert first == dataset_id("source", "guid")
    assert len({first, dataset_id("source", "other"), dataset_id("other", "guid"), resource_id(first, "r")}) == 4
    uuid.UUID(first)
