"""The way through the portal without a mouse."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


def test_the_first_key_offers_to_skip_to_the_content(visit):
    reader = visit()
    reader.open("/dataset/")
    reader.page.keyboard.press("Tab")
    assert reader.page.evaluate("document.activeElement.className") == "pole-skip"
    assert reader.page.locator(".pole-skip").bounding_box()["y"] >= 0
    reader.page.keyboard.press("Enter")
    reader.page.keyboard.press("Tab")
    assert reader.page.evaluate("document.activeElement.closest('#content') !== null")


def test_a_question_is_asked_and_an_answer_opened_by_keys_alone(visit):
    reader = visit()
    reader.open("/")
    reader.page.keyboard.press("Tab")
    reader.page.keyboard.press("Enter")
    reader.page.keyboard.press("Tab")
    reader.page.keyboard.type("logement")
    reader.page.keyboard.press("Enter")
    reader.page.wait_for_url("**/dataset/?q=logement")
    for _ in range(80):
        reader.page.keyboard.press("Tab")
        if reader.page.evaluate("document.activeElement.closest('.pole-card--dataset') !== null"):
            break
    reader.page.keyboard.press("Enter")
    reader.page.wait_for_url(lambda url: "?" not in url)
    assert reader.page.locator(".pole-answers").count() == 1


def test_where_the_focus_is_can_be_seen(visit):
    reader = visit()
    reader.open("/")
    for _ in range(12):
        reader.page.keyboard.press("Tab")
        seen = reader.page.evaluate(
            """() => {
                const here = document.activeElement;
                const styles = [getComputedStyle(here), getComputedStyle(here, '::after')];
                return styles.some(style => style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 3);
            }"""
        )
        assert seen, reader.page.evaluate("document.activeElement.outerHTML.slice(0, 120)")


def test_a_menu_closes_on_escape_and_gives_the_focus_back(visit):
    reader = visit(390)
    reader.open("/")
    reader.page.focus(".pole-menu--main > summary")
    reader.page.keyboard.press("Enter")
    assert reader.page.locator(".pole-menu--main .pole-menu__sheet").is_visible()
    reader.page.keyboard.press("Escape")
    assert not reader.page.locator(".pole-menu--main .pole-menu__sheet").is_visible()
    assert reader.page.evaluate("document.activeElement.tagName") == "SUMMARY"
