"""Files that somebody uploaded: what a browser would run as a page of ours is saved, not shown."""

from __future__ import annotations

import io
import struct

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
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
        ("data.csv", b"a,b", {"mimetype": "text/html"}),
        ("data.txt", b"a,b", {"mimetype": "image/svg+xml"}),
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
    assert "script" not in answer.mimetype


@pytest.mark.parametrize(("name", "content"), [("data.csv", ATTACK), ("data.txt", PICTURE), ("a.csv", b"%PDF-1.4 a")])
def test_a_file_that_is_not_what_its_name_says_is_refused_and_nothing_is_kept(site, upload, name, content):
    before = model.Session.query(model.Resource).count()
    with pytest.raises(tk.ValidationError) as caught:
        upload(name, content)
    assert name in str(caught.value.error_dict["upload"])
    assert model.Session.query(model.Resource).count() == before


@pytest.mark.parametrize(("name", "kind"), [("table.csv", "text/csv"), ("report.pdf", "application/pdf")])
def test_what_it_only_reads_is_shown_as_before(site, upload, name, kind):
    content = {"text/csv": b"a,b\n1,2\n"}.get(kind, b"%PDF-1.4 a")
    answer = site.get(upload(name, content, mimetype=kind))
    assert answer.mimetype == kind
    assert not answer.headers.get("Content-Disposition", "").startswith("attachment")
    assert "sandbox" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_picture_that_unpacks_without_measure_is_refused_and_an_ordinary_one_is_kept(site):
    admin = factories.Sysadmin()

    def make(name: str, side: int):
        head = struct.pack(">I4sIIBBBBB", 13, b"IHDR", side, side, 8, 2, 0, 0, 0)
        picture = FileStorage(io.BytesIO(b"\x89PNG\r\n\x1a\n" + head + bytes(64)), "logo.png", content_type="image/png")
        return helpers.call_action(
            "organization_create", context={"user": admin["name"]}, name=name, title_translated={"fr": "Ville"},
            image_upload=picture,
        )  # fmt: skip

    with pytest.raises(tk.ValidationError) as refused:
        make("bombe", 60_000)
    assert "points" in str(refused.value.error_dict["image_upload"])
    assert model.Group.get("bombe") is None
    assert make("ville", 600)["image_url"].endswith("logo.png")
