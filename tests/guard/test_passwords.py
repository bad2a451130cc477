"""A new password is long, and not one that is guessed first; whoever has an old one keeps it."""

from __future__ import annotations

import time

import ckan.plugins.toolkit as tk
import pytest
from ckan.tests import factories, helpers

from ckanext.pole.guard import passwords

LONG = "velours-marmite-comète"

pytestmark = [
    pytest.mark.ckan_config("ckanext.pole.guard.password_length", 12),
    pytest.mark.ckan_config("ckanext.pole.guard.password_strength", 2),
]


def refused(name: str, password: object) -> str:
    with pytest.raises(tk.ValidationError) as caught:
        helpers.call_action("user_create", name=name, email=f"{name}@example.org", password=password)
    return str(caught.value.error_dict["password"])


@pytest.mark.parametrize("password", ["a", "pH7!kzW2qe$", 12, ["velours-marmite"]])
def test_what_is_short_or_no_text_is_refused(site, password):
    assert refused("anna", password)


@pytest.mark.parametrize("password", ["123456789012", "motdepasse12", "aaaaaaaaaaaa", "azertyuiop12", "TestPassword1"])
def test_what_is_on_the_lists_is_refused(site, password):
    assert "nothing to do with one another" in refused("anna", password)


def test_ones_own_name_is_no_password(site):
    assert refused("bernadette-tremblay", "bernadette-tremblay")


def test_a_long_one_is_taken_and_an_endless_one_costs_no_time(site):
    helpers.call_action("user_create", name="carole", email="carole@example.org", password=LONG)
    started = time.monotonic()
    assert passwords.strength("aA1!" * 10_000, []) >= 0
    assert time.monotonic() - started < 1


def test_the_form_says_it_in_french_beside_the_field(site):
    admin = factories.SysadminWithToken(password=LONG)
    answer = site.post(
        "/fr/user/register", headers={"Authorization": admin["token"]},
        data={"name": "denis", "email": "denis@example.org", "fullname": "", "save": "",
              "password1": "motdepasse12", "password2": "motdepasse12"},
    )  # fmt: skip
    assert answer.status_code == 200
    assert "se devine vite" in answer.text


def test_another_change_to_an_account_asks_for_no_new_password(site):
    person = factories.User(password=LONG)
    changed = helpers.call_action("user_patch", id=person["id"], about="Bonjour", email=person["name"] + "@example.org")
    assert changed["about"] == "Bonjour"
