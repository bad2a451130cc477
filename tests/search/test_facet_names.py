"""A search names partners and themes by their titles, though it does not ask the database for them each time."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from ckan import model
from ckan.tests import factories
from ckan.tests.helpers import call_action
from sqlalchemy import event

from ckanext.pole import remembered
from ckanext.pole.search.facet_names import TITLES

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")
SECONDS = 0.5


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """Titles are good for a moment; each test begins with none."""
    monkeypatch.setattr(remembered, "FRESH", SECONDS)
    TITLES.forget()


@pytest.fixture
def partner():
    found = factories.Organization(title="Entraide")
    factories.Dataset(owner_org=found["id"])
    return found


@pytest.fixture
def asked():
    """The statements about groups that CKAN's own connections carry out."""
    found: list[str] = []

    def note(_connection, _cursor, statement, *_):
        if 'FROM "group"' in statement:
            found.append(statement)

    event.listen(model.meta.engine, "before_cursor_execute", note)
    yield found
    event.remove(model.meta.engine, "before_cursor_execute", note)


def shown(partner) -> str:
    """The partner's title in what a search counts."""
    found = call_action("package_search", **{"facet.field": ["organization"]})
    model.Session.remove()
    titles = {item["name"]: item["display_name"] for item in found["search_facets"]["organization"]["items"]}
    return titles[partner["name"]]


def titles(*names: str) -> dict[str, str]:
    """As `package_search` asks for them."""
    return dict(model.Session.query(model.Group.name, model.Group.title).filter(model.Group.name.in_(names)).all())


def elsewhere(partner, title: str) -> None:
    """Another process writes, of which this one's session hears nothing."""
    with model.meta.engine.begin() as connection:
        connection.execute(
            sa.text('UPDATE "group" SET title = :title WHERE id = :id'), {"title": title, "id": partner["id"]}
        )


def test_a_partner_that_is_named_otherwise_here_is_shown_so_at_once(partner):
    assert shown(partner) == "Entraide"
    context = {"user": factories.Sysadmin()["name"]}
    title = {"fr": "Entraide du Sud"}
    call_action("organization_patch", context=context, id=partner["id"], title_translated=title)
    assert shown(partner) == "Entraide du Sud"


def test_one_that_another_process_names_otherwise_is_shown_so_in_a_moment(partner):
    assert shown(partner) == "Entraide"
    elsewhere(partner, "Entraide du Nord")
    time.sleep(SECONDS + 0.1)
    assert shown(partner) == "Entraide du Nord"


def test_a_title_that_is_not_saved_is_nobody_elses(partner):
    name = partner["name"]
    assert titles(name) == {name: "Entraide"}
    model.Group.get(name).title = "À l’essai"
    model.Session.flush()
    assert titles(name) == {name: "À l’essai"}
    with ThreadPoolExecutor(1) as another:
        assert another.submit(titles, name).result() == {name: "Entraide"}
    model.Session.rollback()
    assert titles(name) == {name: "Entraide"}


def test_a_savepoint_saves_nothing_yet(partner, monkeypatch):
    monkeypatch.setattr(remembered, "FRESH", 60)
    name = partner["name"]
    with model.Session.begin_nested():
        model.Group.get(name).title = "À l’essai"
    assert titles(name) == {name: "À l’essai"}
    with ThreadPoolExecutor(1) as another:
        assert another.submit(titles, name).result() == {name: "Entraide"}
    model.Session.commit()
    assert titles(name) == {name: "À l’essai"}


def test_searches_ask_once(partner, asked, monkeypatch):
    monkeypatch.setattr(remembered, "FRESH", 60)
    for _ in range(3):
        shown(partner)
    assert len([text for text in asked if "group_title" in text]) == 1


def test_a_name_that_nothing_has_is_not_asked_for_again(partner, asked, monkeypatch):
    monkeypatch.setattr(remembered, "FRESH", 60)
    for _ in range(3):
        assert titles("nulle-part", partner["name"]) == {partner["name"]: "Entraide"}
    assert len(asked) == 1


def test_other_questions_about_the_same_columns_are_asked_as_they_are(partner, asked):
    names = [partner["name"], factories.Organization(title="Abri")["name"]]
    asked.clear()
    pairs = model.Session.query(model.Group.name, model.Group.title)
    chosen = pairs.filter(model.Group.name.in_(names))
    for _ in range(2):
        assert [title for _, title in chosen.order_by(model.Group.title)] == ["Abri", "Entraide"]
        assert len(chosen.limit(1).all()) == 1
        assert chosen.filter(model.Group.title == "Abri").all() == [(names[1], "Abri")]
        assert pairs.filter(model.Group.name.not_in(names[:1])).all() == [(names[1], "Abri")]
    assert len(asked) == 8


def test_no_more_are_kept_than_there_is_room_for(monkeypatch):
    monkeypatch.setattr("ckanext.pole.search.facet_names.MOST", 3)
    for at in range(10):
        assert titles(f"nom-{at}") == {}
    assert len(TITLES._kept) <= 3
