"""What every answer says to a browser, as a scanner (ZAP, Observatory) would look at it, for each kind of page."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

import pytest
from ckan.tests import factories, helpers

ALWAYS = ("X-Content-Type-Options", "Referrer-Policy", "Permissions-Policy", "Cross-Origin-Opener-Policy")
CONTENT = "Content-Security-Policy"


def rules(answer) -> dict[str, list[str]]:
    """The policy of an answer: directive → sources."""
    return {rule.split()[0]: rule.split()[1:] for rule in answer.headers[CONTENT].split(";")}


@pytest.fixture
def portal(site):
    """Somebody's dataset with a file, and who looks at it."""
    admin = factories.SysadminWithToken()
    organisation = factories.Organization(title_translated={"fr": "Ville"})
    dataset = factories.Dataset(owner_org=organisation["id"], user=admin)
    resource = factories.Resource(package_id=dataset["id"], url="https://example.org/a.csv", format="CSV")
    view = helpers.call_action(
        "resource_view_create", context={"user": admin["name"]}, resource_id=resource["id"], view_type="text_view",
        title="Texte",
    )  # fmt: skip
    read = f"/dataset/{dataset['name']}/resource/{resource['id']}"
    return site, admin, {
        "home": "/", "english": "/en/", "search": "/dataset/?q=%3Cscript%3E", "dataset": f"/dataset/{dataset['name']}",
        "resource": read, "view": f"{read}/view/{view['id']}", "partners": "/organization/",
        "partner": f"/organization/{organisation['name']}", "themes": "/group/", "login": "/user/login",
        "reset": "/user/reset", "reset with a key": f"/user/reset/{admin['name']}?key=x", "directory": "/directory",
        "about": "/about", "developers": "/developers", "absent": "/nowhere", "refused": "/ckan-admin/",
        "api": "/api/3/action/status_show", "api refused": "/api/3/action/config_option_list",
        "api absent": "/api/3/action/package_show?id=absent", "api wrong": "/api/3/action/package_show",
        "rdf": f"/dataset/{dataset['name']}.ttl", "feed": "/feeds/dataset.atom", "catalogue": "/catalog.ttl",
        "script": "/base/javascript/main.js", "picture": "/pole/mark.svg", "words": "/api/i18n/fr",
        "new": "/dataset/new", "dashboard": "/dashboard/", "account": "/user/edit",
        "tokens": f"/user/{admin['name']}/api-tokens", "harvest": "/harvest", "settings": "/ckan-admin/config",
        "edit": f"/dataset/edit/{dataset['name']}", "edit resource": f"{read}/edit",
    }  # fmt: skip


def test_every_kind_of_page_says_the_headers_and_lets_no_inline_code_in(portal):
    site, admin, places = portal
    seen = set()
    for headers in ({}, {"Authorization": admin["token"]}):
        for kind, path in places.items():
            answer = site.get(path, headers=headers, follow_redirects=False)
            assert answer.status_code < 500, kind
            for name in ALWAYS:
                assert len(answer.headers.getlist(name)) == 1, (kind, name)
            if kind in ("script", "picture"):
                continue
            said = rules(answer)
            page = answer.headers["Content-Type"].startswith("text/html")
            seen.add((page, answer.status_code))
            assert said["default-src"] == ["'none'"], kind
            everything = " ".join(" ".join(sources) for sources in said.values())
            assert "'unsafe-inline'" not in everything, kind
            assert "'unsafe-eval'" not in everything, kind
            assert "*" not in everything or kind == "view", kind
            if page:
                assert said["script-src"][0] == "'self'", kind
                assert said["object-src"] == ["'none'"], kind
                assert said["base-uri"] == ["'self'"], kind
                assert said["form-action"] == ["'self'"], kind
    assert {(True, 200), (True, 404), (True, 403), (False, 200), (False, 404), (False, 403), (False, 409)} <= seen


def test_all_inline_code_of_every_page_has_its_hash(portal):
    from ckanext.pole.guard import policy

    site, admin, places = portal
    found = 0
    for kind, path in places.items():
        answer = site.get(path, headers={"Authorization": admin["token"]}, follow_redirects=False)
        if not answer.headers["Content-Type"].startswith("text/html"):
            continue
        for hashes in policy.inline(answer.body).parts():
            for one in hashes:
                found += 1
                assert one in answer.headers[CONTENT], (kind, answer.body[:200])
    assert found > len(places)


