"""Every kind of page, in both languages, wide and narrow: quiet, accessible, as wide as the window."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

KINDS = (
    "home", "search", "nothing-found", "dataset", "dataset-agreement", "resource", "partners", "partner", "themes",
    "theme", "login", "reset", "about", "accessibility", "privacy", "terms", "contact", "developers", "not-found",
    "forbidden", "directory", "directory-wrong", "service",
)  # fmt: skip
STATUS = {"not-found": 404, "forbidden": 403, "directory-wrong": 400}


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_page_has_no_error_and_nobody_is_shut_out(strollers, places, kind, lang, width):
    reader = strollers(width)
    reader.page.set_viewport_size({"width": width, "height": 900})
    answer = reader.open(("/en" if lang == "en" else "") + places[kind])
    assert answer.status == STATUS.get(kind, 200)
    assert reader.page.get_attribute("html", "lang") == lang
    assert reader.page.locator("h1:visible").count() == 1
    assert reader.violations() == []
    assert reader.sideways() <= 0
    reader.screenshot(f"{kind}-{lang}-{width}")
    if width == 390:
        # Four times larger on a screen of 1280: no scrolling sideways.
        reader.page.set_viewport_size({"width": 320, "height": 640})
        assert reader.sideways() <= 0
    assert reader.complaints == []


@pytest.mark.parametrize("kind", ["home", "search", "dataset-agreement", "resource", "partner", "login", "directory"])
def test_dark_and_high_contrast_schemes_stay_readable(visit, places, kind):
    reader = visit()
    reader.open(places[kind])
    for scheme in (
        {"color_scheme": "dark"},
        {"color_scheme": "light", "contrast": "more"},
        {"color_scheme": "dark", "contrast": "more"},
    ):
        reader.page.emulate_media(**scheme)
        assert reader.violations() == [], scheme
        reader.screenshot(f"{kind}-{'-'.join(scheme.values())}", whole=False)
    reader.page.emulate_media(color_scheme="light", contrast="no-preference", forced_colors="active")
    assert reader.page.locator("h1").is_visible()
    assert reader.complaints == []
    reader.screenshot(f"{kind}-forced-colours", whole=False)


def test_paper_shows_the_words_and_not_the_tools(visit, places):
    reader = visit()
    reader.open(places["dataset-agreement"])
    reader.page.emulate_media(media="print")
    assert reader.page.locator("h1").is_visible()
    assert reader.page.locator(".pole-answers").is_visible()
    assert not reader.page.locator(".pole-nav").is_visible()
    assert not reader.page.locator(".pole-lang").first.is_visible()


def test_asking_another_site_is_a_complaint(visit, places):
    reader = visit()
    reader.open(places["login"])
    reader.page.evaluate("fetch('http://localhost:9/x').catch(() => 0)")
    reader.quiet()
    assert any("localhost:9" in said for said in reader.complaints)
