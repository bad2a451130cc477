"""Nonsense for every action of ours, over HTTP: it is refused in CKAN's form, and never breaks the portal.

300 bodies in the suite, always the same; with POLE_LONG=1 ten thousand new ones, or as many as POLE_BODIES says.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import ckan.logic
import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckan.tests import factories
from hypothesis import HealthCheck, Verbosity, given, settings
from hypothesis import strategies as st

LONG = bool(os.environ.get("POLE_LONG"))
BODIES = int(os.environ.get("POLE_BODIES", "10000")) if LONG else 300
SOURCES = Path(__file__).resolve().parents[2] / "ckanext"

#: The names that our actions ask for, and some that they do not.
NAMES = sorted(
    {
        name
        for path in SOURCES.rglob("*.py")
        if path.name.endswith(("actions.py", "schema.py", "questions.py")) or "actions" in path.parts
        for name in re.findall(r"""["']([a-z][a-z_]{1,30})["']""", path.read_text("utf-8"))
    }
    | {"id", "limit", "offset", "q", "fq", "sort", "__junk", "extras", "nothing"}
)


def values(known: list[str]) -> st.SearchStrategy[object]:
    """What stands in a body: what exists, nearly exists, or could never be."""
    one = st.one_of(
        st.sampled_from(known), st.none(), st.booleans(), st.integers(), st.integers(-(10**30), 10**30), st.floats(),
        st.text(max_size=40), st.sampled_from(["", "\0", "a\0b", "\ud800", "%", "'; --", "-1", "1e999", "NaN",
        "9" * 400, "2026-13-45", "0001-01-01", "9999-12-31T23:59:60Z", "../../etc/passwd", "{}", "[]", "*:*",
        "a" * 20_000, "fr", "http://169.254.169.254/", "name:(", "45.5,-73.6,x", "POINT(1"]),
    )  # fmt: skip
    keys = st.sampled_from(["fr", "en", "id", ""])
    return st.recursive(one, lambda part: st.lists(part, max_size=3) | st.dictionaries(keys, part), max_leaves=5)


def bodies(known: list[str]) -> st.SearchStrategy[bytes]:
    """A body: an object of such values; now and then no object, or no JSON."""
    told = st.dictionaries(st.sampled_from(NAMES), values(known), max_size=6)
    none = [b"", b"[]", b"null", b'"x"', b"{", b"\xff\xfe", b'{"id": "\\ud800"}', b"[" * 500, b"1e999"]
    return st.one_of(*[told.map(lambda found: json.dumps(found).encode())] * 9, st.sampled_from(none))


def test_no_nonsense_breaks_an_action(site):
    tk.get_action("status_show")
    actions = sorted(name for name in ckan.logic._actions if name.startswith("pole_"))
    assert len(actions) > 30
    organisation = factories.Organization(title_translated={"fr": "Ville"})
    dataset = factories.Dataset(owner_org=organisation["id"])
    people = {"nobody": ""}
    people["stranger"] = factories.UserWithToken()["token"]
    people["operator"] = factories.SysadminWithToken()["token"]
    known = [organisation["id"], organisation["name"], dataset["id"], dataset["name"], "agreement", "fr"]
    sent, broken = 0, {}

    @settings(
        max_examples=BODIES, deadline=None, database=None, derandomize=not LONG, verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
    )  # fmt: skip
    @given(st.sampled_from(actions), st.sampled_from(sorted(people)), bodies(known))
    def send(action: str, who: str, body: bytes) -> None:
        nonlocal sent
        sent += 1
        try:
            answer = site.post(
                f"/api/3/action/{action}", data=body, content_type="application/json",
                headers={"Authorization": people[who]} if people[who] else {}, follow_redirects=False,
            )  # fmt: skip
        except Exception as error:  # the tests' client lets it through; a person would see a 500
            broken.setdefault(action, f"{action} as {who}: {body[:300]!r}: {type(error).__name__}: {error}"[:600])
            return
        finally:
            model.Session.remove()
        if answer.status_code >= 500:
            broken.setdefault(action, f"{action} as {who}: {body[:300]!r}")
            return
        if not answer.headers["Content-Type"].startswith("application/json"):
            return  # a picture of an agreement, or CKAN's own refusal of a body that is no JSON
        told = answer.json
        if isinstance(told, dict) and "success" in told:
            assert told["success"] is (answer.status_code == 200)

    send()
    assert not broken, "\n".join(broken.values())
    assert sent >= BODIES
    print(f"\n{sent} bodies sent to {len(actions)} actions")


@pytest.mark.parametrize("path", ["/api/3/action/pole_nothing", "/api/3/action/"])
def test_an_action_that_there_is_not_is_a_refusal(site, path):
    assert 400 <= site.post(path, data=b"{}", content_type="application/json").status_code < 500
