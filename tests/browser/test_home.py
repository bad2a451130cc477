"""The front door tells the truth."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.browser


def _number(text: str) -> int:
    return int(re.sub(r"\D", "", text))


def test_its_figures_are_those_of_the_catalogue(visit, site):
    reader = visit()
    reader.open("/")
    shown = [_number(text) for text in reader.page.locator(".pole-figures strong").all_inner_texts()]
    found = site.api("package_search", rows=0, fq="dataset_type:dataset", **{
        "facet.field": '["organization","places"]', "facet.limit": -1,
    })  # fmt: skip
    assert shown == [found["count"], len(found["facets"]["organization"]), len(found["facets"]["places"])]


def test_each_theme_counts_what_its_page_lists(visit, site):
    reader = visit()
    reader.open("/")
    themes = [
        (theme.locator("a").get_attribute("href"), _number(theme.locator("p").inner_text()))
        for theme in reader.page.locator(".pole-theme").all()
    ]
    assert len(themes) == 8
    link, count = max(themes, key=lambda theme: theme[1])
    assert count > 0
    reader.open(link)
    assert _number(reader.page.locator(".pole-results__count").inner_text()) == count


def test_a_popular_question_leads_to_answers(visit):
    reader = visit()
    reader.open("/")
    reader.follow(reader.page.locator(".pole-hero__often a").first)
    assert "/dataset/?q=" in reader.page.url
    assert reader.page.locator(".pole-card--dataset").count() > 0
