"""Closed data is closed on every path that CKAN has to it; its page and its open parts are not."""

from __future__ import annotations

import io

import pytest
from ckan.plugins.toolkit import NotAuthorized
from ckan.tests import factories, helpers
from werkzeug.datastructures import FileStorage

SECRET = "canari-7f3a"


@pytest.fixture
def closed(with_plugins, clean_db, clean_index):
    """A dataset under agreement with a closed file, its table, and an open summary."""
    member, outsider = factories.User(), factories.User()
    organisation = factories.Organization(
        title_translated={"fr": "Centraide"}, users=[{"name": member["name"], "capacity": "member"}]
    )
    admin = factories.Sysadmin()["name"]
    policy = helpers.call_action(
        "pole_policy_create", context={"user": admin}, owner_org=organisation["id"],
        title_translated={"fr": "Partage"}, terms_translated={"fr": "Ne réidentifier personne."},
    )  # fmt: skip
    dataset = helpers.call_action(
        "package_create", context={"user": admin}, name="sous-entente", owner_org=organisation["id"],
        access_policy=policy["id"],
        title_translated={"fr": "Sous entente"}, notes_translated={"fr": "Réservé."}, access_tier="agreement",
    )  # fmt: skip

    def add(name, **more):
        upload = FileStorage(io.BytesIO(f"mot\n{SECRET}\n".encode()), filename=f"{name}.csv")
        return helpers.call_action(
            "resource_create", context={"user": admin}, package_id=dataset["id"], name_translated={"fr": name},
            format="CSV", upload=upload, url_type="upload", **more,
        )  # fmt: skip

    data = {"dataset": dataset, "closed": add("ferme"), "open": add("sommaire", access_tier="open")}
    helpers.call_action(
        "datastore_create", context={"user": admin}, resource_id=data["closed"]["id"], force=True,
        fields=[{"id": "mot"}], records=[{"mot": SECRET}],
    )  # fmt: skip
    return {**data, "member": member["name"], "outsider": outsider["name"], "admin": admin}


PATHS = [
    "/dataset/sous-entente/resource/{id}/download/ferme.csv",
    "/datastore/dump/{id}",
    "/api/3/action/resource_show?id={id}",
    "/api/3/action/datastore_search?resource_id={id}",
    "/api/3/action/datastore_info?id={id}",
]


def headers(closed, who):
    token = helpers.call_action("api_token_create", context={"user": closed["admin"]}, user=closed[who], name="t")
    return {"Authorization": token["token"]}


def test_no_path_gives_closed_data_to_someone_without_a_grant(app, closed):
    for by in ({}, headers(closed, "outsider")):
        for path in PATHS:
            address = path.format(id=closed["closed"]["id"])
            answer = app.get(address, headers=by, expect_errors=True, follow_redirects=False)
            assert answer.status_code in (302, 401, 403, 404), (path, by)
            assert SECRET not in answer.body, (path, by)


def test_what_a_sysadmin_reads_is_on_the_ledger_as_well(app, closed):
    from ckanext.pole.access import ledger_keeping
    from ckanext.pole.access.ledger_tables import LOG

    by = headers(closed, "admin")
    for path in PATHS:
        assert app.get(path.format(id=closed["closed"]["id"]), headers=by).status_code == 200
    rows = ledger_keeping.entries(LOG.c.resource_id == closed["closed"]["id"], limit=50)
    read = [(row["event"], row["outcome"], row["code"]) for row in rows if row["event"].startswith("data.")]
    assert sorted(read) == [("data.download", "allow", "sysadmin"), *[("data.read", "allow", "sysadmin")] * 2]


def test_its_custodians_members_read_it(closed):
    found = helpers.call_action(
        "datastore_search", context={"user": closed["member"], "ignore_auth": False}, resource_id=closed["closed"]["id"]
    )
    assert found["records"][0]["mot"] == SECRET


def test_the_open_summary_beside_it_is_open(app, closed):
    assert SECRET in app.get(f"/dataset/sous-entente/resource/{closed['open']['id']}/download/sommaire.csv").body


def test_its_page_still_opens_and_says_what_it_is(app, closed):
    page = app.get("/dataset/sous-entente")
    assert page.status_code == 200
    assert SECRET not in page.body


def test_an_embargo_closes_open_data_until_its_day(closed):
    helpers.call_action(
        "package_patch", context={"user": closed["admin"]}, id=closed["dataset"]["id"], access_tier="open",
        available_from="2999-01-01",
    )  # fmt: skip
    with pytest.raises(NotAuthorized):
        helpers.call_auth("resource_show", {"user": closed["outsider"], "model": None}, id=closed["closed"]["id"])
