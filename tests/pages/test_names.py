"""The site, its themes and its partners have the names of the house, in the page's language."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from ckan import model
from ckan.tests import factories


def heading(page: str) -> str:
    return " ".join(re.findall(r"<title>(.*?)</title>", page, re.DOTALL)[0].split())


@pytest.mark.ckan_config("ckanext.pole.site_title_en", "Social data hub")
def test_the_site_has_an_english_name_on_english_pages_and_in_english_feeds(portal_in_small):
    app, french = portal_in_small.app, "Pôle d&#39;analyse en données sociales"
    assert french in heading(app.get("/dataset/").body)
    english = app.get("/en/dataset/").body
    assert "Social data hub" in heading(english)
    assert french not in english
    assert "<title>Social data hub" in app.get("/en/feeds/dataset.atom").body
    assert "<title>Pôle" in app.get("/feeds/dataset.atom").body
    assert french in heading(app.get("/dataset/").body), "the name stayed English"


def test_a_site_with_one_name_keeps_it_on_english_pages(portal_in_small):
    assert "Pôle d&#39;analyse en données sociales" in heading(portal_in_small.app.get("/en/dataset/").body)


def test_ckans_screens_speak_of_themes_and_partners(portal_in_small):
    headers = {"Authorization": portal_in_small.tokens["zoe"]}
    for prefix, themes, mine, partners in (
        ("", "Thèmes", "Mes thèmes", "Partenaires"), ("/en", "Themes", "My themes", "Partners"),
    ):  # fmt: skip
        def get(path, prefix=prefix):
            page = portal_in_small.app.get(f"{prefix}{path}", headers=headers).body
            page += " ".join(re.findall(r'aria-(?:label|description)="([^"]*)"', page))
            return " ".join(re.sub(r"<script.*?</script>|<[^>]+>", " ", page, flags=re.DOTALL).split())

        assert mine in get("/dashboard/groups")
        paths = ("/dataset/groups/jj", "/group/new", "/group/edit/aines", "/user/ana/groups", "/ckan-admin/trash",
                 "/group/members/aines", "/group/member_new/aines", "/group/activity/aines")  # fmt: skip
        for path in paths:
            page = get(path)
            assert themes.lower() in page.lower(), path
            assert not re.search(r"(?<!/)\b[Gg]roup(e?s?)\b(?! de population)", page), path
        for path in ("/organization/new", "/organization/edit/pp", "/harvest/ss", "/harvest/admin/ss"):
            page = get(path)
            assert partners in page, path
            assert not re.search(r"\bOrgani[sz]ations\b", page), path


def test_a_datasets_themes_are_those_of_its_field_and_those_it_was_added_to(portal_in_small):
    app, headers = portal_in_small.app, {"Authorization": portal_in_small.tokens["zoe"]}
    group = factories.Group(name="zz-theme", title_translated={"fr": "Mobilité", "en": "Mobility"})

    def page(**form):
        ask = app.post if form else app.get
        body = ask("/en/dataset/groups/jj", headers=headers, data=form).body
        return body[body.index("<h1") : body.index("<footer")]

    def listed(body):
        return re.findall(r"<li><a [^>]*>(.*?)</a>|<li>\s*<a [^>]*>(.*?)</a>", body)

    try:
        before = page()
        assert listed(before) == [("Seniors", "")]
        assert re.findall(r"<option [^>]*>(.*?)</option>", before) == ["Mobility"], "not the one that it has"
        assert listed(page(group_added=group["id"])) == [("Seniors", ""), ("", "Mobility")]
        assert listed(page(**{f"group_remove.{group['id']}": "1"})) == [("Seniors", "")]
    finally:
        model.Session.delete(model.Group.get(group["id"]))
        model.Session.commit()


@pytest.fixture
def read():
    """Names whose texts a page reads, one list a statement."""
    found: list[list[str]] = []

    def note(connection, cursor, statement, parameters, *_):
        if re.match(r'SELECT "group".name AS \w+, "group".title AS \w+, "group".extras', statement):
            found.append(sorted(value for key, value in parameters.items() if key.startswith("name")))

    sa.event.listen(model.meta.engine, "before_cursor_execute", note)
    yield found
    sa.event.remove(model.meta.engine, "before_cursor_execute", note)


def test_a_list_reads_the_texts_of_those_that_it_names_at_once_and_of_nobody_else(portal_in_small, read):
    made = [factories.Organization(name=f"zz-{at}", title_translated={"fr": f"Zz {at}"}) for at in range(4)]
    try:
        app = portal_in_small.app
        app.get("/organization/?q=zz")
        assert read == [[one["name"] for one in made]]
        read.clear()
        assert "Jardins" in app.get("/dataset/").body
        assert sorted(name for names in read for name in names) == ["pp"], "once, and no other"
    finally:
        for one in made:
            model.Session.delete(model.Group.get(one["id"]))
        model.Session.commit()
