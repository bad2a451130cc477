"""Examinations that ask nobody, and one that fails."""

from __future__ import annotations

import pytest

from ckanext.pole.watch.doctor import Level, examine, well
from ckanext.pole.watch.site_settings import of_site

SECRET = "a" * 43
GOOD = {
    "ckan.site_url": "https://pole.example.org", "SECRET_KEY": SECRET,
    "api_token.jwt.encode.secret": f"string:{SECRET}",
    "ckan.plugins": "pole_guard pole_second_factor pole pole_watch pole_access datastore",
    "smtp.server": "mail.example.org",
    "smtp.mail_from": "pole@example.org",
}  # fmt: skip


def found(**changes):
    settings = {**GOOD, **{key.replace("__", "."): value for key, value in changes.items()}}
    return [(one.subject, one.level.value) for one in of_site(settings) if one.level is not Level.WELL]


def test_good_settings_have_nothing_said_of_them():
    assert found() == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"ckan__site_url": ""}, ("settings", "failure")),
        ({"ckan__site_url": "http://pole.example.org"}, ("settings", "failure")),
        ({"SECRET_KEY": ""}, ("settings", "failure")),
        ({"SECRET_KEY": "secret"}, ("settings", "failure")),
        ({"api_token__jwt__encode__secret": "string:court"}, ("settings", "failure")),
        ({"debug": True}, ("settings", "failure")),
        ({"ckan__datastore__sqlsearch__enabled": True}, ("settings", "failure")),
        ({"ckan__auth__anon_create_dataset": True}, ("settings", "warning")),
        ({"ckan__plugins": "datastore pole_guard pole pole_watch pole_access"}, ("plugins", "failure")),
        ({"ckan__plugins": "pole pole_guard pole_watch pole_access"}, ("plugins", "failure")),
        ({"ckan__plugins": "pole_guard pole pole_second_factor pole_watch pole_access"}, ("plugins", "failure")),
        ({"ckan__plugins": "pole pole_watch pole_access"}, ("plugins", "warning")),
        (
            {"ckan__plugins": ["pole_guard", "pole", "pole_watch", "pole_access", "spatial_harvest_metadata_api"]},
            ("plugins", "failure"),
        ),
        ({"smtp__server": ""}, ("mail", "warning")),
        ({"smtp__mail_from": ""}, ("mail", "failure")),
    ],
)
def test_each_bad_setting_is_one_finding(changes, expected):
    assert found(**changes) == [expected]


@pytest.mark.parametrize("url", ["http://localhost:5000", "http://127.0.0.1:5000", "http://[::1]:5000"])
def test_one_s_own_machine_needs_no_https(url):
    assert found(ckan__site_url=url) == []


def test_an_examination_that_fails_is_a_finding_without_its_text_and_the_others_go_on():
    def fails(_settings):
        raise ConnectionError("postgresql://ckan:hidden@db/ckan")

    def looks(_settings):
        yield well("b", "Bien.", "Well.")

    first, second = examine({}, [("a", fails), ("b", looks)])
    assert (first.subject, first.level, second.subject) == ("a", Level.FAILURE, "b")
    assert "ConnectionError" in first.english
    assert "hidden" not in first.french + first.english
