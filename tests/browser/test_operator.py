"""The pages of who looks after a harvest source, in both languages: quiet, accessible, as wide as the window."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

PAGES = ("report", "history", "quarantine", "held", "preview")


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_an_operators_pages_have_no_error_and_shut_nobody_out(visit, site, lang):
    sources = site.api("harvest_source_list")
    assert sources, "the portal has no harvest source: load the demonstration"
    reader = visit(390)
    reader.log_in()
    for page in PAGES:
        answer = reader.open(f"{'/en' if lang == 'en' else ''}/harvest/{sources[0]['id']}/{page}")
        assert answer.status == 200, page
        assert reader.page.get_attribute("html", "lang") == lang
        assert reader.page.locator("h1:visible").count() == 1, page
        assert reader.violations() == [], page
        assert reader.sideways() <= 0, page
        assert reader.complaints == [], page
        reader.screenshot(f"operator-{page}-{lang}-390")
