"""What the tests in a browser share: a portal to open, a Chromium, and what every page is held to.

`POLE_URL` names a portal that is up already (its accounts in `POLE_ACCOUNTS`, JSON of name → password); without it
the tests share the portal that `tests/dev` starts.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

playwright_api = pytest.importorskip("playwright.sync_api", reason="PLAYWRIGHT ABSENT: no test in a browser")

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = ROOT / ".local" / "screenshots"
#: Chromium without a window, and without its own errands on the internet.
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
#: Seconds without a request after which a page is quiet: no script of ours or CKAN's waits longer before it asks.
QUIET = 0.12

#: Calls an action as the page's own reader: the session's cookie, and CKAN's CSRF token from the page.
ACT = """async ([action, data]) => {
  const token = document.querySelector('meta[name=_csrf_token], meta[name=csrf_token]')?.content
    ?? document.querySelector('input[name=_csrf_token]')?.value;
  const answer = await fetch(`/api/3/action/${action}`, {
    method: 'POST', headers: {'Content-Type': 'application/json', 'X-CSRFToken': token}, body: JSON.stringify(data),
  });
  return [answer.status, await answer.json()];
}"""

_spec = importlib.util.spec_from_file_location("pole_portal", ROOT / "tests" / "dev" / "portal.py")
assert _spec is not None
assert _spec.loader is not None
_portal = sys.modules.setdefault("pole_portal", importlib.util.module_from_spec(_spec))
if not hasattr(_portal, "Portal"):
    _spec.loader.exec_module(_portal)
portal = _portal.portal


@dataclass
class Site:
    """A portal that answers.

    Attributes:
        url: its address, without a final slash.
        accounts: account → password.
        sessions: account → the cookies of its session, once someone has logged in.
    """

    url: str
    accounts: dict[str, str]
    sessions: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def publisher(self) -> str:
        """An account that may publish."""
        return next((name for name in ("admin", *self.accounts) if name in self.accounts), "")

    def needs(self, *accounts: str) -> None:
        """Skip, loudly, on a portal of somebody's own that lacks these accounts; ours has them, or the test fails."""
        missing = ", ".join(sorted({name or "that may publish" for name in accounts} - set(self.accounts)))
        if missing and "POLE_URL" in os.environ:
            pytest.skip(f"NO ACCOUNT {missing}: give POLE_ACCOUNTS with POLE_URL")
        assert not missing, f"the demonstration made no account {missing}"

    def api(self, action: str, **params: Any) -> Any:
        """The result of an action, as the public gets it."""
        query = urllib.parse.urlencode(params)
        with urllib.request.urlopen(f"{self.url}/api/3/action/{action}?{query}", timeout=60) as answer:
            return json.load(answer)["result"]


@dataclass
class Visit:
    """A page that a reader has open, and what the browser complained about meanwhile."""

    page: Any
    site: Site
    complaints: list[str] = field(default_factory=list)
    asked: set[Any] = field(default_factory=set)

    def open(self, path: str) -> Any:
        """Go there, and wait until the page is quiet."""
        answer = self.page.goto(self.site.url + path)
        self.quiet()
        return answer

    def quiet(self) -> None:
        """Wait until the page has asked for nothing during `QUIET`; Playwright's `networkidle` is half a second."""
        late = time.monotonic() + 30
        still = time.monotonic()
        while time.monotonic() - still < QUIET:
            self.page.wait_for_timeout(20)
            if self.asked:
                still = time.monotonic()
            assert time.monotonic() < late, f"the page never got {[request.url for request in self.asked]}"

    def follow(self, link: Any) -> None:
        """Press a link or a button (a selector, or a locator) that leads to another page; wait until that one is quiet.

        Playwright's click does not wait for the page it leads to: what is counted right after may be counted on a page
        that is only half there.
        """
        target = self.page.locator(link) if isinstance(link, str) else link
        with self.page.expect_navigation(wait_until="load"):
            target.click()
        self.quiet()

    def log_in(self, account: str | None = None) -> None:
        """Log in through the form; a second time, with the session of the first."""
        account = account or self.site.publisher
        self.site.needs(account)
        if account in self.site.sessions:
            self.page.context.add_cookies(self.site.sessions[account])
            return
        self.open("/user/login")
        self.page.fill("#field-login", account)
        self.page.fill("#field-password", self.site.accounts[account])
        self.follow(".primary form button[type=submit]")
        self.site.sessions[account] = self.page.context.cookies()

    def act(self, action: str, **data: Any) -> Any:
        """The result of an action, asked for from the open page: what a form would take many pages to do."""
        status, answer = self.page.evaluate(ACT, [action, data])
        assert status == 200, answer
        return answer["result"]

    def violations(self) -> list[str]:
        """What axe-core finds against WCAG 2.2 A and AA, a line each."""
        from axe_playwright_python.sync_playwright import Axe

        found = Axe().run(self.page, options={"runOnly": WCAG, "resultTypes": ["violations"]}).response["violations"]
        return [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]]

    def sideways(self) -> int:
        """Pixels by which the page is wider than the window."""
        return self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")

    def screenshot(self, name: str, whole: bool = True) -> None:
        """Keep what the page looks like, under `.local/screenshots`."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=str(SCREENSHOTS / f"{name}.png"), full_page=whole)


@pytest.fixture(scope="session")
def site(request: pytest.FixtureRequest) -> Site:
    """The portal under test."""
    if url := os.environ.get("POLE_URL"):
        return Site(url.rstrip("/"), json.loads(os.environ.get("POLE_ACCOUNTS", "{}")))
    running = request.getfixturevalue("portal")
    return Site(running.url, running.accounts)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One Chromium for all tests."""
    program = os.environ.get("POLE_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not program:
        pytest.skip("CHROMIUM ABSENT: install it, or name it in POLE_CHROMIUM")
    with playwright_api.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=program, args=list(FLAGS))
        yield browser
        browser.close()


