"""A change of settings is followed by every process, though none asks the database for it at each request."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from ckan import model
from ckan.lib import app_globals
from ckan.tests.helpers import call_action
from sqlalchemy import event

from ckanext.pole import remembered
from ckanext.pole.watch import changed_settings

pytestmark = pytest.mark.usefixtures("clean_db", "with_plugins")
ASKED = "FROM system_info"
SECONDS = 0.5


@pytest.fixture
def asked():
    """The statements about settings that CKAN's own connections carry out."""
    found: list[str] = []

    def note(_connection, _cursor, statement, *_):
        if ASKED in statement:
            found.append(statement)

    event.listen(model.meta.engine, "before_cursor_execute", note)
    yield found
    event.remove(model.meta.engine, "before_cursor_execute", note)


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """Answers are good for a moment; each test begins with none."""
    monkeypatch.setattr(remembered, "FRESH", SECONDS)
    changed_settings.MARK.forget()


def mark() -> str | None:
    found = model.get_system_info(changed_settings.KEY)
    model.Session.remove()
    return found


def elsewhere(value: str) -> None:
    """Another process writes, of which this one's session hears nothing."""
    with model.meta.engine.begin() as connection:
        connection.execute(sa.text("UPDATE system_info SET value = :value WHERE key = :key"),
                           {"value": value, "key": changed_settings.KEY})  # fmt: skip


def test_what_another_process_changed_is_seen_in_a_moment():
    model.set_system_info(changed_settings.KEY, "1")
    assert mark() == "1"
    elsewhere("2")
    time.sleep(SECONDS + 0.1)
    assert mark() == "2"


def test_what_this_process_changed_is_seen_at_once():
    for value in ("1", "2", "3"):
        model.set_system_info(changed_settings.KEY, value)
        assert mark() == value
    model.delete_system_info(changed_settings.KEY)
    assert mark() is None


def test_a_change_over_an_answer_that_was_kept_makes_no_second_row():
    model.set_system_info(changed_settings.KEY, "1")
    mark()
    elsewhere("2")
    model.set_system_info(changed_settings.KEY, "3")
    stored = model.Session.execute(
        sa.text("SELECT value FROM system_info WHERE key = :key"), {"key": changed_settings.KEY}
    )
    assert stored.scalars().all() == ["3"]


def test_what_somebody_changes_and_does_not_save_is_nobody_elses():
    model.set_system_info(changed_settings.KEY, "1")
    mine = model.Session.query(model.SystemInfo).filter_by(key=changed_settings.KEY).first()
    mine.value = "2"
    model.Session.flush()
    with ThreadPoolExecutor(1) as another:
        assert another.submit(mark).result() == "1"
    model.Session.rollback()
    assert mark() == "1"


def test_other_settings_are_never_kept(asked):
    model.set_system_info("ckan.site_title", "Un")
    for title in ("Un", "Deux"):
        model.set_system_info("ckan.site_title", title)
        asked.clear()
        assert model.get_system_info("ckan.site_title") == title
        assert len(asked) == 1
        model.Session.remove()


def test_many_requests_ask_once(app, asked, monkeypatch):
    monkeypatch.setattr(remembered, "FRESH", 60)
    for _ in range(5):
        assert app.get("/api/3/action/status_show").status_code == 200
    assert len(asked) == 1


def test_a_title_that_a_sysadmin_changes_is_on_the_next_page(app):
    call_action("config_option_update", **{"ckan.site_title": "Le pôle de demain"})
    assert app_globals.app_globals.site_title == "Le pôle de demain"
    elsewhere("0")
    model.set_system_info("ckan.site_title", "Le pôle d’hier")
    time.sleep(SECONDS + 0.1)
    app.get("/api/3/action/status_show")
    assert app_globals.app_globals.site_title == "Le pôle d’hier"
    call_action("config_option_update", **{"ckan.site_title": "CKAN"})
