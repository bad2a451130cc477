"""The portal with JavaScript off."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def plain(visit):
    """A reader whose browser runs no script."""

    def start(width: int = 1280):
        return visit(width, java_script_enabled=False)

    return start


def test_a_question_a_filter_and_an_order_still_work(plain):
    reader = plain()
    reader.open("/")
    reader.page.fill("#pole-ask", "logement")
    reader.follow(".pole-ask button")
    assert "q=logement" in reader.page.url
    reader.follow(reader.page.locator(".pole-facet__value").first)
    assert reader.page.locator(".pole-chip").count() >= 1
    assert "q=logement" in reader.page.url
    reader.page.select_option("#field-order-by", "title_string asc")
    reader.follow(".pole-sort__go")
    assert "sort=title_string" in reader.page.url
    assert reader.page.locator(".pole-chip").count() >= 1
    reader.follow(reader.page.locator(".pole-chip").first)
    assert reader.page.locator(".pole-chip").count() == 0


def test_my_neighbourhood_is_a_plain_form(plain):
    reader = plain()
    reader.open("/")
    code = reader.page.locator("#pole-place option").first.get_attribute("value")
    reader.page.select_option("#pole-place", code)
    reader.follow(".pole-place button")
    assert f"places={code}" in reader.page.url
    assert reader.page.locator(".pole-card--dataset").count() > 0


def test_the_menu_of_a_phone_opens(plain):
    reader = plain(390)
    reader.open("/")
    reader.page.click(".pole-menu--main > summary")
    reader.follow(reader.page.locator(".pole-menu--main a", has_text="Thèmes"))
    assert reader.page.url.rstrip("/").endswith("/group")


def test_filters_of_a_phone_open_above_the_results(plain):
    reader = plain(390)
    reader.open("/dataset/")
    summary = reader.page.locator(".pole-filters > summary")
    assert summary.bounding_box()["y"] < reader.page.locator(".pole-card--dataset").first.bounding_box()["y"]
    summary.click()
    assert reader.page.locator(".pole-facet").first.is_visible()


def test_filters_stand_beside_the_results_on_a_wide_screen(plain):
    reader = plain()
    reader.open("/dataset/")
    assert reader.page.locator(".pole-facet").first.is_visible()


def test_a_dataset_and_its_resource_can_be_read(plain, places):
    reader = plain()
    reader.open(places["dataset"])
    assert reader.page.locator(".pole-answers").is_visible()
    reader.follow(reader.page.locator(".pole-resource__do .btn-primary").first)
    assert reader.page.locator("h1").is_visible()
    assert reader.page.locator(".pole-api").is_visible()


def test_a_service_is_found_and_its_sheet_read(plain):
    reader = plain(390)
    reader.open("/directory")
    reader.page.fill("#directory-q", "dépannage alimentaire")
    reader.follow(".pole-directory__main button")
    assert reader.page.locator(".pole-service").count() > 0
    assert reader.page.locator(".pole-map svg .pole-map__point").count() > 0
    reader.follow(reader.page.locator(".pole-service h3 a").first)
    assert reader.page.locator(".pole-sheet__facts").first.is_visible()
    reader.page.emulate_media(media="print")
    assert reader.page.locator("h1").is_visible()
    assert not reader.page.locator(".pole-nav").is_visible()
