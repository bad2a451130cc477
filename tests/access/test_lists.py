"""CKAN's lists that look past who may see a dataset (ACCESS.md C): one row, one test."""

from __future__ import annotations

import json
import uuid

import pytest
from ckan.plugins.toolkit import NotAuthorized, ValidationError


@pytest.fixture
def hidden(world):
    """A confidential dataset with a name that a list would show."""
    bird = f"canari-{uuid.uuid4().hex}"
    resource = {"url": f"https://interne.example.org/{bird}.csv", "name_translated": {"fr": bird}}
    dataset = world.make_dataset(bird[:40], "confidential", title_translated={"fr": bird}, resources=[resource])
    world.call("follow_dataset", "custodian_member", id=dataset["id"])
    return world, dataset, bird


def rows(world, dataset, bird):
    return {
        "resource_search": {"query": f"name:{bird[:12]}"},
        "dataset_followee_list": {"id": world.ids["custodian_member"]},
        "followee_list": {"id": world.ids["custodian_member"]},
        "member_list": {"id": world.custodian, "object_type": "package"},
        "organization_activity_list": {"id": world.custodian},
        "user_activity_list": {"id": world.ids["custodian_editor"]},
        "recently_changed_packages_activity_list": {},
    }


ACTIONS = [
    "resource_search", "dataset_followee_list", "followee_list", "member_list", "organization_activity_list",
    "user_activity_list", "recently_changed_packages_activity_list",
]  # fmt: skip


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("who", ["", "outsider"])
def test_a_list_shows_nothing_of_a_hidden_dataset(hidden, action, who):
    world, dataset, bird = hidden
    try:
        found = world.call(action, who, **rows(world, dataset, bird)[action])
    except NotAuthorized:
        return
    assert bird[:20] not in json.dumps(found)
    assert dataset["id"] not in json.dumps(found)


@pytest.mark.parametrize("action", ["member_list", "dataset_followee_list"])
def test_its_custodian_still_finds_it(hidden, action):
    world, dataset, bird = hidden
    assert dataset["id"] in json.dumps(world.call(action, "custodian_member", **rows(world, dataset, bird)[action]))


@pytest.mark.parametrize("name", ["q", "fq"])
def test_hidden_fields_of_the_index_cannot_be_asked_for(world, name):
    with pytest.raises(ValidationError):
        world.call("package_search", "", **{name: "permission_labels:public"})
    found = world.call("package_search", "", **{"facet.field": ["permission_labels", "res_url"]})
    assert not set(found["search_facets"]) & {"permission_labels", "res_url"}
    shown = world.call("package_search", "", fl="id,data_dict,permission_labels,*")
    assert all(set(item) <= {"id"} for item in shown["results"])


@pytest.mark.parametrize("who", ["", "outsider", "partner_member"])
def test_messages_of_a_loader_are_for_editors(world, who):
    resource = world.dataset["resources"][0]["id"]
    named = {"entity_id": resource, "task_type": "xloader", "key": "xloader"}
    told = {**named, "entity_type": "resource", "value": "{}", "error": "https://interne.example.org/secret.csv"}
    world.call("task_status_update", "sysadmin", **told)
    with pytest.raises(NotAuthorized):
        world.call("task_status_show", who, **named)
    assert "secret.csv" in world.call("task_status_show", "custodian_editor", **named)["error"]


@pytest.mark.parametrize("named", ["id", "dataset_id", "source_id"])
def test_what_a_source_gave_under_an_id_that_is_made_up_is_refused(world, named):
    for who in ("", "outsider", "custodian_editor"):
        with pytest.raises(NotAuthorized):
            world.call("harvest_object_show", who, **{named: str(uuid.uuid4())})
