"""Who looks after a source is written to when it fails, holds deletions or goes stale: once, in both languages."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from ckan import model
from ckan.tests import factories, helpers

from ckanext.pole.harvest import notices


@pytest.fixture
def keeper(with_plugins, clean_db):
    return factories.User(email="gardienne@exemple.test")


@pytest.fixture
def city(city, keeper):
    """The one who made the organisation looks after it too, and so would be written to."""
    helpers.call_action(
        "organization_member_create",
        context=city.context(),
        id=city.details["owner_org"],
        username=keeper["name"],
        role="admin",
    )
    return city


def to_keeper(post):
    return [letter for letter in post if "gardienne@exemple.test" in letter["To"]]


def test_a_run_that_failed_is_told_once_with_its_reason_and_a_link(city, portal, post):
    portal.faults.add("error", path="*/package_search", status=404)
    city.run()
    assert notices.send() == 1
    assert notices.send() == 0
    (letter,) = to_keeper(post)
    assert "échec" in letter["Subject"]
    assert "failed" in letter["Subject"]
    body = letter.get_content()
    assert "Rien n’a été supprimé" in body
    assert "Nothing was deleted" in body
    assert "/harvest/source/report" in body
    assert "404" in body
    city.run()
    assert notices.send() == 1, "another run, another notice"


def test_deletions_that_wait_are_told_with_their_number_and_where_to_decide(city, portal, post):
    city.run()
    assert notices.send() == 0
    del portal.city.portal.packages[6:]
    city.run()
    assert notices.send() == 1
    (letter,) = to_keeper(post)
    body = letter.get_content()
    assert "4 fiches" in body
    assert "4 records" in body
    assert "/harvest/source/held" in body


def test_nobody_is_asked_to_decide_on_what_a_broken_reading_did_not_meet(city, portal, post):
    city.run()
    portal.faults.add("error", path="*/package_search", after=1, status=404)
    city.run()
    assert notices.send() == 1
    (letter,) = to_keeper(post)
    assert "échec" in letter["Subject"]


def test_a_source_that_has_not_come_for_long_is_told_once(city, post):
    model.Session.execute(sa.text("UPDATE harvest_source SET frequency = 'DAILY', created = now() - interval '9 days'"))
    model.Session.commit()
    assert notices.send() == 1
    assert notices.send() == 0
    (letter,) = to_keeper(post)
    assert "9 days" in letter.get_content()


def test_a_post_office_that_is_closed_is_tried_once_and_breaks_nothing(city, portal, ckan_config, monkeypatch):
    monkeypatch.setitem(ckan_config, "smtp.server", "127.0.0.1:1")
    monkeypatch.setitem(ckan_config, "smtp.mail_from", "pole@exemple.test")
    portal.faults.add("error", path="*/package_search", status=404)
    city.run()
    assert notices.send() == 1
    assert notices.send() == 0
