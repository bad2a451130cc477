"""French and English are equals: one step from each other on every page, and never mixed without saying so."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("kind", ["home", "search", "dataset", "resource", "partner", "theme", "login", "not-found"])
def test_the_switch_keeps_the_page_and_the_question(visit, places, kind):
    reader = visit()
    reader.open(places[kind])
    reader.follow(".pole-header .pole-lang")
    wanted, got = urlsplit(places[kind]), urlsplit(reader.page.url)
    assert reader.page.get_attribute("html", "lang") == "en"
    assert got.path.rstrip("/") == f"/en{wanted.path}".rstrip("/")
    assert parse_qs(got.query) == parse_qs(wanted.query)
    reader.follow(".pole-header .pole-lang")
    assert reader.page.get_attribute("html", "lang") == "fr"
    assert urlsplit(reader.page.url).path.rstrip("/") == wanted.path.rstrip("/")


def test_the_switch_keeps_the_place_on_the_page(visit, places):
    reader = visit(height=600)
    reader.open(places["search"].split("&")[0])
    reader.page.evaluate("window.scrollTo(0, 400)")
    reader.page.evaluate("document.querySelector('.pole-header .pole-lang').click()")
    reader.page.wait_for_url("**/en/dataset/**")
    reader.quiet()
    assert reader.page.evaluate("window.scrollY") == 400


def test_each_page_names_itself_in_the_other_language(visit, places, site):
    reader = visit()
    reader.open(places["search"])
    links = {
        link.get_attribute("hreflang"): link.get_attribute("href")
        for link in reader.page.locator("head link[rel=alternate][hreflang]").all()
    }
    assert set(links) == {"fr", "en", "x-default"}
    assert links["x-default"] == links["fr"]
    assert urlsplit(links["en"]).path.startswith("/en/dataset")
    assert "q=logement" in links["en"]
    assert reader.page.locator(".pole-header .pole-lang").get_attribute("lang") == "en"


def test_a_record_in_french_alone_says_so_on_an_english_page(visit, site):
    found = site.api("package_search", rows=1, fq="-title_en:* title_fr:* dataset_type:dataset")["results"]
    if not found:
        pytest.skip("EVERY RECORD IS IN BOTH LANGUAGES: nothing to fall back on")
    reader = visit()
    reader.open(f"/en/dataset/{found[0]['name']}")
    assert reader.page.locator("h1 [lang=fr]").count() == 1
    assert reader.page.locator(".pole-note").first.is_visible()


def test_a_record_in_both_languages_has_no_such_note(visit, site):
    both = 'pole_translation_state:"en:present" pole_translation_state:"fr:present" dataset_type:dataset'
    found = site.api("package_search", rows=1, fq=both)["results"]
    assert found, "the portal has no record in both languages: load the demonstration"
    reader = visit()
    reader.open(f"/en/dataset/{found[0]['name']}")
    assert reader.page.locator("h1 [lang]").count() == 0
    assert reader.page.locator("h1").inner_text() == found[0]["title_translated"]["en"]
