"""The search page as a reader uses it: by keyboard, by map, with and without scripts."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def known(site):
    """A dataset that everyone sees: its name, its title and a word to begin it with."""
    found = site.api("package_search", fq="dataset_type:dataset", rows=1)["results"][0]
    title = found["title_translated"].get("fr") or found["title"]
    word = next(word for word in re.findall(r"\w+", title) if len(word) > 4)
    return found["name"], title, word


@pytest.mark.parametrize("path", ["/", "/dataset/"])
def test_titles_are_suggested_while_one_types_and_reached_by_keyboard(visit, known, path):
    name, title, _ = known
    size = min(30, len(title) - 2)
    reader = visit()
    reader.open(path)
    box = reader.page.locator("[data-pole-suggest]").first
    box.focus()
    reader.page.keyboard.type(title[:size])
    option = reader.page.locator("[role=option]", has_text=title).first
    option.wait_for()
    assert box.get_attribute("aria-expanded") == "true"
    assert reader.violations() == []
    reader.page.keyboard.press("ArrowDown")
    chosen = reader.page.locator("[role=option][aria-selected=true]")
    assert chosen.get_attribute("id") == box.get_attribute("aria-activedescendant")
    reader.page.keyboard.press("Escape")
    assert box.get_attribute("aria-expanded") == "false"
    assert box.input_value() == title[:size]
    reader.page.keyboard.type(title[size])
    option.wait_for()
    option.click()
    reader.page.wait_for_url(f"**/dataset/{name}")
    assert reader.complaints == []


def test_what_the_map_shows_is_what_is_searched(visit):
    reader = visit(1280, 1200)
    reader.open("/dataset/")
    reader.page.locator(".pole-where > summary").click()
    shown = reader.page.locator(".pole-where__map")
    shown.locator(".leaflet-control-zoom-in").wait_for()
    assert reader.violations() == []
    shown.focus()
    reader.page.keyboard.press("+")
    reader.follow("[data-pole-map] button[type=submit]")
    area = parse_qs(urlsplit(reader.page.url).query)["ext_bbox"][0]
    west, south, east, north = map(float, area.split(","))
    assert -74.5 < west < east < -73
    assert 45 < south < north < 46.2
    assert reader.page.locator(".pole-chip").count() == 1
    assert reader.violations() == []
    assert reader.complaints == []
    reader.screenshot("search-map-fr-1280")


def test_without_a_script_places_are_a_list_and_no_map_is_promised(visit, site):
    reader = visit(java_script_enabled=False)
    reader.open("/dataset/")
    reader.page.locator(".pole-where > summary").click()
    assert not reader.page.locator("[data-pole-map]").is_visible()
    reader.page.select_option("#pole-where-place", index=0)
    reader.follow(".pole-where form:not([data-pole-map]) button")
    assert "places=" in reader.page.url


@pytest.mark.parametrize(("path", "words"), [("/", "Vouliez-vous dire"), ("/en/", "Did you mean")])
def test_a_misspelt_question_is_offered_as_it_may_have_been_meant(visit, path, words):
    reader = visit()
    reader.open(f"{path}dataset/?q=logment")
    assert words in reader.page.locator(".pole-meant").inner_text()
    assert reader.violations() == []
    reader.follow(".pole-meant a")
    assert reader.page.locator(".pole-card mark").count()


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_words_of_the_question_are_marked(visit, known, lang):
    reader = visit()
    reader.open(f"{'/en' if lang == 'en' else ''}/dataset/?q={known[2]}")
    assert reader.page.locator(".pole-card mark").count()
    assert reader.violations() == []
    reader.screenshot(f"search-marked-{lang}-1280")
