"""Tokens of the API end by themselves."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import ckan.plugins as p
import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckan.lib import api_token
from ckan.tests import factories, helpers
from freezegun import freeze_time

DAYS = "ckanext.pole.guard.token_days"


def make(name: str) -> str:
    return helpers.call_action("api_token_create", user=name, name="robot")["token"]


def opens(site, name: str, token: str) -> bool:
    asked = site.get("/api/3/action/api_token_list", query_string={"user": name}, headers={"Authorization": token})
    return asked.status_code == 200


@pytest.mark.ckan_config(DAYS, 30)
def test_a_token_opens_until_its_day_and_not_after_it(site):
    name = factories.User()["name"]
    token = make(name)
    held = api_token.decode(token)
    kept = model.ApiToken.get(held["jti"]).plugin_extras["expire_api_token"]["exp"]
    ends = datetime.fromisoformat(kept).replace(tzinfo=timezone.utc)
    now = datetime.now(timezone.utc)
    assert timedelta(days=29) < ends - now <= timedelta(days=30)
    assert held["exp"] == int(ends.timestamp())
    with freeze_time(now + timedelta(days=29)):
        assert opens(site, name, token)
    with freeze_time(now + timedelta(days=31)):
        assert not opens(site, name, token)


@pytest.mark.ckan_config(DAYS, 0)
def test_a_portal_that_wants_no_end_has_none(site):
    name = factories.User()["name"]
    token = make(name)
    assert "exp" not in api_token.decode(token)
    with freeze_time(datetime.now(timezone.utc) + timedelta(days=4000)):
        assert opens(site, name, token)


@pytest.mark.ckan_config(DAYS, 0)
def test_a_token_from_before_there_was_a_setting_ends_as_many_days_after_it_was_made(site, ckan_config, monkeypatch):
    name, now = factories.User()["name"], datetime.now(timezone.utc)
    token = make(name)
    monkeypatch.setitem(ckan_config, DAYS, 30)
    with freeze_time(now + timedelta(days=29)):
        assert opens(site, name, token)
    with freeze_time(now + timedelta(days=31)):
        assert not opens(site, name, token)


@pytest.mark.ckan_config(DAYS, 30)
def test_the_portals_own_token_for_loading_tables_does_not_end(site):
    own = tk.get_action("get_site_user")({"ignore_auth": True}, {})["name"]
    token = make(own)
    assert "exp" not in api_token.decode(token)
    with freeze_time(datetime.now(timezone.utc) + timedelta(days=31)):
        assert opens(site, own, token)
    helpers.call_action("api_token_revoke", token=token)


@pytest.mark.ckan_config(DAYS, 30)
def test_what_nobody_is_known_to_own_ends_as_well(site):
    assert "exp" in p.get_plugin("pole_guard").postprocess_api_token({"jti": "nobody-s"}, "nobody-s", {})


def test_the_form_says_how_long_it_is_good_for(site):
    person = factories.UserWithToken()
    shown = site.get(f"/fr/user/{person['name']}/api-tokens", headers={"Authorization": person["token"]})
    assert "prend fin de lui-même après 365 jours" in shown.text
