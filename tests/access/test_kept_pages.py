"""Which pages nginx keeps: real nginx with the image's settings before the real portal, over HTTP."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from ckan.exceptions import CkanConfigurationException
from ckan.tests import factories, helpers
from werkzeug.serving import make_server

from ckanext.pole.access import sharing

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "un-hibou-sur-le-toit-7"
SECONDS = "ckanext.pole.access.kept_seconds"
PUBLIC = "public, max-age=0, must-revalidate, s-maxage=60"


@dataclass
class Front:
    """nginx, the portal behind it, and who asks."""

    url: str
    port: int
    folder: Path
    app: Any
    server: Any = None
    #: nginx keeps pages by it: those of another test are not this one's.
    host: str = field(default_factory=lambda: f"{uuid.uuid4().hex}.example.org")

    def serve(self) -> None:
        """Have the portal answer."""
        self.server = make_server("127.0.0.1", self.port, self.app, threaded=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Have nobody answer behind nginx."""
        self.server.shutdown()
        self.server.server_close()

    def ask(self, path: str, reader: requests.Session | None = None, **headers: str) -> requests.Response:
        """A page, as a browser gets it that follows no redirect; every question comes from nobody unless `reader`."""
        with requests.Session() as nobody:
            asking = reader or nobody
            asking.trust_env = False
            said = {"Host": self.host, **headers}
            return asking.get(self.url + path, headers=said, allow_redirects=False, timeout=60)

    def post(self, path: str, reader: requests.Session, **data: str) -> requests.Response:
        """A form."""
        reader.trust_env = False
        return reader.post(self.url + path, data=data, headers={"Host": self.host}, allow_redirects=False, timeout=60)


@pytest.fixture(scope="module")
def nginx(tmp_path_factory) -> Iterator[tuple[str, int, Path]]:
    """Its address, the port of the portal behind it, and where it keeps pages; set up as `./dev up --scale` does."""
    sys.path.append(str(ROOT / "docker"))
    from local import pairs, ports, readiness
    from local.errors import Stop
    from local.layout import Layout

    folder, chosen = tmp_path_factory.mktemp("nginx"), {}
    for name in ("web", "web1", "solr", *pairs.NODES.values()):
        chosen[name] = ports.another({*chosen.values()})
    pairs.write_nginx(Layout(ROOT), folder, chosen, "127.0.0.1", webs=["web1"])
    process = subprocess.Popen(pairs.nginx_command(folder))
    try:
        readiness.wait(lambda: readiness.tcp_open(chosen["web"]), lambda: None, 20, Stop("", "nginx does not listen"))
        yield f"http://127.0.0.1:{chosen['web']}", chosen["web1"], folder / "cache"
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def front(nginx, world, app) -> Iterator[Front]:
    """The portal that the tests have, served behind nginx."""
    made = Front(*nginx, app.app)
    made.serve()
    yield made
    made.stop()


@pytest.fixture
def dataset(custodian) -> dict[str, Any]:
    """An open one."""
    return custodian.create("ouvert", access_tier="open", resources=[{"url": "https://exemple.org/a.csv", "name": "A"}])


@pytest.fixture
def reader(front) -> requests.Session:
    """Somebody's browser, logged in through nginx."""
    person, browser = factories.User(password=PASSWORD, fullname="Rosalie Loiselle"), requests.Session()
    answer = front.post("/user/login", browser, login=person["name"], password=PASSWORD)
    assert answer.status_code == 302
    assert browser.cookies
    return browser


def assert_nobody_keeps(front: Front, path: str, reader: requests.Session | None = None, **headers: str) -> None:
    """Asked twice, it comes from the portal twice, and says itself that it is not for others."""
    for _ in range(2):
        answer = front.ask(path, reader, **headers)
        assert answer.headers.get("X-Cache") != "HIT", path
        assert "public" not in answer.headers["Cache-Control"], path
        assert "s-maxage" not in answer.headers["Cache-Control"], path


def test_a_dataset_that_is_not_open_in_all_its_parts_is_kept_by_nobody(front, custodian):
    link = {"url": "https://exemple.org/a.csv", "name": "A"}
    closed = {
        "registered": {"access_tier": "registered"}, "agreement": {"access_tier": "agreement"},
        "one closed file": {"access_tier": "open", "resources": [link, {**link, "access_tier": "agreement"}]},
        "embargoed": {"access_tier": "open", "available_from": "2999-01-01"},
    }  # fmt: skip
    for why, details in closed.items():
        made = custodian.create("clos", **({"resources": [link]} | details))
        assert front.ask(f"/dataset/{made['name']}").status_code == 200, why
        assert_nobody_keeps(front, f"/dataset/{made['name']}")
    hidden = custodian.create("clos", access_tier="confidential", resources=[link])
    assert front.ask(f"/dataset/{hidden['name']}").status_code == 404
    assert_nobody_keeps(front, f"/dataset/{hidden['name']}")


