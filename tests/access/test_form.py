"""The form of a closed resource: whoever edits it sees where its data are, and saves nothing else by accident."""

from __future__ import annotations

import uuid

import pytest


@pytest.fixture
def closed(custodian):
    """A linked resource under agreement, and where it lies."""
    secret = f"https://interne.example.org/{uuid.uuid4().hex}.csv"
    resource = {"url": secret, "name_translated": {"fr": "Fichier"}}
    dataset = custodian.create(access_tier="agreement", resources=[resource])
    path = f"/dataset/{dataset['name']}/resource/{dataset['resources'][0]['id']}/edit"
    return dataset["resources"][0], path, secret


def kept(resource):
    from ckan import model

    from ckanext.pole.access import vault

    model.Session.rollback()
    return vault.location_of(model.Resource.get(resource["id"]))["url"]


def stored(resource):
    from ckan import model

    model.Session.rollback()
    return model.Resource.get(resource["id"]).url


def save(app, token, custodian, closed, url):
    resource, path, _ = closed
    form = {"id": resource["id"], "name_translated-fr": "Fichier", "url": url, "save": "go-dataset"}
    return app.post(path, data=form, headers=token(custodian.editor), follow_redirects=False)


def test_the_editor_sees_where_the_data_are(app, token, custodian, closed):
    _, path, secret = closed
    assert f'value="{secret}"' in app.get(path, headers=token(custodian.editor)).body


@pytest.mark.parametrize("who", ["member", "partner_member", "outsider"])
def test_nobody_else_gets_the_form(app, token, custodian, closed, who):
    _, path, secret = closed
    answer = app.get(path, headers=token(getattr(custodian, who)), expect_errors=True)
    assert answer.status_code == 403
    assert secret not in answer.body


@pytest.mark.parametrize("sent", ["the address", "the door"])
def test_an_unchanged_save_changes_nothing(app, token, custodian, closed, sent):
    resource, _, secret = closed
    answer = save(app, token, custodian, closed, secret if sent == "the address" else resource["url"])
    assert answer.status_code == 302
    assert kept(resource) == secret
    assert stored(resource) == resource["url"]


def test_a_new_address_goes_to_the_vault(app, token, custodian, closed):
    resource, _, secret = closed
    assert save(app, token, custodian, closed, f"{secret}?v=2").status_code == 302
    assert kept(resource) == f"{secret}?v=2"
    assert secret not in stored(resource)


def test_what_was_typed_stands_in_the_form_after_an_error(app, token, custodian, closed):
    resource, path, secret = closed
    form = {"id": resource["id"], "name_translated-fr": "Fichier", "url": f"{secret}?v=2", "access_tier": "secret"}
    page = app.post(path, data={**form, "save": "go-dataset"}, headers=token(custodian.editor), expect_errors=True)
    assert f'value="{secret}?v=2"' in page.body
    assert kept(resource) == secret
