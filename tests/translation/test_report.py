"""The translation report: who sees it, what it counts, how a text is confirmed."""

from __future__ import annotations

import pytest
from ckan.plugins.toolkit import NotAuthorized, ObjectNotFound, ValidationError
from ckan.tests import factories, helpers

from ckanext.pole.bilingual import values

BOTH = {"fr": "Jardins", "en": "Gardens"}


@pytest.fixture
def desk(with_plugins, clean_db, clean_index):
    editor = factories.UserWithToken(name="ana")
    other = factories.UserWithToken(name="luc")
    organisation = factories.Organization(
        name="pp", title_translated={"fr": "Ville"}, users=[{"name": "ana", "capacity": "editor"}]
    )
    factories.Organization(
        name="autre", title_translated={"fr": "Autre"}, users=[{"name": "luc", "capacity": "editor"}]
    )

    def create(name, **fields):
        wanted = {"title_translated": BOTH, "notes_translated": BOTH, "owner_org": organisation["id"], **fields}
        return helpers.call_action("package_create", context={"user": "ana"}, name=name, **wanted)

    def call(action, user="ana", **data):
        return helpers.call_action(action, context={"user": user, "ignore_auth": False}, **data)

    def show(name):
        return helpers.call_action("package_show", id=name)

    create.call, create.show = call, show
    create.tokens = {"ana": editor["token"], "luc": other["token"]}
    return create


def test_others_do_not_see_it(desk):
    for user in ("luc", ""):
        with pytest.raises(NotAuthorized):
            desk.call("pole_translation_report", user, id="pp")
    with pytest.raises(ObjectNotFound):
        desk.call("pole_translation_report", id="absente")
    with pytest.raises(ValidationError):
        desk.call("pole_translation_report")


def test_others_confirm_nothing(desk):
    desk("jeu", title_translated={"fr": "Jardins", "en-t-fr": "Gardens"})
    with pytest.raises(NotAuthorized):
        desk.call("pole_translation_confirm", "luc", id="jeu", field="title_translated", lang="en", text="Hacked")
    assert "en" not in desk.show("jeu")["title_translated"]


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"field": "name"}, "field"),
        ({"field": "access_tier"}, "field"),
        ({"lang": "de"}, "lang"),
        ({"lang": "en-t-fr"}, "lang"),
        ({"text": "   "}, "text"),
        ({"text": "x" * 501}, "title_translated"),
        ({"expected": "0" * 16}, "text"),
    ],
)
def test_a_wrong_confirmation_is_refused_and_stores_nothing(desk, wrong, named):
    desk("jeu", title_translated={"fr": "Jardins"})
    asked = {"id": "jeu", "field": "title_translated", "lang": "en", "text": "Gardens", **wrong}
    with pytest.raises(ValidationError) as refused:
        desk.call("pole_translation_confirm", **asked)
    assert named in refused.value.error_dict
    assert desk.show("jeu")["title_translated"] == {"fr": "Jardins"}


def test_it_counts_each_state_and_lists_what_is_left(desk):
    desk("complet")
    desk("machine", title_translated={"fr": "Parcs", "en-t-fr": "Parks"})
    resource = {"url": "https://exemple.test/page", "name_translated": {"fr": "Lieux"}}
    desk("manquant", private=True, resources=[resource])
    found = desk.call("pole_translation_report", id="pp")
    assert found["datasets"] == 3
    assert found["counts"]["en"] == {"present": 1, "machine": 1, "stale": 0, "missing": 1}
    assert found["counts"]["fr"] == {"present": 3, "machine": 0, "stale": 0, "missing": 0}
    assert found["total"] == 2
    assert {entry["name"] for entry in found["results"]} == {"machine", "manquant"}
    (only,) = desk.call("pole_translation_report", id="pp", state="machine")["results"]
    (text,) = only["texts"]
    assert (text["field"], text["lang"], text["source"], text["text"]) == ("title_translated", "en", "Parcs", "Parks")


def test_a_person_mends_the_machines_text(desk):
    desk("jeu", title_translated={"fr": "Jardins", "en-t-fr": "Backyards"})
    mark = values.fingerprint("Jardins")
    desk.call(
        "pole_translation_confirm", id="jeu", field="title_translated", lang="en", text=" Gardens ", expected=mark
    )
    assert desk.show("jeu")["title_translated"] == BOTH
    assert desk.call("pole_translation_report", id="pp")["total"] == 0


def test_a_stale_text_that_is_still_good_is_confirmed_as_it_is(desk):
    dataset = desk("jeu", resources=[{"url": "https://exemple.test/page", "name_translated": BOTH}])
    resource = dataset["resources"][0]["id"]
    changed = {"fr": "Les jardins", "en": "Gardens"}
    desk.call("resource_patch", id=resource, name_translated=changed)
    assert desk.call("pole_translation_report", id="pp")["counts"]["en"]["stale"] == 1
    desk.call(
        "pole_translation_confirm", id="jeu", resource=resource, field="name_translated", lang="en", text="Gardens"
    )
    assert desk.call("pole_translation_report", id="pp")["counts"]["en"]["stale"] == 0
    assert desk.show("jeu")["resources"][0]["name_translated"] == changed


def test_keywords_are_translated_there_too(desk):
    desk("jeu", keywords={"fr": ["jardin", "parc"]})
    desk.call("pole_translation_confirm", id="jeu", field="keywords", lang="en", text="garden, park")
    assert desk.show("jeu")["keywords"] == {"fr": ["jardin", "parc"], "en": ["garden", "park"]}


def test_the_page_keeps_what_was_typed_when_it_refuses(desk, app):
    desk("jeu", title_translated={"fr": "Jardins"})
    headers = {"Authorization": desk.tokens["ana"]}
    form = {"id": desk.show("jeu")["id"], "field": "title_translated", "lang": "en"}
    refused = app.post("/translations/pp", headers=headers, data={**form, "text": "y" * 501}, status=422)
    assert "y" * 501 in refused.body
    assert "Ce texte est trop long" in refused.body
    saved = app.post(
        "/translations/pp?lang=en", headers=headers, data={**form, "text": "Gardens"}, follow_redirects=False
    )
    assert saved.status_code == 302
    assert "lang=en" in saved.headers["Location"]
    assert desk.show("jeu")["title_translated"] == BOTH


def test_the_page_is_closed_to_others(desk, app):
    assert app.get("/translations/pp", headers={"Authorization": desk.tokens["luc"]}, status=403)
    assert app.get("/translations/absente", headers={"Authorization": desk.tokens["ana"]}, status=404)
