"""What the index holds, and that questions in either language find it."""

from __future__ import annotations

import pytest
from ckan.tests import factories, helpers


@pytest.fixture
def catalogue(with_plugins, clean_db, clean_index):
    """Four datasets with opaque names."""
    admin = factories.Sysadmin()["name"]
    organisation = factories.Organization(title_translated={"fr": "Ville"})
    wanted = {
        "a1": (
            {"fr": "Logements sociaux", "en": "Social housing"},
            {"fr": "Les immeubles hors marché."},
            ["logement-itinerance"],
        ),
        "b2": ({"fr": "Personnes âgées vivant seules"}, {"fr": "L’isolement des aînées et des aînés."}, ["aines"]),
        "c3": ({"fr": "Jardins communautaires"}, {"fr": "Où l’on cultive ensemble à Verdun."}, ["alimentation"]),
        "d4": ({"fr": "Écoles", "en-t-fr": "Schools"}, {"fr": "Les écoles publiques."}, []),
    }
    for name, (title, notes, themes) in wanted.items():
        helpers.call_action(
            "package_create", context={"user": admin}, name=name, owner_org=organisation["id"],
            title_translated=title, notes_translated=notes, themes=themes,
        )  # fmt: skip


def find(question, **more):
    return [item["name"] for item in helpers.call_action("package_search", q=question, **more)["results"]]


@pytest.mark.usefixtures("catalogue")
class TestQuestions:
    @pytest.mark.parametrize(
        ("question", "found"),
        [
            ("logement social", "a1"),
            ("LOGEMENTS SOCIAUX", "a1"),
            ("social housing", "a1"),
            ("personne agee", "b2"),
            ("l'isolement", "b2"),
            ("l’isolement", "b2"),
            ("jardin communautaire", "c3"),
            ("ecole", "d4"),
            ("schools", "d4"),
            ("Aînés", "b2"),
        ],
    )
    def test_plural_case_accents_and_elision_do_not_stand_in_the_way(self, question, found):
        assert find(question)[:1] == [found]

    def test_a_question_about_nothing_finds_nothing(self):
        assert find("astronomie galactique") == []

    def test_a_theme_is_a_facet_and_a_group(self):
        facets = helpers.call_action("package_search", **{"facet.field": ["themes", "groups"]})["facets"]
        assert facets["themes"] == facets["groups"] == {"logement-itinerance": 1, "aines": 1, "alimentation": 1}

    def test_titles_sort_as_a_reader_of_french_expects(self):
        assert find("*:*", sort="title_string asc") == ["d4", "c3", "a1", "b2"]

    def test_ckans_own_parameters_still_work(self):
        assert find("name:a1") == ["a1"]
        assert find("*:*", fq="themes:aines") == ["b2"]


class TestMap:
    ISLAND = "-74.1,45.3,-73.4,45.8"

    @pytest.mark.parametrize(
        "where",
        [{"places": ["mtl-12"]}, {"spatial": '{"type": "Point", "coordinates": [-73.57, 45.46]}'}],
        ids=["by its places", "by its geometry"],
    )
    def test_a_dataset_is_found_on_the_map(self, with_plugins, clean_db, clean_index, where):
        admin = factories.Sysadmin()["name"]
        organisation = factories.Organization(title_translated={"fr": "Ville"})
        helpers.call_action(
            "package_create", context={"user": admin}, name="verdun", owner_org=organisation["id"],
            title_translated={"fr": "Verdun"}, notes_translated={"fr": "Ici."}, **where,
        )  # fmt: skip
        assert find("*:*", extras={"ext_bbox": self.ISLAND}) == ["verdun"]
        assert find("*:*", extras={"ext_bbox": "2.2,48.8,2.5,48.9"}) == []


@pytest.mark.usefixtures("catalogue")
def test_over_http_an_answer_is_the_one_of_the_action_with_its_accents_as_they_are(app):
    asked = {"q": "*:*", "rows": 5, "facet.field": '["themes"]'}
    told = helpers.call_action("package_search", **{**asked, "facet.field": ["themes"]})
    answer = app.get("/api/3/action/package_search", query_string=asked)
    assert answer.json["result"] == told
    assert "é" in answer.body
    assert "\\u00" not in answer.body
