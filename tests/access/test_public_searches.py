# ruff: noqa: PLR0917 (fixtures come as arguments)
"""A search of public datasets asks nothing about its reader, and every wider one finds what the reader may see."""

from __future__ import annotations

import pytest

from ckanext.pole.access import labels

#: A question → what a member finds of a public dataset, her organisation's private one, its draft and a deleted one:
#: what the labels of all her organisations give.
QUESTIONS = [
    ({}, "public"),
    ({"include_private": "false"}, "public"),
    ({"include_private": "true"}, "public tenu"),
    ({"include_private": "1"}, "public tenu"),
    ({"include_drafts": "true"}, "public ebauche"),
    ({"include_drafts": "true", "include_private": "true"}, "public tenu ebauche"),
    ({"include_deleted": "yes"}, "public"),  # what is deleted leaves the index
    ({"fq": "+state:draft"}, "ebauche"),
    ({"fq": "+state:(active OR draft)"}, "public ebauche"),
    ({"fq": "+capacity:private"}, ""),
    ({"fq": "+capacity:private", "include_private": "true"}, "tenu"),
    ({"fq_list": ["state:draft"]}, ""),
]


@pytest.fixture
def shelf(world):
    """Datasets of one organisation: a public one, a private one, a draft, a deleted one; and the word they share."""
    from ckan import model

    from ckanext.pole.search import indexing

    tag, made = f"etagere{world.custodian[:8]}", []
    if model.Package.get(f"public-{tag}"):
        return tag
    kinds = {"public": {}, "tenu": {"private": True}, "ebauche": {"state": "draft"}, "retire": {"state": "deleted"}}
    for name, kind in kinds.items():
        package = model.Package(name=f"{name}-{tag}", title="Étagère", owner_org=world.custodian, **kind)
        model.Session.add(package)
        model.Session.flush()
        made.append(package.id)
    model.Session.commit()
    indexing.refresh(made)
    return tag


def found(app, world, who, question, tag):
    asked = {"q": f"name:*{tag}", "rows": 100, "fl": "name", **question}
    answer = app.post("/api/3/action/package_search", json=asked, headers=world.headers(who))
    assert answer.status_code == 200, answer.text
    return {one["name"].partition("-")[0] for one in answer.json["result"]["results"]}


@pytest.mark.parametrize(("question", "expected"), QUESTIONS, ids=str)
def test_a_member_finds_what_ckan_would_find(app, world, shelf, question, expected):
    assert found(app, world, "custodian_admin", question, shelf) == set(expected.split())


@pytest.mark.parametrize(("question", "expected"), QUESTIONS, ids=str)
@pytest.mark.parametrize("who", ["", "outsider"])
def test_anybody_else_finds_the_public_one_alone(app, world, shelf, who, question, expected):
    assert found(app, world, who, question, shelf) == set(expected.split()) & {"public"}


@pytest.mark.parametrize(
    "params", [{}, {"include_private": False}, {"include_private": "no"}, {"fq": "state:draft"}, {"fq": None}]
)
def test_a_question_about_public_datasets_asks_nobody(params):
    with labels.searching():
        labels.reads(params)
        assert labels.PolicyLabels().get_user_dataset_labels(object()) == ["public"]


@pytest.mark.parametrize(
    "params", [{"include_private": True}, {"include_drafts": 1}, {"include_deleted": "on"}, {"fq": "x:y +state:draft"},
               {"include_private": "peut-être"}],
)  # fmt: skip
def test_a_wider_one_asks_and_so_does_all_that_is_no_search(world, params):
    from ckan import model

    reader = model.User.get(world.ids["custodian_admin"])
    labels.reads({})
    whole = labels.PolicyLabels().get_user_dataset_labels(reader)
    assert f"member-{world.custodian}" in whole
    with labels.searching():
        labels.reads({})
        labels.reads(params)
        mine = labels.PolicyLabels().get_user_dataset_labels(reader)
        with labels.searching():  # one within it
            labels.reads({})
        assert labels.PolicyLabels().get_user_dataset_labels(reader) == mine
    assert f".{labels.short(world.custodian)}" in mine


def test_what_a_sysadmin_finds_is_not_narrowed(app, world, shelf):
    assert found(app, world, "sysadmin", {"include_private": "true"}, shelf) == {"public", "tenu"}


@pytest.mark.parametrize("path", ["/en/api/3/action", "/fr/api/3/action"])
def test_a_question_that_solr_cannot_read_tells_nobody_how_it_was_asked(app, world, path):
    answer = app.post(f"{path}/package_search", json={"fq": "((("}, headers=world.headers("custodian_admin"))
    assert answer.status_code == 409
    said = answer.json["error"]
    assert said["__type"] == "Search Error"
    assert ("ne peut pas lire" if path.startswith("/fr") else "cannot read") in said["message"]
    assert "permission_labels" not in answer.text
    assert world.ids["custodian_admin"] not in answer.text


def test_ckan_still_says_itself_what_is_wrong(app):
    answer = app.post("/api/3/action/package_search", json={"q": "mot {!dismax} mot"})
    assert answer.status_code == 409
    assert "parameters" in answer.json["error"]["message"]
