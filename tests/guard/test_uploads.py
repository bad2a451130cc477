"""Files that somebody uploaded: what a browser would run as a page of ours is saved, not shown."""

from __future__ import annotations

import io

import pytest
from ckan.tests import factories, helpers
from werkzeug.datastructures import FileStorage

ATTACK = b"<html><script>fetch('/user/edit')</script></html>"
PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg" onload="fetch(1)"><script>fetch(1)</script></svg>'


@pytest.fixture
def upload(site):
    admin = factories.Sysadmin()
    dataset = factories.Dataset(owner_org=factories.Organization(title_translated={"fr": "Ville"})["id"])

    def start(name: str, content: bytes, **more: str) -> str:
        made = helpers.call_action(
            "resource_create", context={"user": admin["name"]}, package_id=dataset["id"], url="", url_type="upload",
            upload=FileStorage(io.BytesIO(content), name), name=name, **more,
        )  # fmt: skip
        return f"/dataset/{dataset['id']}/resource/{made['id']}/download/{name}"

    return start


@pytest.mark.parametrize(
    ("name", "content", "more"),
    [
        ("page.html", ATTACK, {}),
        ("picture.svg", PICTURE, {}),
        ("feed.xml", b"<x/>", {}),
        ("data.csv", ATTACK, {"mimetype": "text/html"}),
        ("data.txt", PICTURE, {"mimetype": "image/svg+xml"}),
        ("script.js", b"fetch(1)", {"mimetype": "application/javascript"}),
    ],
)
def test_what_a_browser_would_run_is_saved_and_in_a_sandbox(site, upload, name, content, more):
    answer = site.get(upload(name, content, **more))
    assert answer.status_code == 200
    assert answer.data == content
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].endswith("sandbox")
    assert "script-src" not in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(("name", "kind"), [("table.csv", "text/csv"), ("report.pdf", "application/pdf")])
def test_what_it_only_reads_is_shown_as_before(site, upload, name, kind):
    answer = site.get(upload(name, b"%PDF-1.4 a,b\n", mimetype=kind))
    assert answer.mimetype == kind
    assert not answer.headers.get("Content-Disposition", "").startswith("attachment")
    assert "sandbox" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
