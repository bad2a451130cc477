"""What the search offers beside its results: a looser answer, near spellings, titles, marked words, a map."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from ckan.tests import factories, helpers


@pytest.fixture
def catalogue(with_plugins, clean_db, clean_index):
    """Two public datasets and a private one."""
    admin = factories.Sysadmin()["name"]
    organisation = factories.Organization(title_translated={"fr": "Ville"})
    wanted = {
        "a1": ({"fr": "Banques alimentaires", "en": "Food banks"}, {"fr": "Le <b>dépannage</b> & les paniers."}, False),
        "b2": ({"fr": "Bibliothèques publiques"}, {"fr": "Où lire, à Verdun."}, False),
        "secret": ({"fr": "Bannissements"}, {"fr": "Recensement des orthophonistes."}, True),
    }
    for name, (title, notes, private) in wanted.items():
        helpers.call_action(
            "package_create", context={"user": admin}, name=name, owner_org=organisation["id"],
            title_translated=title, notes_translated=notes, private=private,
            keywords={"fr": ["Étangs et mares", name], "en": [f"éta {name}"]},
        )  # fmt: skip


def public(action, **params):
    return helpers.call_action(action, {"user": "", "ignore_auth": False}, **params)


@pytest.mark.usefixtures("catalogue")
def test_suggestions_help_and_tell_nothing_of_what_is_not_public(app):
    # Nothing answers the whole question: a part of it does, and the answer says so.
    loose = public("package_search", q="banque alimentaire souterraine")
    assert [item["name"] for item in loose["results"]] == ["a1"]
    assert loose["pole_loose"] is True
    assert "pole_loose" not in public("package_search", q="banque alimentaire")
    assert public("package_search", q="banque alimentaire souterraine", mm="100%")["count"] == 0

    # Near spellings, of public words alone.
    assert public("pole_spelling_suggest", q="bibliotèque")["question"] == "bibliothèques"
    for nothing in ("", "bibliothèque", "orthofonistes", "zzzz", '":*{!'):
        assert public("pole_spelling_suggest", q=nothing)["question"] is None

    # Titles that begin so, in either language, that the person may see.
    titles = public("pole_title_suggest", q="BAN alim", lang="fr")
    assert titles == [{"name": "a1", "title": "Banques alimentaires", "lang": "fr"}]
    assert [item["name"] for item in public("pole_title_suggest", q="ban", lang="fr")] == ["a1"]
    assert public("pole_title_suggest", q="food", lang="en") == [{"name": "a1", "title": "Food banks", "lang": "en"}]
    for nothing in ("", "b", "zzzz", "*:*", '") OR (name:'):
        assert public("pole_title_suggest", q=nothing, lang="xx") == []

    # Keywords that others use, each language's apart, and none of what is not public.
    assert public("pole_keyword_suggest", q="etan", lang="fr") == ["Étangs et mares"]
    assert public("pole_keyword_suggest", q="MARES", lang="fr") == ["Étangs et mares"]
    assert public("pole_keyword_suggest", q="éta", lang="en") == ["éta a1", "éta b2"]
    for nothing in ("", "é", "secret", "tangs", "*:*"):
        assert public("pole_keyword_suggest", q=nothing, lang="fr") == []

    # The page marks the words of the question, and nothing of a text becomes markup.
    page = BeautifulSoup(app.get("/dataset/", query_string={"q": "depannage <script>alert(1)</script>"}).body, "lxml")
    assert [mark.text for mark in page.select(".pole-card mark")] == ["dépannage"]
    assert page.select_one(".pole-card script, .pole-card b") is None
    assert page.select_one(".pole-loose") is not None

    page = BeautifulSoup(app.get("/en/dataset/", query_string={"q": "food bank"}).body, "lxml")
    assert [mark.text for mark in page.select(".pole-card h2 mark")] == ["Food banks"]

    page = BeautifulSoup(app.get("/dataset/", query_string={"q": "bibliotèque", "places": "mtl-12"}).body, "lxml")
    assert page.select_one(".pole-meant a").text == "bibliothèques"
    assert page.select_one(".pole-meant a")["href"].count("q=") == 1

    # An area stays chosen while the question, the order or the place changes, and can be taken away.
    area = "-74.1,45.3,-73.4,45.8"
    page = BeautifulSoup(app.get("/dataset/", query_string={"q": "banque", "ext_bbox": area}).body, "lxml")
    assert page.select_one("#dataset-search-form [name=ext_bbox]")["value"] == area
    assert page.select_one(".pole-where form:not([data-pole-map]) [name=ext_bbox]")["value"] == area
    assert page.select_one(".pole-chip")["href"].endswith("/dataset/?q=banque")

    # How far texts are translated is a filter, in words.
    page = BeautifulSoup(app.get("/dataset/").body, "lxml")
    assert "Anglais manquant" in page.select_one("#search-facets").text