def _start(chromium: Any, site: Site, width: int = 1280, height: int = 900, **options: Any) -> Visit:
    """A reader in a browser of their own."""
    options = {"viewport": {"width": width, "height": height}, "reduced_motion": "reduce", **options}
    opened = Visit(chromium.new_context(**options).new_page(), site)

    def complain(message: Any) -> None:
        # The browser itself notes the status of a page that is an error on purpose.
        own = message.location.get("url") == opened.page.url and "Failed to load resource" in message.text
        if message.type == "error" and not own:
            opened.complaints.append(f"{message.text} ({message.location.get('url')})")

    opened.page.on("console", complain)
    opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))

    def ask(request: Any) -> None:
        opened.asked.add(request)
        if not request.url.startswith((f"{site.url}/", "data:", "blob:")):
            opened.complaints.append(f"another site was asked: {request.url}")

    def answered(request: Any) -> None:
        opened.asked.discard(request)

    opened.page.on("request", ask)
    opened.page.on("requestfinished", answered)
    opened.page.on("requestfailed", answered)
    return opened


@pytest.fixture
def visit(chromium: Any, site: Site) -> Iterator[Callable[..., Visit]]:
    """Open a browser of a reader's own: `visit(width=390, java_script_enabled=False, …)`."""
    readers: list[Visit] = []

    def start(width: int = 1280, height: int = 900, **options: Any) -> Visit:
        readers.append(_start(chromium, site, width, height, **options))
        return readers[-1]

    yield start
    for reader in readers:
        reader.page.context.close()


@pytest.fixture(scope="module")
def strollers(chromium: Any, site: Site) -> Iterator[Callable[[int], Visit]]:
    """Readers who keep their browser from page to page, one a width: they change nothing and log in nowhere."""
    readers: dict[int, Visit] = {}

    def stroll(width: int) -> Visit:
        if width not in readers:
            readers[width] = _start(chromium, site, width)
        readers[width].complaints.clear()
        return readers[width]

    yield stroll
    for reader in readers.values():
        reader.page.context.close()


def _first(site: Site, what: str, **params: Any) -> dict[str, Any]:
    found = site.api("package_search", rows=1, **params)["results"]
    assert found, f"the portal has no {what}: load the demonstration"
    return found[0]


@pytest.fixture(scope="session")
def places(site: Site) -> dict[str, str]:
    """Kind of page → the path of one such page on this portal."""
    dataset = _first(site, "dataset of a partner", fq="themes:* access_tier:open dataset_type:dataset res_format:CSV")
    agreement = _first(site, "dataset under agreement", fq="access_tier:agreement")
    housing = _first(site, "dataset about housing with a theme", q="logement", fq="themes:* dataset_type:dataset")
    theme = housing["themes"][0]
    resource = next((item for item in dataset["resources"] if item.get("datastore_active")), dataset["resources"][0])
    service = site.api("pole_directory_search", q="alimentaire", limit=1)["results"][0]
    return {
        "home": "/",
        "search": f"/dataset/?q=logement&themes={theme}",
        "nothing-found": "/dataset/?q=qwxzqwxz",
        "dataset": f"/dataset/{dataset['name']}",
        "dataset-agreement": f"/dataset/{agreement['name']}",
        "resource": f"/dataset/{dataset['name']}/resource/{resource['id']}",
        "partners": "/organization/",
        "partner": f"/organization/{agreement['organization']['name']}",
        "themes": "/group/",
        "theme": f"/group/{theme}",
        "translations": f"/translations/{dataset['organization']['name']}",
        "dictionary": f"/dataset/{dataset['name']}/dictionary/{resource['id']}",
        "login": "/user/login",
        "reset": "/user/reset",
        "about": "/about",
        "accessibility": "/accessibility",
        "privacy": "/privacy",
        "terms": "/terms",
        "contact": "/contact",
        "developers": "/developers",
        "directory": "/directory?q=alimentaire",
        "directory-wrong": "/directory?q=repas&age=dix&latitude=45",
        "service": f"/directory/{service['id']}",
        "not-found": "/nowhere-at-all",
        "forbidden": "/ckan-admin/",
    }
