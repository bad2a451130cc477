"""An agreement from its first line to its renewal, as three people live it in their browsers.

David answers for the data at Centraide; Esther signs for the food council; Farid, a member of it, reads.
"""

from __future__ import annotations

import time
import uuid
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

SHEETS = Path(__file__).resolve().parents[2] / ".local" / "screenshots"
ACCOUNTS = ("david-centraide", "esther-alimentation", "farid-alimentation")
SECRET = "canari-de-l-entente"

#: Deposits a file, as the form does.
DEPOSIT = """async ([dataset, text]) => {
  const token = document.querySelector('meta[name=_csrf_token], meta[name=csrf_token]')?.content
    ?? document.querySelector('input[name=_csrf_token]')?.value;
  const form = new FormData();
  form.append('package_id', dataset);
  form.append('format', 'CSV');
  form.append('name_translated', JSON.stringify({fr: 'Fichier'}));
  form.append('upload', new Blob([text], {type: 'text/csv'}), 'fichier.csv');
  const answer = await fetch('/api/3/action/resource_create', {
    method: 'POST', headers: {'X-CSRFToken': token}, body: form,
  });
  return [answer.status, await answer.json()];
}"""


def deposit(reader: Any, dataset: str, text: str) -> Any:
    """A resource with a file of our own."""
    status, answer = reader.page.evaluate(DEPOSIT, [dataset, text])
    assert status == 200, answer
    return answer["result"]


def quiet(reader: Any, name: str, scan: bool = True) -> None:
    """The page is accessible, complains of nothing, and is as wide as the window."""
    if scan:
        assert reader.violations() == [], name
    assert reader.sideways() <= 0, name
    assert reader.complaints == [], name
    reader.screenshot(f"access-{name}-fr-1280")


@pytest.fixture
def people(site, visit):
    """The three, each logged in."""
    site.needs(*ACCOUNTS)
    readers = []
    for name in ACCOUNTS:
        reader = visit()
        reader.log_in(name)
        readers.append(reader)
    return readers