def test_what_is_not_on_the_list_is_kept_by_nobody(front, dataset):
    resource = f"/dataset/{dataset['name']}/resource/{dataset['resources'][0]['id']}"
    for path in (
        "/dataset/?q=logement", "/?utm_source=x", f"/dataset/{dataset['name']}?__no_cache__=1", "/nowhere",
        "/dataset/nowhere", f"/dataset/{dataset['id']}", resource, "/user/login", "/user/reset", "/ckan-admin/",
        "/api/3/action/status_show", "/feeds/dataset.atom", f"/dataset/{dataset['name']}.ttl", "/access/uses",
        "/directory",
    ):  # fmt: skip
        assert_nobody_keeps(front, path)


def test_a_header_that_answers_depend_on_is_neither_served_nor_kept(front, dataset):
    path = f"/dataset/{dataset['name']}"
    for headers in (
        {"Authorization": "not a token"}, {"X-CKAN-API-Key": "x"}, {"Cookie": "ckan=nothing"}, {"Cookie": "theme=dark"},
        {"Origin": "https://elsewhere.example.org"}, {"HX-Request": "true"},
    ):  # fmt: skip
        assert_nobody_keeps(front, path, **headers)
    first = front.ask(path)
    assert (first.headers["X-Cache"], front.ask(path).headers["X-Cache"]) == ("MISS", "HIT")
    # Now that there is one to be had: still not for them, and theirs does not take its place.
    for headers in ({"Authorization": "x"}, {"Cookie": "a=b"}, {"HX-Request": "true"}):
        assert_nobody_keeps(front, path, **headers)
    assert front.ask(path).content == first.content
    # htmx gets a part of the page under the same address: nobody else is given it.
    part = front.ask("/dataset/", **{"HX-Request": "true"})
    assert "<html" not in part.text
    assert "<html" in front.ask("/dataset/").text


def test_a_flash_message_is_seen_by_whom_it_is_for(front):
    one = requests.Session()
    assert front.ask("/").status_code == 200
    asked = front.post("/user/reset", one, user="personne@exemple.org")
    assert (asked.status_code, asked.headers["Location"].rstrip("/").rpartition("/")[2]) == (302, "test.ckan.net")
    told = front.ask("/", one)
    assert 'role="status"' in told.text
    assert told.headers["X-Cache"] == "BYPASS"
    assert "no-store" in told.headers["Cache-Control"]
    again = front.ask("/")
    assert 'role="status"' not in again.text
    assert_nobody_keeps(front, "/", one)


def test_somebody_gets_their_own_page_and_leaves_nothing_of_it(front, dataset, reader):
    name = "Rosalie Loiselle"
    nobodys = {}
    for path in (paths := ("/", "/en/dataset/", f"/dataset/{dataset['name']}")):
        assert name in front.ask(path, reader).text  # before anybody else came: it is not kept
        nobodys[path] = front.ask(path)
        assert name not in nobodys[path].text
        assert front.ask(path).headers["X-Cache"] == "HIT"
        mine = front.ask(path, reader)
        assert name in mine.text  # though nginx has a page under this address
        assert "no-store" in mine.headers["Cache-Control"]
        assert_nobody_keeps(front, path, reader)
    assert front.ask("/user/_logout", reader).status_code == 302
    for path in paths:
        assert name not in front.ask(path, reader).text
        assert front.ask(path).content == nobodys[path].content


def test_with_a_token_nothing_comes_from_the_store_or_goes_there(front, dataset, world):
    path = f"/dataset/{dataset['name']}"
    assert front.ask(path).headers["X-Cache"] == "MISS"
    token = world.headers("custodian_editor")
    answer = front.ask(path, **token)
    assert f"/dataset/edit/{dataset['name']}" in answer.text
    assert_nobody_keeps(front, path, **token)
    assert f"/dataset/edit/{dataset['name']}" not in front.ask(path).text


def test_a_page_for_everyone_is_kept_whole_and_opens_no_session(front, dataset, world):
    organisation = helpers.call_action("organization_show", id=world.custodian)["name"]
    for path in (
        "/", "/dataset/", f"/dataset/{dataset['name']}", "/organization/", f"/organization/{organisation}", "/group/",
        f"/organization/about/{organisation}", "/about", "/contact", "/accessibility", "/privacy", "/terms",
        "/developers",
    ):  # fmt: skip
        seen = set()
        for address, language in ((path, "fr"), (f"/en{path}", "en")):
            first = front.ask(address, **{"Accept-Language": "de"})
            again = front.ask(address, **{"Accept-Language": "en-CA"})
            assert (first.status_code, first.headers["X-Cache"]) == (200, "MISS"), address
            assert again.headers["X-Cache"] == "HIT", address
            assert first.content == again.content
            assert f'<html lang="{language}"' in first.text
            for answer in (first, again):
                assert answer.headers["Cache-Control"] == PUBLIC, address
                assert {"Cookie", "Authorization"} <= set(answer.headers["Vary"].split(", "))
                assert "Set-Cookie" not in answer.headers
                assert "_csrf_token" not in answer.text, address
            seen.add(first.content)
        assert len(seen) == 2
    # Asked for the head alone, nginx asks for the whole.
    with requests.Session() as nobody:
        nobody.trust_env = False
        assert nobody.head(f"{front.url}/", headers={"Host": front.host}, timeout=60).headers["X-Cache"] == "HIT"


