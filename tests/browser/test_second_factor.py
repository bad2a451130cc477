"""The two-step login as a person meets it: by keys alone, in both languages, with a wrong code on the way."""

from __future__ import annotations

import re
import time
import uuid

import pyotp
import pytest

pytestmark = pytest.mark.browser

PASSWORD = "un-hibou-sur-le-toit-7"
STEP = 30
"""Seconds that a code lasts."""
WRONG = {"fr": "n’est pas bon", "en": "not right"}


class Device:
    """What makes the codes. The portal takes those of the step before and after as well, each once and in order."""

    def __init__(self, secret: str) -> None:
        self.totp = pyotp.TOTP(secret)

    def code(self, away: int) -> str:
        """The digits of a step: 0 now, -1 the one before."""
        if (left := STEP - time.time() % STEP) < 4:  # not the one that ends while it is typed
            time.sleep(left)
        return self.totp.at(int(time.time()) + away * STEP)


@pytest.fixture
def newcomer(visit, site):
    """The name of a new account; gone afterwards."""
    site.needs("admin")
    name = f"hibou-{uuid.uuid4().hex[:8]}"
    keeper = visit()
    keeper.log_in("admin")
    keeper.open("/user/login")
    keeper.act("user_create", name=name, email=f"{name}@example.org", password=PASSWORD)
    yield name
    keeper.act("user_delete", id=name)


def by_keys(reader, selector: str, text: str = "", most: int = 120) -> None:
    """Go to a field or a button with the tab key, as far as it takes, and type."""
    for _ in range(most):
        if reader.page.evaluate("selector => document.activeElement.matches(selector)", selector):
            break
        reader.page.keyboard.press("Tab")
    else:
        raise AssertionError(f"no key leads to {selector}")
    reader.page.keyboard.type(text)


def enter(reader) -> None:
    """Press the key that sends a form; wait for the page that it leads to."""
    with reader.page.expect_navigation(wait_until="load"):
        reader.page.keyboard.press("Enter")
    reader.quiet()


def log_in_by_keys(reader, start: str, name: str) -> None:
    """Give the password, in the form of a language."""
    reader.open(f"{start}/user/login")
    by_keys(reader, "#field-login", name)
    by_keys(reader, "#field-password", PASSWORD)
    enter(reader)


def well(reader, name: str) -> None:
    assert reader.violations() == [], name
    assert reader.sideways() <= 0, name
    assert reader.complaints == [], name
    reader.screenshot(f"second-factor-{name}")


def told_beside(reader, field: str) -> str:
    """The words of an error: beside the field, which names them, and on top."""
    described = reader.page.get_attribute(field, "aria-describedby")
    assert reader.page.get_attribute(field, "aria-invalid") == "true"
    words = reader.page.locator(f"#{described}").inner_text().strip()
    assert words in reader.page.locator(".error-explanation").inner_text()
    return words


@pytest.mark.parametrize(("language", "width"), [("fr", 1280), ("en", 390)])
def test_one_sets_it_up_and_logs_in_with_it_by_keys_alone(visit, newcomer, language, width):
    wrong, paper = WRONG[language], language == "en"
    start = "" if language == "fr" else "/en"
    reader = visit(width)
    page = reader.page

    # The password opens the account, as long as there is no second step.
    log_in_by_keys(reader, start, newcomer)

    # Set it up: the secret as a picture and as text.
    reader.open(f"{start}/user/{newcomer}/second-factor")
    assert page.get_attribute("html", "lang") == language
    well(reader, f"setting-up-{language}")
    secret = page.locator("code").inner_text()
    assert page.locator("[role=img] svg").count() == 1
    device = Device(secret.replace(" ", ""))

    # A wrong code: said beside the field, and the device need not be set up again.
    by_keys(reader, "#field-code", "000000")
    by_keys(reader, "#field-password", PASSWORD)
    enter(reader)
    assert wrong in told_beside(reader, "#field-code")
    assert page.locator("code").inner_text() == secret
    well(reader, f"wrong-code-{language}")

    by_keys(reader, "#field-code", device.code(-1))
    by_keys(reader, "#field-password", PASSWORD)
    enter(reader)
    recovery = page.locator("ol code").all_inner_texts()
    assert len(set(recovery)) == 10
    assert all(re.fullmatch(r"[a-z0-9-]{19}", code) for code in recovery)
    well(reader, f"recovery-codes-{language}")
    by_keys(reader, "a.btn-primary")
    enter(reader)
    assert page.locator("ol code").count() == 0

    # In another browser the password leads to the second step, where the first key typed is the code's.
    other = visit(width)
    page = other.page
    log_in_by_keys(other, start, newcomer)
    assert "/second-factor" in page.url
    assert page.evaluate("document.activeElement.id") == "field-code"
    well(other, f"asked-{language}")
    page.keyboard.type("000000")
    enter(other)
    assert wrong in told_beside(other, "#field-code")
    well(other, f"asked-again-{language}")

    # A code from paper instead, wrong too: its field stays open.
    by_keys(other, "summary")
    page.keyboard.press("Enter")
    by_keys(other, "#field-recovery", "aaaa-bbbb-cccc-dddd")
    enter(other)
    assert wrong in told_beside(other, "#field-recovery")
    assert page.evaluate("document.activeElement.id") == "field-recovery"
    assert page.locator("details[open] #field-recovery").count() == 1
    well(other, f"paper-{language}")
    if paper:
        by_keys(other, "#field-recovery", recovery[0])
    else:
        by_keys(other, "#field-code", device.code(0))
    enter(other)
    assert "/second-factor" not in page.url
    other.open(f"{start}/user/{newcomer}/second-factor")
    assert ("10" in page.locator(".primary").inner_text()) is not paper  # how many codes are left
    well(other, f"on-{language}")
