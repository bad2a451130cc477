# ruff: noqa: PLR0917 (fixtures come as arguments)
"""The gateway passes on what is asked for to those who may, and tells nobody where it comes from."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from ckan.tests.helpers import call_action

sys.path.append(str(Path(__file__).parent))
import source as sites

CONTENT = sites.CONTENT


@pytest.fixture(scope="module")
def source():
    with sites.running() as server:
        yield server


@pytest.fixture
def closed(custodian, source):
    """Make a closed resource whose data are at a path of the source; gives it back as the API shows it."""
    count = iter(range(100))

    def make(path="file.csv", **more):
        url = path if "://" in path else f"http://127.0.0.1:{source.server_port}/{path}"
        resource = {"url": url, "name_translated": {"fr": "Fichier réservé"}, **more}
        dataset = custodian.create(f"jeu-{next(count)}", access_tier="agreement", resources=[resource])
        return dataset["resources"][0]

    return make


def door(resource, name="data.csv"):
    return f"/access/data/{resource['id']}/{name}"


def ask(app, path, headers=None, method="GET"):
    return app.test_client().open(path, method=method, headers=headers or {}, follow_redirects=False, buffered=True)


def last_row(resource):
    from ckan import model

    from ckanext.pole.access import ledger_keeping
    from ckanext.pole.access.ledger_tables import LOG

    model.Session.rollback()
    rows = ledger_keeping.entries(LOG.c.resource_id == resource["id"], LOG.c.event == "data.download", limit=1)
    return (rows[0]["outcome"], rows[0]["code"], rows[0]["channel"]) if rows else None


def says_nothing(answer, source):
    said = answer.get_data(as_text=True) + str(answer.headers)
    return str(source.server_port) not in said and "interne.example" not in said


def test_a_member_of_the_custodian_gets_the_file_as_it_is_and_safely(app, custodian, closed, token, source):
    resource = closed()
    answer = ask(app, door(resource), token(custodian.member))
    assert answer.status_code == 200
    assert answer.data == CONTENT
    assert answer.headers["Content-Disposition"] == 'attachment; filename="Fichier-reserve.csv"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "no-store" in answer.headers["Cache-Control"]
    assert "public" not in answer.headers["Cache-Control"]
    assert {"Cookie", "Authorization"} <= set(answer.vary.to_header().split(", "))
    assert "Set-Cookie" not in answer.headers
    assert says_nothing(answer, source)
    assert last_row(resource) == ("allow", "custodian", "gateway")


@pytest.mark.parametrize("who", ["outsider", None])
def test_others_are_refused_in_words_and_nothing_is_asked_of_the_source(app, custodian, closed, token, source, who):
    resource = closed()
    before = len(source.asked)
    answer = ask(app, door(resource), token(getattr(custodian, who)) if who else {})
    assert answer.status_code == 403
    assert len(source.asked) == before
    assert says_nothing(answer, source)
    assert last_row(resource)[0] == "deny"


def test_parts_and_conditions_are_passed_on(app, custodian, closed, token):
    resource, by = closed(), token(custodian.member)
    part = ask(app, door(resource), {**by, "Range": "bytes=11-16"})
    assert (part.status_code, part.data) == (206, b"canari")
    assert part.headers["Content-Range"] == f"bytes 11-16/{len(CONTENT)}"
    same = ask(app, door(resource), {**by, "If-None-Match": sites.ETAG})
    assert (same.status_code, same.data) == (304, b"")
    assert ask(app, door(resource), {**by, "Range": "bytes=9999999-9999999"}).status_code == 416
    head = ask(app, door(resource), by, method="HEAD")
    assert (head.status_code, head.data, head.headers["Content-Length"]) == (200, b"", str(len(CONTENT)))


def test_the_persons_secrets_are_not_passed_on_and_the_credential_is(
    app, custodian, closed, token, source, monkeypatch
):
    resource = closed()
    monkeypatch.setenv("POLE_CREDENTIAL_A", f"http://127.0.0.1:{source.server_port}/ Bearer s3cret")
    call_action("pole_location_update", context=custodian.by(custodian.editor), id=resource["id"], credential_ref="A")
    by = token(custodian.member)
    assert ask(app, door(resource), {**by, "Cookie": "session=1", "X-Other": "y"}).status_code == 200
    _, headers = source.asked[-1]
    assert headers["Authorization"] == "Bearer s3cret"
    assert not {"Cookie", "X-Other"} & set(headers)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("inside", 502, "private_address"),
        ("cloud", 502, "private_address"),
        ("http://169.254.169.254/latest/meta-data/x.csv", 502, "private_address"),
        ("http://10.1.2.3/x.csv", 502, "private_address"),
        ("http://[::ffff:10.1.2.3]/x.csv", 502, "private_address"),
        ("loop", 502, "too_many_redirects"),
        ("nowhere.csv", 502, "not_found"),
        ("silent", 504, "silent"),
        ("huge", 502, "too_large"),
    ],
)
def test_a_source_that_leads_inside_or_fails_gives_a_clean_answer(
    app, custodian, closed, token, source, caplog, ckan_config, path, status, code
):
    caplog.set_level("INFO")
    ckan_config["ckanext.pole.gateway.silence"] = 1
    resource = closed(path)
    answer = ask(app, door(resource), token(custodian.member))
    assert answer.status_code == status
    assert says_nothing(answer, source)
    assert str(source.server_port) not in caplog.text.replace(str(resource["url"]), "")
    assert last_row(resource)[:2] in (("failed", code), ("failed", "read_timeout"))


def test_an_endless_file_is_cut_off_and_a_broken_one_does_not_pass_for_whole(
    app, custodian, closed, token, ckan_config
):
    from ckanext.pole.http import HttpProblem

    ckan_config["ckanext.pole.gateway.max_size"] = 1
    by = token(custodian.member)
    for path in ("endless", "cut"):
        resource = closed(path)
        with pytest.raises(HttpProblem):
            ask(app, door(resource), by)


def test_a_web_page_at_the_source_is_a_file_for_us(app, custodian, closed, token):
    answer = ask(app, door(closed("page")), token(custodian.member))
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_an_uploaded_file_comes_by_the_same_rules(app, custodian, token):
    dataset = custodian.create(access_tier="agreement")
    resource = call_action(
        "resource_create", context=custodian.by(custodian.editor), package_id=dataset["id"], format="CSV",
        name_translated={"fr": "Déposé"}, upload=custodian.upload(),
    )  # fmt: skip
    path = f"/dataset/{dataset['name']}/resource/{resource['id']}/download/a.csv"
    by = token(custodian.member)
    for address in (path, door(resource)):
        answer = ask(app, address, by)
        assert (answer.status_code, answer.data) == (200, b"mot\ncanari-fichier\n")
        assert answer.headers["Content-Disposition"] == 'attachment; filename="a.csv"'
        assert "no-store" in answer.headers["Cache-Control"]
        part = ask(app, address, {**by, "Range": "bytes=4-9"})
        assert (part.status_code, part.data) == (206, b"canari")
        assert ask(app, address, {**by, "If-None-Match": answer.headers["ETag"]}).status_code == 304
        assert ask(app, address).status_code == 403
    assert last_row(resource)[0] == "deny"
    other = custodian.create("autre", access_tier="open")
    assert ask(app, path.replace(dataset["name"], other["name"]), by).status_code == 404
    # Each type of dataset has such an address, in CKAN: none leads past the ledger.
    assert ask(app, path.replace("/dataset/", "/harvest/"), by).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/access/data/", "/access/data/nothing", "/access/data/../../etc/passwd", "/access/data/%2e%2e/%2e%2e/etc/x",
        "/access/data/%00", "/access/data/' OR 1=1--", "/access/data/{id}/../{id}%2f..%2f..", "/access/data/{id}/a/b",
        "/access/data/{upper}", "/dataset/jeu-0/resource/{id}%00/download/x",
    ],
)  # fmt: skip
def test_tricks_with_the_path_open_nothing(app, custodian, closed, token, path):
    resource = closed()
    asked = path.format(id=resource["id"], upper=resource["id"].upper())
    answer = ask(app, asked, token(custodian.outsider))
    assert answer.status_code in (301, 302, 308, 400, 403, 404)
    assert b"canari" not in answer.data


def test_a_signed_address_opens_one_resource_for_a_few_minutes(app, closed, freezer):
    from ckanext.pole.access import service

    resource, other = closed(), closed()
    good = service.signed(resource["url"], resource["id"]).partition("?")[2]
    answer = ask(app, f"{door(resource)}?{good}")
    assert (answer.status_code, answer.data) == (200, CONTENT)
    assert last_row(resource) == ("allow", "service", "xloader")
    # Not the last letter: some of its bits say nothing.
    for bad in (good[:-5] + ("A" if good[-5] != "A" else "B") + good[-4:], "signature=", f"signature={resource['id']}"):
        assert ask(app, f"{door(resource)}?{bad}").status_code == 403
    assert last_row(resource) == ("deny", "bad_signature", "gateway")
    assert ask(app, f"{door(other)}?{good}").status_code == 403
    freezer.tick(service.LIFETIME + 2)
    assert ask(app, f"{door(resource)}?{good}").status_code == 403


def test_what_is_open_is_left_to_ckan(app, custodian):
    dataset = custodian.create(resources=[{"url": "https://example.org/a.csv", "name_translated": {"fr": "a"}}])
    identity = dataset["resources"][0]["id"]
    answer = ask(app, f"/dataset/{dataset['name']}/resource/{identity}/download")
    assert answer.headers["Location"] == "https://example.org/a.csv"
    assert ask(app, f"/access/data/{identity}").status_code == 404