def test_what_is_asked_in_the_address_gets_no_hash(portal):
    site, _, _ = portal
    from ckanext.pole.guard import policy

    said = site.get("/dataset/", query_string={"q": '"><script>steal()</script>'}).headers[CONTENT]
    assert policy.digest("steal()") not in said


def test_a_preview_is_made_to_be_shown_elsewhere_and_nothing_else_is(portal):
    site, _, places = portal
    view = site.get(places["view"])
    assert rules(view)["frame-ancestors"] == ["*"]
    assert "X-Frame-Options" not in view.headers
    for kind in ("resource", "login", "home", "absent"):
        answer = site.get(places[kind])
        assert rules(answer)["frame-ancestors"] == ["'self'"]
        assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.ckan_config("ckanext.pole.guard.embedders", ["https://partner.example.org"])
def test_an_operator_says_who_may_show_previews(portal):
    site, _, places = portal
    assert rules(site.get(places["view"]))["frame-ancestors"] == ["https://partner.example.org"]


def test_https_is_promised_only_where_it_is_spoken(portal):
    site, _, _ = portal
    assert "Strict-Transport-Security" not in site.get("/").headers
    secure = site.get("/", base_url="https://test.ckan.net/")
    assert re.fullmatch(r"max-age=31536000; includeSubDomains", secure.headers["Strict-Transport-Security"])
    lied = site.get("/", headers={"X-Forwarded-Proto": "https"})
    assert "Strict-Transport-Security" not in lied.headers, "no proxy of ours said so"


def test_the_page_whose_address_holds_a_key_tells_it_to_nobody(portal):
    site, _, places = portal
    assert site.get(places["reset with a key"], follow_redirects=False).headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.ckan_config("ckan.site_url", "https://portal.example.org")
def test_a_site_on_https_sends_its_cookies_over_nothing_else(make_app, portal):
    cookies = make_app().get("/user/login", base_url="https://portal.example.org/").headers.getlist("Set-Cookie")
    assert cookies
    for cookie in cookies:
        assert "Secure" in cookie
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie


@pytest.mark.ckan_config("ckan.site_url", "https://portal.example.org")
def test_a_remembered_login_is_sent_from_no_other_site_and_ends_within_a_day(make_app, portal):
    app = make_app()
    anna = factories.User(password="un-hibou-sur-le-toit-7")
    answer = app.post(
        "/user/login", base_url="https://portal.example.org/", follow_redirects=False,
        data={"login": anna["name"], "password": "un-hibou-sur-le-toit-7", "remember": "63072000"},
    )  # fmt: skip
    assert answer.status_code == 302
    (cookie,) = [cookie for cookie in answer.headers.getlist("Set-Cookie") if cookie.startswith("remember_token=")]
    assert {"Secure", "HttpOnly", "SameSite=Lax"} <= set(cookie.split("; "))
    ends = parsedate_to_datetime(cookie.partition("Expires=")[2].partition(";")[0])
    assert timedelta(0) < ends - datetime.now(timezone.utc) <= timedelta(days=1)


def test_the_api_answers_with_no_script(portal):
    site, _, _ = portal
    answer = site.get("/api/3/action/status_show?callback=steal", expect_errors=True)
    assert answer.status_code == 400
    assert answer.mimetype == "application/json"
    assert "JSONP" in answer.json["error"]["message"]


@pytest.mark.ckan_config("ckan.site_custom_css", "h1 { color: green }")
def test_the_style_sheet_that_an_operator_writes_counts(portal, ckan_config):
    from ckan.common import g
    from ckan.lib.app_globals import app_globals

    from ckanext.pole.guard import policy

    site, _, _ = portal
    assert g is not None
    app_globals.site_custom_css = "h1 { color: green }"
    try:
        answer = site.get("/about")
    finally:
        app_globals.site_custom_css = ""
    sheet = re.search(r"<style>(\s*h1 \{ color: green \}\s*)</style>", answer.body)
    assert sheet
    assert policy.digest(sheet[1]) in answer.headers[CONTENT]