def test_a_page_without_a_token_has_all_else_that_ckan_gives(front, dataset, reader):
    """The block of base.html is written out: what a new CKAN adds to it is missed here."""
    path = f"/dataset/{dataset['name']}"
    mine, nobodys = (re.findall(r'<meta name="([^"]+)"', front.ask(path, who).text) for who in (reader, None))
    assert set(mine) - set(nobodys) == {"csrf_field_name", "_csrf_token"}
    assert set(nobodys) <= set(mine)
    assert nobodys.count("viewport") == nobodys.count("generator") == 1


@pytest.fixture
def keep(monkeypatch, ckan_config):
    """Set for how many seconds pages are kept."""
    return lambda seconds: monkeypatch.setitem(ckan_config, SECONDS, seconds)


def test_what_is_closed_or_withdrawn_is_read_no_longer_than_the_setting_says(front, custodian, keep):
    keep(2)
    made = {change: custodian.create("ouvert") for change in ("confidential", "agreement", "deleted")}
    paths = {change: f"/dataset/{dataset['name']}" for change, dataset in made.items()}
    for path in paths.values():
        assert front.ask(path).headers["Cache-Control"].endswith("s-maxage=2")
        assert front.ask(path).headers["X-Cache"] == "HIT"
    began = time.monotonic()
    custodian.world.call("package_delete", "custodian_editor", id=made.pop("deleted")["id"])
    for tier, dataset in made.items():
        custodian.world.call("package_patch", "custodian_editor", id=dataset["id"], access_tier=tier)
    for change, path in paths.items():
        # At once where the portal itself is asked; nobody keeps what it says now.
        straight = front.ask(path, Cookie="a=b")
        assert straight.status_code == (200 if change == "agreement" else 404)
        assert "public" not in straight.headers["Cache-Control"]
    while any(front.ask(path).headers.get("X-Cache") == "HIT" for path in paths.values()):
        assert time.monotonic() - began < 6
        time.sleep(0.1)
    for path in paths.values():
        assert_nobody_keeps(front, path)


def test_an_old_page_is_not_served_in_the_place_of_a_portal_that_is_away(front, dataset, keep):
    keep(1)
    path = f"/dataset/{dataset['name']}"
    front.ask(path)
    assert front.ask(path).headers["X-Cache"] == "HIT"
    front.stop()
    try:
        time.sleep(2.1)
        answer = front.ask(path)
    finally:
        front.serve()
    assert (answer.status_code, answer.headers["Cache-Control"]) == (503, "no-store")
    assert front.ask(path).status_code == 200


@pytest.mark.parametrize("core", ["http://127.0.0.1:9/solr/pole", "{}-is-no-core"])
def test_a_list_that_solr_gave_no_answer_for_is_kept_by_nobody(front, monkeypatch, ckan_config, core):
    with monkeypatch.context() as without:
        without.setitem(ckan_config, "solr_url", core.format(ckan_config["solr_url"]))
        for path in ("/dataset/", "/"):
            assert_nobody_keeps(front, path)
    assert front.ask("/dataset/").headers["Cache-Control"] == PUBLIC


def test_an_operator_who_empties_the_folder_has_everything_gone_at_once(front):
    assert [front.ask("/about").headers["X-Cache"] for _ in range(2)] == ["MISS", "HIT"]
    for kept in front.folder.iterdir():
        shutil.rmtree(kept)
    assert [front.ask("/about").headers["X-Cache"] for _ in range(2)] == ["MISS", "HIT"]


@pytest.mark.parametrize("seconds", [-1, sharing.LONGEST + 1])
def test_a_portal_that_would_keep_pages_for_long_does_not_start(seconds):
    with pytest.raises(CkanConfigurationException, match="kept_seconds"):
        sharing.check(seconds)


def test_no_time_is_off_and_so_is_what_ckan_says_of_it(front, keep, monkeypatch, ckan_config):
    keep(0)
    assert_nobody_keeps(front, "/about")
    keep(60)
    monkeypatch.setitem(ckan_config, "ckan.cache_enabled", False)
    assert_nobody_keeps(front, "/about")
