"""A session ends with the password that began it, and a remembered login with its day."""

from __future__ import annotations

import re
import time

import pytest
from ckan import model
from ckan.lib import mailer
from ckan.tests import factories, helpers

from ckanext.pole.guard import doors

PASSWORD, NEW = "un-hibou-sur-le-toit-7", "une-chouette-dans-la-cave-8"


@pytest.fixture
def anna(site):
    return factories.User(password=PASSWORD)


@pytest.fixture
def browser(app, anna):
    """A browser in which Anna has logged in: `browser()`, or `browser(remember="63072000")`."""

    def start(**more: str):
        there = app.test_client()
        known = {"login": anna["name"], "password": PASSWORD} | more
        assert there.post("/user/login", data=known, follow_redirects=False).status_code == 302
        assert is_in(there)
        return there

    return start


def is_in(there) -> bool:
    return there.get("/user/edit", follow_redirects=False).status_code == 200


def left_without_session(there):
    """The same browser on the next day: what lasted as long as its window is gone."""
    kept = {key: cookie for key, cookie in there._cookies.items() if key[2] in ("remember_token", "pole_remembered")}
    assert len(kept) == len(there._cookies) - 1
    there._cookies = kept
    return there


def remembered(there):
    """The cookie that says until when a login is remembered."""
    return next((cookie for key, cookie in there._cookies.items() if key[2] == "pole_remembered"), None)


def write(there, value: str) -> None:
    cookie = remembered(there)
    there.set_cookie("pole_remembered", value, domain=cookie.domain, path=cookie.path)
    assert remembered(there) is not cookie


def change_password(there, anna) -> int:
    token = re.search(r'name="_csrf_token" value="([^"]+)"', there.get("/user/edit").body)[1]
    person = {"email": anna["email"], "name": anna["name"], "save": "", "_csrf_token": token}
    new = {"old_password": PASSWORD, "password1": NEW, "password2": NEW}
    return there.post("/user/edit", data=person | new, follow_redirects=False).status_code


def test_who_changes_the_password_stays_and_everybody_else_is_out(browser, anna):
    here, elsewhere, next_day = browser(), browser(), browser(remember="63072000")
    assert change_password(here, anna) == 302
    assert is_in(here)
    assert not is_in(elsewhere)
    next_day = left_without_session(next_day)
    assert not is_in(next_day)


def test_a_new_password_by_letter_ends_what_the_thief_of_the_old_one_began(site, browser, anna):
    thief = browser(remember="63072000")
    user = model.User.get(anna["id"])
    mailer.create_reset_key(user)
    doors.letter_sent(user.name, user)
    new = {"password1": NEW, "password2": NEW}
    letter = f"/user/reset/{anna['id']}?key={user.reset_key}"
    assert site.post(letter, data=new, follow_redirects=False).status_code == 302
    assert not is_in(thief)
    assert not is_in(left_without_session(thief))


def test_the_api_knows_a_session_that_ended_no_more_but_a_token_still(site, browser, anna):
    there, token = browser(), factories.APIToken(user=anna["id"])["token"]

    def whom(**headers: str):
        return there.get("/api/3/action/user_show", headers=headers)

    assert whom().json["result"]["id"] == anna["id"]
    helpers.call_action("user_patch", {"user": factories.Sysadmin()["name"]}, id=anna["id"], password=NEW)
    assert whom().status_code != 200
    assert whom(Authorization=token).json["result"]["id"] == anna["id"]


def test_another_change_of_an_account_ends_no_session(browser, anna):
    there = browser()
    helpers.call_action("user_patch", {"user": factories.Sysadmin()["name"]}, id=anna["id"], about="Bonjour")
    assert is_in(there)


def test_a_remembered_login_comes_back_without_its_session(browser, anna):
    there = left_without_session(browser(remember="63072000"))
    assert is_in(there)
    assert is_in(there), "as a session from then on"


def test_a_remembered_login_ends_within_a_day_whatever_the_browser_keeps(browser, freezer):
    there = browser(remember="9" * 11)
    kept = remembered(there).value
    assert time.time() < int(kept.partition(".")[0]) <= time.time() + 24 * 3600
    freezer.tick(23 * 3600)
    assert is_in(left_without_session(there))
    freezer.tick(2 * 3600)
    there = left_without_session(there)
    write(there, kept)
    assert not is_in(there)


@pytest.mark.parametrize("written", ["", "9999999999.", "9999999999.0123456789abcdef0123456789abcdef", "²³.x", "é.é"])
def test_a_remembered_login_that_somebody_wrote_is_none(browser, written):
    there = left_without_session(browser(remember="63072000"))
    write(there, written)
    assert not is_in(there)


def test_logging_out_forgets_a_remembered_login(browser):
    there = browser(remember="63072000")
    there.get("/user/_logout")
    assert remembered(there) is None
    assert not is_in(there)
