"""Forms that a community worker can finish: by keys alone, without a script, and losing nothing on an error."""

from __future__ import annotations

import uuid

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def draft(site, visit):
    """A name for a dataset that is deleted afterwards."""
    name = f"essai-navigateur-{uuid.uuid4().hex[:8]}"
    yield name
    reader = visit()
    reader.log_in()
    reader.page.goto(f"{site.url}/dataset/delete/{name}")
    confirm = reader.page.locator("form button[name=delete]")
    if confirm.count():
        reader.follow(confirm)


def _tab_to(page, selector: str, most: int = 200) -> None:
    for _ in range(most):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no key leads to {selector}")


@pytest.mark.parametrize("form", ["dataset", "resource"])
def test_the_form_is_accessible_wide_and_narrow(visit, places, form):
    path = {"dataset": "/dataset/new", "resource": f"{places['dataset']}/resource/new"}[form]
    for width in (1280, 390):
        reader = visit(width)
        reader.log_in()
        reader.open(path)
        assert reader.violations() == []
        assert reader.sideways() <= 0
        reader.screenshot(f"form-{form}-fr-{width}")
        reader.page.set_viewport_size({"width": 320, "height": 640})
        assert reader.sideways() <= 0
        assert reader.complaints == []


@pytest.mark.parametrize("path", ["/organization/new", "/group/new", "/dashboard/datasets", "/harvest"])
def test_the_other_desks_are_accessible(visit, path):
    reader = visit()
    reader.log_in()
    if reader.open(path).status != 200:
        pytest.skip(f"{path} IS NOT FOR THIS ACCOUNT")
    assert reader.violations() == []
    assert reader.complaints == []
    reader.screenshot(f"desk{path.replace('/', '-')}-fr-1280")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("kind", ["translations", "dictionary", "forbidden"])
def test_the_desks_of_texts_columns_and_people_are_accessible(visit, places, kind, width):
    reader = visit(width)
    reader.log_in()
    assert reader.open(places[kind]).status == 200
    assert reader.violations() == []
    assert reader.sideways() <= 0
    assert reader.complaints == []
    reader.screenshot(f"desk-{kind}-fr-{width}")


def test_keywords_that_others_use_are_offered_each_language_its_own(visit, site):
    used = site.api("package_search", rows=0, **{"facet.field": '["keywords_fr"]', "facet.limit": 1})["facets"]
    word = next(iter(used["keywords_fr"]))
    reader = visit()
    reader.log_in()
    reader.open("/dataset/new")
    reader.page.focus("#field-keywords-fr")
    reader.page.keyboard.type(f"déjà là, {word[:4].upper()}")
    reader.page.locator(f'#field-keywords-fr-used option[value="déjà là, {word}"]').wait_for(state="attached")
    assert reader.page.locator("#field-keywords-en-used option").count() == 0
    assert reader.complaints == []


def test_french_comes_first_and_english_stands_beside_it(visit):
    reader = visit()
    reader.log_in()
    reader.open("/dataset/new")
    french = reader.page.locator("#field-title_translated-fr").bounding_box()
    english = reader.page.locator("#field-title_translated-en").bounding_box()
    assert french["x"] < english["x"]
    assert french["y"] == english["y"]
    assert reader.page.get_attribute("#field-title_translated-fr", "lang") == "fr"
    assert reader.page.get_attribute("#field-title_translated-en", "lang") == "en"


@pytest.mark.parametrize("scripts", [True, False])
def test_errors_lead_to_their_fields_and_nothing_typed_is_lost(visit, scripts):
    reader = visit(java_script_enabled=scripts)
    reader.log_in()
    reader.open("/dataset/new")
    page = reader.page
    page.fill("#field-title_translated-en", "Only in <b>English</b>")
    page.fill("#field-keywords-fr", "logement, été")
    page.fill("#field-contact_email", "not an address")
    page.fill("#field-period_start", "2025-05-01")
    page.fill("#field-period_end", "2024-05-01")
    page.check("#field-themes-aines")
    reader.follow(".form-actions button[name=save]")
    summary = page.locator("#form-errors")
    assert summary.is_visible()
    assert page.input_value("#field-title_translated-en") == "Only in <b>English</b>"
    assert page.input_value("#field-keywords-fr") == "logement, été"
    assert page.input_value("#field-contact_email") == "not an address"
    assert page.input_value("#field-period_end") == "2024-05-01"
    assert page.is_checked("#field-themes-aines")
    assert not page.is_checked("#field-themes-alimentation")
    for link in summary.locator("a").all():
        assert page.locator(link.get_attribute("href")).count() == 1
    summary.locator("a[href='#field-title_translated-fr']").click()
    assert page.evaluate("document.activeElement.id") in ("field-title_translated-fr", "")
    described = page.get_attribute("#field-title_translated-fr", "aria-describedby")
    assert "field-title_translated-error" in described
    if scripts:
        assert reader.violations() == []
        reader.screenshot("form-errors-fr-1280")


def test_a_dataset_is_published_by_keys_alone(visit, draft, site):
    reader = visit()
    reader.log_in()
    reader.open("/dataset/new")
    page = reader.page
    _tab_to(page, "#field-title_translated-fr")
    page.keyboard.type("Essai au clavier")
    _tab_to(page, ".slug-preview button")
    page.keyboard.press("Enter")
    page.focus("#field-title_translated-fr")
    _tab_to(page, "#field-name")
    page.keyboard.press("Control+A")
    page.keyboard.type(draft)
    _tab_to(page, "#field-notes_translated-fr")
    page.keyboard.type("Un jeu de données créé sans souris.")
    _tab_to(page, "#field-themes-aines")
    page.keyboard.press("Space")
    _tab_to(page, ".form-actions button[name=save]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/resource/new")
    reader.quiet()
    _tab_to(page, "#resource-link-button")
    page.keyboard.press("Enter")
    _tab_to(page, "#field-resource-url")
    page.keyboard.type("https://example.org/donnees.csv")
    _tab_to(page, "button[value=go-metadata]")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/dataset/{draft}")
    assert page.locator("h1").inner_text().startswith("Essai au clavier")
    assert reader.complaints == []


def test_a_dataset_is_published_without_a_script_on_a_page_four_times_larger(visit, draft, site):
    reader = visit(320, 640, java_script_enabled=False)
    reader.log_in()
    reader.open("/dataset/new")
    page = reader.page
    page.fill("#field-title_translated-fr", "Essai sans script")
    page.fill("#field-name", draft)
    page.fill("#field-notes_translated-fr", "Un jeu de données créé sans script.")
    page.check("#field-themes-aines")
    reader.follow(".form-actions button[name=save]")
    assert reader.sideways() <= 0
    page.fill("#field-resource-url", "https://example.org/donnees.csv")
    reader.follow("button[value=go-metadata]")
    assert page.url == f"{site.url}/dataset/{draft}"
    assert page.locator("h1").inner_text().startswith("Essai sans script")
    assert page.locator(".resource-item").count() == 1
    assert reader.sideways() <= 0
