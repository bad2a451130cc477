"""A stored dataset shown the short way is what CKAN's validation makes of it, whatever is stored."""

from __future__ import annotations

import copy
import json

import ckan.plugins.toolkit as tk
import pytest
from ckan.lib.plugins import lookup_package_plugin, plugin_validate
from ckan.logic.schema import default_show_package_schema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ckanext.pole.search import showing

pytestmark = pytest.mark.usefixtures("with_plugins", "with_request_context")

BILINGUAL = ("title_translated", "notes_translated", "keywords", "purpose_translated", "translation_sources")
CODES = ("themes", "places", "data_languages", "population_groups")
values = st.one_of(st.none(), st.text(max_size=8), st.just("{broken"), st.just('["a", "b"]'))
stored = st.one_of(values, st.dictionaries(st.sampled_from(["fr", "en"]), st.text(max_size=8)).map(json.dumps))
resources = st.fixed_dictionaries(
    {"id": st.just("r"), "package_id": st.just("p"), "position": st.integers(0, 3), "url": values, "format": values},
    optional={
        **dict.fromkeys(("name_translated", "description_translated", "language", "access_tier"), stored),
        "hash": values, "created": values, "size": st.none() | st.integers(), "unheard_of": values,
        "datastore_active": st.booleans(),
    },
)  # fmt: skip
datasets = st.fixed_dictionaries(
    {
        "id": st.just("p"), "name": st.just("jeu"), "title": st.text(min_size=1, max_size=8),
        "type": st.just("dataset"), "state": values,
        "resources": st.lists(resources, max_size=2),
        "extras": st.dictionaries(
            st.sampled_from([*BILINGUAL, *CODES, "spatial", "access_tier", "programme", "lot"]), stored, max_size=6
        ).map(lambda found: [{"key": key, "value": value} for key, value in found.items()]),
        "tags": st.lists(st.fixed_dictionaries({"name": st.text(max_size=5), "vocabulary_id": st.none()}), max_size=2),
        "groups": st.lists(st.fixed_dictionaries({"id": st.just("g"), "name": values, "state": values}), max_size=2),
        "relationships_as_subject": st.just([]),
    },
    optional={"notes": values, "organization": st.none() | st.just({"id": "o"}), "unheard_of": values, "url": values},
)  # fmt: skip


def known(shown):
    """A field that is not there is CKAN's own object; two of them are alike."""
    return json.loads(json.dumps(shown, default=repr))


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(datasets)
def test_the_short_way_gives_what_ckans_way_gives(dataset):
    form, before = lookup_package_plugin("dataset"), copy.deepcopy(dataset)
    schema = form.show_package_schema()
    theirs, _errors = plugin_validate(form, {"ignore_auth": True}, copy.deepcopy(dataset), schema, "package_show")
    assert known(showing.shown(schema, dataset)) == known(theirs)
    assert dataset == before


def test_what_only_ckan_can_do_is_left_to_ckan():
    dataset = {"id": "p", "name": "jeu", "title": "", "resources": [], "extras": []}
    with pytest.raises(showing.BeyondUs):  # an empty title is filled in with the name
        showing.shown(lookup_package_plugin("dataset").show_package_schema(), dataset)
    schema = default_show_package_schema()
    with pytest.raises(showing.BeyondUs):  # a format is cleaned by looking at the url beside it
        showing.shown(schema, {**dataset, "title": "Jeu", "resources": [{"id": "r", "url": "http://x.test/a.csv"}]})
    twice = [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}]
    with pytest.raises(showing.BeyondUs):
        showing.shown(schema, {**dataset, "title": "Jeu", "extras": twice})
    with pytest.raises(showing.BeyondUs):
        showing.shown({"id": [tk.get_validator("package_name_exists")], "__extras": []}, {"id": "p"})