def test_from_the_policy_to_the_renewal(site, people):
    david, esther, farid = people
    mark = uuid.uuid4().hex[:6]
    began = time.monotonic()

    # The custodian writes a policy.
    david.open("/access/desk/centraide-grand-montreal")
    quiet(david, "desk-custodian")
    david.follow("a[href*='/access/policy/new']")
    quiet(david, "policy-form")
    david.page.fill("#field-title_translated-fr", f"Politique {mark}")
    david.page.fill("#field-title_translated-en", f"Policy {mark}")
    david.page.check("#field-use_codes-research")
    david.page.fill("#field-terms_translated-fr", "1. Planifier, rien d’autre.")
    david.follow(".form-actions button")
    quiet(david, "policy")
    policy = david.page.url.rsplit("/", 1)[-1]
    pace = (time.monotonic() - began) / 4

    # A dataset under it, with a file and a table.
    dataset = david.act(
        "package_create", name=f"essai-entente-{mark}", owner_org="centraide-grand-montreal",
        title_translated={"fr": f"Essai {mark}"}, notes_translated={"fr": "Essai d’une entente."},
        access_tier="agreement", access_policy=policy,
    )  # fmt: skip
    table = david.act(
        "datastore_create", fields=[{"id": "mot", "type": "text"}], records=[{"mot": SECRET}],
        resource={"package_id": dataset["id"], "name_translated": {"fr": "Tableau"}, "format": "CSV"},
    )["resource_id"]  # fmt: skip
    path = f"/dataset/{dataset['name']}"
    deposited = deposit(david, dataset["id"], f"mot\n{SECRET}\n")["id"]
    file = f"{path}/resource/{deposited}/download/fichier.csv"
    dump = f"/datastore/dump/{table}"
    call = f"/api/3/action/datastore_search?resource_id={table}"

    def reads() -> list[bool]:
        """Whether Farid gets the file, the table as a file, and the table by the API."""
        answers = [farid.page.request.get(site.url + where, max_redirects=0) for where in (file, dump, call)]
        return [answer.status == 200 and SECRET in answer.text() for answer in answers]

    def reason() -> str:
        """Why not: the code and the words that Farid finds on the dataset's page."""
        farid.open(path)
        panel = farid.page.locator("#access")
        return f"{panel.get_attribute('data-code')}: {panel.locator('p').first.inner_text()}"

    try:
        assert reads() == [False, False, False]
        assert "agreement_required: Ces données sont réservées" in reason()
        quiet(farid, "dataset-refused")

        # The custodian writes the draft by the form, whose days are too long to wait for: it ends while we look. The
        # time left follows the pace of this machine.
        david.follow("a[href*='/access/agreement/new']")
        partner = david.act("organization_show", id="conseil-systeme-alimentaire")["id"]
        david.page.select_option("#field-org_id", partner)
        david.follow(".form-actions button")
        agreement = david.page.url.rsplit("/", 1)[-1]
        home = f"/access/agreement/{agreement}"
        end = datetime.now(timezone.utc) + timedelta(seconds=15 + 18 * pace)
        david.act("pole_agreement_update", id=agreement, valid_until=end.isoformat())
        david.follow("a[href$='/propose']")
        david.follow(".form-actions button")

        # The partner signs, and only then its member reads, once the terms are accepted.
        esther.open("/access/desk/conseil-systeme-alimentaire?side=partner")
        esther.follow(f"a[href$='{agreement}/sign']")
        esther.page.check("#field-read")
        esther.follow(".form-actions button")
        assert esther.page.locator(".badge", has_text="en vigueur").count() == 1
        assert "terms_required" in reason()
        farid.follow("#access .btn")
        farid.page.check("#field-read")
        farid.follow(".form-actions button")
        assert reads() == [True, True, True]
        farid.open(f"{path}/resource/{table}")
        farid.page.frame_locator(".pole-preview iframe").locator("td", has_text=SECRET).first.wait_for()
        farid.open(f"{path}/resource/{deposited}")
        with farid.page.expect_download() as coming:
            farid.page.click("a.resource-url-analytics")
        assert SECRET in Path(coming.value.path()).read_text("utf-8")

        # Suspended: refused, with the custodian's reason one click away. Resumed: read again.
        david.open(home)
        david.follow("a[href$='/suspend']")
        david.page.fill("#field-reason", "Vérification en cours.")
        david.follow(".form-actions button")
        assert reads() == [False, False, False]
        assert "agreement_suspended: L’entente de votre organisation est suspendue" in reason()
        farid.follow("#access .btn")
        assert "Vérification en cours." in farid.page.inner_text("article")
        david.follow("a[href$='/resume']")
        david.follow(".form-actions button")
        assert reads() == [True, True, True]

        # Expired: refused on the next request, nobody having done anything.
        assert datetime.now(timezone.utc) < end, "this machine is too slow for the story"
        quiet(esther, "agreement")
        assert_prints_whole(esther)
        time.sleep(max(0.0, (end - datetime.now(timezone.utc)).total_seconds()) + 0.2)
        assert reads() == [False, False, False]
        assert "agreement_expired: L’entente de votre organisation a pris fin le" in reason()

        # Renewed: proposed, signed, read again.
        david.open(home)
        david.follow("a[href$='/renew']")
        quiet(david, "agreement-form")
        david.follow(".form-actions button")
        david.follow("a[href$='/propose']")
        david.follow(".form-actions button")
        esther.open("/access/desk/conseil-systeme-alimentaire?side=partner")
        quiet(esther, "desk-partner")
        renewal = david.page.url.rsplit("/", 1)[-1]
        esther.follow(f"a[href$='{renewal}/sign']")
        quiet(esther, "sign")
        esther.page.check("#field-read")
        esther.follow(".form-actions button")
        assert reads() == [True, True, True]
        farid.open(path)
        assert farid.page.locator("#access .btn").count() == 0

        farid.open("/access/mine")
        quiet(farid, "mine")
        farid.open(f"/en/access/policy/{policy}/terms")
        assert farid.page.locator(".pole-terms").get_attribute("lang") == "fr"
        assert farid.violations() == []
    finally:
        david.open("/access/mine")
        david.act("package_delete", id=dataset["id"])


def assert_prints_whole(reader: Any) -> None:
    """On paper: the agreement, its terms and its signature; nothing to click."""
    reader.page.emulate_media(media="print")
    try:
        for shown in ("h1", ".pole-terms", ".pole-facts", "article >> text=/esther/i"):
            assert reader.page.locator(shown).first.is_visible(), shown
        for hidden in (".pole-nav", ".pole-header__tools", ".breadcrumb", ".pole-noprint", ".btn"):
            assert not any(found.is_visible() for found in reader.page.locator(hidden).all()), hidden
        SHEETS.mkdir(parents=True, exist_ok=True)
        sheet = reader.page.pdf(path=str(SHEETS / "access-agreement.pdf"), format="Letter")
        assert sheet.startswith(b"%PDF")
    finally:
        reader.page.emulate_media(media="screen")


def test_a_person_asks_by_a_plain_form(site, visit):
    """Without a script: the form, an error that loses nothing, the custodian's desk."""
    site.needs("gaelle-partenaire")
    reader = visit(390, java_script_enabled=False)
    reader.log_in("gaelle-partenaire")
    reader.page.goto(f"{site.url}/access/request/new?dataset=paniers-distribution")
    reader.page.fill("#field-people", "Moi seule")
    reader.follow(".form-actions button")
    assert reader.page.locator("#form-errors").is_visible()
    assert reader.page.input_value("#field-people") == "Moi seule"
    assert reader.page.locator("#field-purpose").get_attribute("aria-invalid") == "true"


@pytest.mark.parametrize("path", ["/access/", "/access/?view=policies", "/access/uses"])
def test_the_register_is_for_everyone_in_both_languages(visit, path):
    for lang, width in (("fr", 1280), ("en", 390)):
        reader = visit(width)
        assert reader.open(("/en" if lang == "en" else "") + path).status == 200
        assert reader.page.get_attribute("html", "lang") == lang
        assert reader.violations() == []
        assert reader.sideways() <= 0
        assert reader.complaints == []
