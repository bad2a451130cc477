"""Datasets through CKAN's API: what is refused, and how a text in two languages is stored and shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ckan import model
from ckan.plugins.toolkit import ValidationError
from ckan.tests import factories, helpers

from ckanext.pole.bilingual import states, values


def creator():
    """A call that creates a dataset as an editor of its organisation."""
    editor = factories.User()
    organisation = factories.Organization(
        title_translated={"fr": "Table de quartier"}, users=[{"name": editor["name"], "capacity": "editor"}]
    )

    def call(**fields):
        wanted = {
            "name": "jeu",
            "owner_org": organisation["id"],
            "title_translated": {"fr": "Un titre"},
            "notes_translated": {"fr": "Une description."},
            **fields,
        }
        return helpers.call_action("package_create", context={"user": editor["name"]}, **wanted)

    call.user = editor["name"]
    return call


@pytest.fixture
def create(with_plugins, clean_db, clean_index):
    """Create a dataset in an empty portal."""
    return creator()


class TestRefusals:
    #: What was made for the first refusal serves the others: a refusal stores nothing.
    kept: list[Callable[..., Any]] = []  # noqa: RUF012

    @pytest.fixture
    def create(self, with_plugins, request):
        """Create a dataset in a portal that has none."""
        if not self.kept or model.User.get(self.kept[0].user) is None:
            request.getfixturevalue("clean_db")
            request.getfixturevalue("clean_index")
            self.kept[:] = [creator()]
        return self.kept[0]

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("title_translated", {"en": "English only"}),
            ("title_translated", {}),
            ("title_translated", "Un titre nu"),
            ("title_translated", {"fr": "x" * 501}),
            ("title_translated", {"de": "Hallo"}),
            ("notes_translated", {"fr": "é" * 10_000_000}),
            ("keywords", {"fr": [1, 2]}),
            ("keywords", "logement"),
            ("themes", ["inconnu"]),
            ("themes", "inconnu"),
            ("population_groups", ["extraterrestres"]),
            ("places", ["mtl-99"]),
            ("frequency", "parfois"),
            ("access_tier", "secret"),
            ("personal_information", "un peu"),
            ("data_languages", ["tlh"]),
            ("period_start", "hier"),
            ("period_start", "2026-02-30"),
            ("available_from", "31/12/2026"),
            ("spatial", "{"),
            ("spatial", '{"type": "Point", "coordinates": [-73]}'),
            ("spatial", '{"type": "Point", "coordinates": [-730.5, 45.5]}'),
            ("spatial", '{"type": "Licorne", "coordinates": []}'),
            ("contact_email", "pas un courriel"),
            ("url", "javascript:alert(1)"),
        ],
        ids=lambda value: str(value)[:30],
    )
    def test_a_wrong_field_is_named_and_nothing_is_stored(self, create, field, value):
        with pytest.raises(ValidationError) as refused:
            create(**{field: value})
        assert field in refused.value.error_dict
        model.Session.rollback()
        assert model.Session.query(model.Package).filter_by(type="dataset").count() == 0

    def test_the_end_may_not_come_before_the_beginning(self, create):
        with pytest.raises(ValidationError) as refused:
            create(period_start="2026-01-02", period_end="2026-01-01")
        assert "period_end" in refused.value.error_dict


class TestAcceptance:
    def test_french_alone_is_enough(self, create):
        dataset = create()
        assert dataset["title_translated"] == {"fr": "Un titre"}
        assert (dataset["title"], dataset["notes"]) == ("Un titre", "Une description.")
        assert dataset["access_tier"] == "open"

    def test_both_languages_and_a_machine_text_come_back_as_they_went_in(self, create):
        texts = {"fr": "Logement", "en": "Housing", "en-t-fr": "Lodging"}
        dataset = create(title_translated=texts, keywords={"fr": ["aînés", "HLM"], "en": ["seniors"]})
        shown = helpers.call_action("package_show", id=dataset["id"])
        assert shown["title_translated"] == texts
        assert shown["keywords"] == {"fr": ["aînés", "HLM"], "en": ["seniors"]}

    def test_a_form_sends_one_input_a_language(self, create):
        dataset = create(
            **{
                "title_translated": "",
                "title_translated-fr": " Jardins ",
                "title_translated-en": "Gardens",
                "keywords-fr": "jardin, quartier",
            }
        )
        assert dataset["title_translated"] == {"fr": "Jardins", "en": "Gardens"}
        assert dataset["keywords"] == {"fr": ["jardin", "quartier"]}

    def test_a_client_that_only_knows_core_fields_publishes_in_french(self, create):
        dataset = create(title_translated=None, notes_translated=None, title="Un titre simple", notes="Simple.")
        assert dataset["title_translated"] == {"fr": "Un titre simple"}
        assert dataset["notes_translated"] == {"fr": "Simple."}

    def test_a_year_is_a_date(self, create):
        assert create(period_start="2021")["period_start"] == "2021-01-01"

    def test_scripts_are_text_and_nothing_more(self, create, app):
        create(
            title_translated={"fr": "<script>alert(1)</script>"},
            notes_translated={"fr": "<img src=x onerror=alert(1)>"},
        )
        page = app.get("/dataset/jeu").body
        assert "<script>alert(1)" not in page
        assert "onerror=alert" not in page.replace("&lt;img src=x onerror=alert(1)&gt;", "")

    def test_resources_are_bilingual_too(self, create):
        dataset = create(
            resources=[
                {"url": "https://example.org/a.csv", "name_translated": {"fr": "Lieux", "en": "Places"}, "kind": "data"}
            ]
        )
        (resource,) = dataset["resources"]
        assert resource["name_translated"] == {"fr": "Lieux", "en": "Places"}
        assert resource["name"] == "Lieux"

    def test_what_is_stored_is_strings_as_ckan_wants_them(self, create):
        dataset = create(themes=["aines", "alimentation"])
        extras = model.Session.get(model.Package, dataset["id"]).extras
        assert all(isinstance(value, str) for value in extras.values())
        assert json.loads(extras["themes"]) == ["alimentation", "aines"]

    def test_an_update_keeps_what_it_does_not_name(self, create):
        dataset = create(purpose_translated={"fr": "Planifier"})
        helpers.call_action(
            "package_patch",
            context={"user": create.user},
            id=dataset["id"],
            title_translated={"fr": "Nouveau", "en": "New"},
        )
        shown = helpers.call_action("package_show", id=dataset["id"])
        assert shown["title"] == "Nouveau"
        assert shown["purpose_translated"] == {"fr": "Planifier"}


class TestOrganisationsAndThemes:
    def test_an_organisation_has_a_name_in_each_language(self, with_plugins, clean_db):
        organisation = factories.Organization(
            title_translated={"fr": "Santé publique", "en": "Public health"}, contact_email="a@exemple.test"
        )
        shown = helpers.call_action("organization_show", id=organisation["id"])
        assert shown["title_translated"] == {"fr": "Santé publique", "en": "Public health"}
        assert shown["title"] == "Santé publique"

    def test_a_theme_without_french_is_refused(self, with_plugins, clean_db):
        with pytest.raises(ValidationError):
            factories.Group(title_translated={"en": "Food"}, title="")


class TestStates:
    """Every door notes what a text was translated from."""

    BOTH = {"fr": "Jardins", "en": "Gardens"}  # noqa: RUF012

    def indexed(self, dataset):
        found = helpers.call_action("package_search", q=f"id:{dataset['id']}", fl="pole_translation_state,id")
        return found["results"][0]["pole_translation_state"]

    def test_what_a_client_claims_about_its_translations_is_not_believed(self, create):
        dataset = create(title_translated=self.BOTH, translation_sources={"title_translated": {"en": "0" * 16}})
        assert not dataset.get("translation_sources")

    def test_a_translation_whose_source_changed_by_the_api_is_indexed_as_stale(self, create):
        dataset = create(title_translated=self.BOTH, notes_translated={"fr": "Des jardins.", "en": "Gardens."})
        assert self.indexed(dataset) == ["fr:present", "en:present"]
        as_editor = {"user": create.user}
        changed = {"title_translated": {"fr": "Parcs", "en": "Gardens"}}
        helpers.call_action("package_patch", context=dict(as_editor), id=dataset["id"], **changed)
        assert self.indexed(dataset) == ["fr:present", "en:stale"]
        helpers.call_action("package_patch", context=dict(as_editor), id=dataset["id"], frequency="annual")
        assert self.indexed(dataset) == ["fr:present", "en:stale"]

    def test_a_resource_has_states_of_its_own(self, create):
        resources = [{"url": "https://example.org/a.csv", "name_translated": {"fr": "Lieux", "en": "Places"}}]
        dataset = create(title_translated=self.BOTH, notes_translated=self.BOTH, resources=resources)
        assert self.indexed(dataset) == ["fr:present", "en:present"]
        texts = {"name_translated": {"fr": "Endroits", "en": "Places"}}
        as_editor = {"user": create.user}
        helpers.call_action("resource_patch", context=as_editor, id=dataset["resources"][0]["id"], **texts)
        assert self.indexed(dataset) == ["fr:present", "en:stale"]
        shown = helpers.call_action("package_show", id=dataset["id"])
        assert shown["resources"][0]["translation_sources"]["name_translated"]["en"] == values.fingerprint("Lieux")

    def test_a_harvest_lacks_french_and_keeps_the_machines_text(self, create):
        dataset = create(notes_translated={"fr": "Des jardins.", "en-t-fr": "Gardens."}, title_translated=self.BOTH)
        wanted = {**dataset, "notes_translated": {"fr": "Des jardins."}, "title_translated": {"en": "Gardens"}}
        context = {"user": create.user, "pole_harvest": True}
        stored = helpers.call_action("package_update", context=context, **wanted)
        assert stored["notes_translated"] == {"fr": "Des jardins.", "en-t-fr": "Gardens."}
        assert self.indexed(dataset) == ["fr:missing", "en:machine"]

    def test_an_organisations_texts_are_marked_as_well(self, with_plugins, clean_db):
        organisation = factories.Organization(title_translated=self.BOTH, description_translated={"fr": "Qui ?"})
        admin = factories.Sysadmin()
        helpers.call_action(
            "organization_patch",
            context={"user": admin["name"]},
            id=organisation["id"],
            title_translated={"fr": "Parcs", "en": "Gardens"},
        )
        shown = helpers.call_action("organization_show", id=organisation["id"])
        assert states.field_states(shown, "title_translated")["en"] is values.State.STALE
