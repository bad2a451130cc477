"""The list of what is read most: true counts, of people's readings, of what everyone may see."""

from __future__ import annotations

import pytest
from ckan.lib.redis import connect_to_redis
from ckan.tests import factories, helpers

from ckanext.pole import uses
from ckanext.pole.signs import today

PERSON = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}


@pytest.fixture
def library(with_plugins, clean_db, clean_index, app):
    """Four datasets, the last one private, whose readings nobody has counted yet."""
    partner = factories.Organization(title_translated={"fr": "Partenaire"})["id"]
    admin = factories.SysadminWithToken()
    for name in ("lots", "parcs", "rues", "cave"):
        helpers.call_action(
            "package_create", context={"user": admin["name"]}, name=name, owner_org=partner, private=name == "cave",
            title_translated={"fr": name.capitalize()}, notes_translated={"fr": "Note."},
        )  # fmt: skip
    connect_to_redis().delete(uses._key(today()))
    yield app, {"Authorization": admin["token"], **PERSON}
    connect_to_redis().delete(uses._key(today()))


def read(app, name, times, headers=PERSON, status=200):
    for _ in range(times):
        assert app.get(f"/dataset/{name}", headers=headers).status_code == status


def listed(app):
    return app.get("/").body.split('class="pole-mostread"')[1].split("</ol>")[0]


def test_nothing_is_said_before_people_read(library):
    app, _ = library
    read(app, "lots", 2)
    read(app, "parcs", 1)
    assert "Les plus lus" not in app.get("/").body


def test_readings_are_counted_and_programs_refusals_and_closed_data_are_not(library):
    app, admin = library
    for name, times in (("lots", 1), ("parcs", 3), ("rues", 2)):
        read(app, name, times)
    read(app, "lots", 4, {"User-Agent": "Googlebot/2.1"})
    read(app, "cave", 5, admin)
    read(app, "absent", 3, status=404)
    shown = listed(app)
    assert [shown.index(f"/dataset/{name}") for name in ("parcs", "rues", "lots")] == sorted(
        shown.index(f"/dataset/{name}") for name in ("parcs", "rues", "lots")
    )
    assert shown.count("<li>") == 3
    assert "depuis le 1er " in app.get("/").body
    assert "3 consultations" in shown
    assert "1 consultation<" in shown
    assert "cave" not in shown


def test_a_dataset_that_closes_leaves_the_list(library):
    app, _ = library
    admin = factories.Sysadmin()["name"]
    for name in ("lots", "parcs", "rues"):
        read(app, name, 1)
    assert "/dataset/rues" in listed(app)
    helpers.call_action("package_patch", context={"user": admin}, id="rues", private=True)
    assert "/dataset/rues" not in app.get("/").body
