"""A form that another site sends in a reader's name, after CKAN has let go of its protection."""

from __future__ import annotations

import re

import pytest
from ckan.tests import factories

PASSWORD = "un-hibou-sur-le-toit-7"


@pytest.fixture
def reader(app, site):
    """Somebody who is logged in; gives her browser and her name."""
    person = factories.User(password=PASSWORD)
    browser = app.test_client()
    answer = browser.post("/user/login", data={"login": person["name"], "password": PASSWORD}, follow_redirects=False)
    assert answer.status_code == 302
    return browser, person["name"]


@pytest.mark.parametrize("path", ["/user/edit", "/api/3/action/user_patch", "/second-factor/on", "/second-factor/off"])
def test_a_form_of_another_site_is_refused_whoever_came_before(reader, app, path):
    browser, name = reader
    stranger = app.test_client()
    stranger.get(path)
    stranger.post(path, data={"id": name})  # after this one CKAN lets everybody's forms through
    forged = browser.post(path, data={"id": name, "fullname": "Forged"}, follow_redirects=False)
    assert forged.status_code == 400


@pytest.mark.parametrize("path", ["refresh/x", "clear/x", "delete/x", "x/job/y/abort"])
@pytest.mark.parametrize(("headers", "ours"), [
    ({"Sec-Fetch-Site": "cross-site"}, False),
    ({"Sec-Fetch-Site": "none"}, False),  # typed, or opened from a letter
    ({"Sec-Fetch-Site": "cross-site", "Referer": "HERE"}, False),
    ({"Referer": "https://elsewhere.example/"}, False),
    ({}, False),
    ({"Sec-Fetch-Site": "same-origin"}, True),
    ({"Referer": "HERE"}, True),
])  # fmt: skip
def test_an_address_that_changes_something_is_opened_from_our_pages_only(reader, path, headers, ours):
    browser, _ = reader
    here = browser.get("/user/edit")
    assert here.status_code == 200
    told = {name: value.replace("HERE", here.request.url) for name, value in headers.items()}
    answer = browser.get(f"/harvest/{path}", headers=told, follow_redirects=False)
    assert (answer.status_code != 400) == ours
    assert ("Cette adresse change quelque chose" in answer.text) != ours


def test_a_form_of_our_own_page_is_taken(reader):
    browser, name = reader
    page = browser.get("/user/edit")
    token = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)[1]
    email = re.search(r'name="email" value="([^"]+)"', page.text)[1]
    data = {"_csrf_token": token, "save": "", "email": email, "fullname": "Anne-Claude", "name": name}
    assert browser.post("/user/edit", data=data, follow_redirects=False).status_code == 302


def test_a_program_with_a_token_needs_no_form(site):
    person = factories.UserWithToken()
    told, token = {"id": person["name"], "about": "x"}, {"Authorization": person["token"]}
    answer = site.post("/api/3/action/user_patch", json=told, headers=token)
    assert answer.status_code == 200
