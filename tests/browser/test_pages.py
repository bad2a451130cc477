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
def test_a_page_has_no_error_and_nobody_is_shut_out(visit, places, kind, lang, width):
    reader = visit(width)
    answer = reader.open(("/en" if lang == "en" else "") + places[kind])
    assert answer.status == STATUS.get(kind, 200)
    assert reader.page.get_attribute("html", "lang") == lang
    assert reader.page.locator("h1:visible").count() == 1
    assert reader.violations() == []
    assert reader.sideways() <= 0
    assert reader.complaints == []
    reader.screenshot(f"{kind}-{lang}-{width}")


@pytest.mark.parametrize("kind", ["home", "search", "dataset-agreement", "resource", "partner", "login"])
@pytest.mark.parametrize(
    "scheme", [{"color_scheme": "dark"}, {"contrast": "more"}, {"color_scheme": "dark", "contrast": "more"}]
)
def test_dark_and_high_contrast_schemes_stay_readable(visit, places, kind, scheme):
    reader = visit(**scheme)
    reader.open(places[kind])
    assert reader.violations() == []
    reader.screenshot(f"{kind}-{'-'.join(scheme.values())}", whole=False)


@pytest.mark.parametrize("kind", ["home", "search", "dataset-agreement"])
def test_forced_colours_keep_every_word(visit, places, kind):
    reader = visit(forced_colors="active")
    reader.open(places[kind])
    assert reader.page.locator("h1").is_visible()
    assert reader.complaints == []
    reader.screenshot(f"{kind}-forced-colours", whole=False)


@pytest.mark.parametrize(
    "kind",
    [
        "home",
        "search",
        "dataset-agreement",
        "resource",
        "partner",
        "theme",
        "login",
        "developers",
        "not-found",
        "directory",
        "service",
    ],
)
def test_four_times_larger_needs_no_scrolling_sideways(visit, places, kind):
    reader = visit(320, 640)
    reader.open(places[kind])
    assert reader.sideways() <= 0


def test_paper_shows_the_words_and_not_the_tools(visit, places):
    reader = visit()
    reader.open(places["dataset-agreement"])
    reader.page.emulate_media(media="print")
    assert reader.page.locator("h1").is_visible()
    assert reader.page.locator(".pole-answers").is_visible()
    assert not reader.page.locator(".pole-nav").is_visible()
    assert not reader.page.locator(".pole-lang").first.is_visible()


def test_nothing_is_asked_of_another_site(visit, places, site):
    reader = visit()
    asked: list[str] = []
    reader.page.on("request", lambda request: asked.append(request.url))
    for kind in ("home", "search", "dataset", "partner", "login", "directory", "service"):
        reader.open(places[kind])
    host = site.url.split("//")[1]
    assert [url for url in asked if host not in url and not url.startswith(("data:", "blob:"))] == []
