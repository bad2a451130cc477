"""The address of a closed resource is in the vault, and nowhere else that CKAN keeps anything."""

from __future__ import annotations

import json
import uuid

import pytest
import sqlalchemy as sa
from ckan.plugins.toolkit import NotAuthorized, ValidationError, get_action
from ckan.tests.helpers import call_action

CANARY = SECRET = ""


@pytest.fixture(autouse=True)
def canary():
    """Each test has a bird of its own: the database keeps what other tests wrote."""
    bird = f"canari-{uuid.uuid4().hex}"
    globals().update(CANARY=bird, SECRET=f"https://interne.example.org/{bird}.csv?cle=s3cret")


def link(**more):
    return {"url": SECRET, "name_translated": {"fr": "Fichier"}, **more}


def everywhere():
    """All rows of all tables of the main database and Solr's documents, but for the vault, as one text."""
    from ckan import model
    from ckan.lib.search import common

    model.Session.rollback()
    names = set(sa.inspect(model.meta.engine).get_table_names()) - {"pole_resource_location"}
    with model.meta.engine.connect() as connection:
        queries = [sa.text(f'SELECT json_agg(t)::text FROM "{name}" t') for name in names]
        rows = [str(connection.execute(query).scalar()) for query in queries]
    found = common.make_connection().search("*:*", rows=1000)
    return "\n".join([*rows, json.dumps(list(found), ensure_ascii=False, default=str)])


def kept(resource):
    from ckan import model

    from ckanext.pole.access import vault

    found = model.Resource.get(resource["id"])
    return vault.location_of(found) if found is not None else None


def show(custodian, dataset, user=None):
    return call_action("package_show", context=custodian.by(user or custodian.editor), id=dataset["id"])


def test_an_address_never_leaves_the_vault_whichever_way_it_comes_in(custodian, caplog):
    caplog.set_level("DEBUG")
    by = custodian.by(custodian.editor)
    dataset = custodian.create(access_tier="agreement", resources=[link()])
    first = dataset["resources"][0]
    second = call_action("resource_create", context=by, package_id=dataset["id"], **link())
    call_action("resource_patch", context=by, id=first["id"], url=SECRET + "&p=1")
    call_action("resource_update", context=by, **{**second, **link(url=SECRET + "&p=2")})
    call_action("package_patch", context=by, id=dataset["id"], version="2")
    call_action(
        "package_revise", context=by, match={"id": dataset["id"]}, update__resources__0={"url": SECRET + "&p=3"}
    )
    assert kept(first)["url"] == SECRET + "&p=3"
    assert kept(second)["url"] == SECRET + "&p=2"
    assert f"/access/data/{first['id']}/data.csv" in show(custodian, dataset)["resources"][0]["url"]
    assert CANARY not in everywhere()
    assert CANARY not in caplog.text
    assert first["format"] == "CSV"


def claims(world, claimed):
    """Ways to name a resource of one's own after another one."""
    about = {"title_translated": {"fr": "Mien"}, "notes_translated": {"fr": "."}, "owner_org": world.ids["elsewhere"]}
    own = world.call("package_create", "elsewhere_admin", name=f"mien-{uuid.uuid4().hex[:8]}", **about)
    taken = {"id": claimed["id"], "url_type": "upload", "name_translated": {"fr": "Mien"}, "url": "x.csv"}
    yield "package_create", {"name": f"autre-{uuid.uuid4().hex[:8]}", **about, "resources": [taken]}
    yield "package_update", {**own, "resources": [taken]}
    yield "package_patch", {"id": own["id"], "resources": [{**taken, "url_type": ""}]}
    yield "resource_create", {"package_id": own["id"], **taken}
    yield "package_revise", {"match": {"id": own["id"]}, "update": {"resources": [taken]}}


@pytest.mark.parametrize("end", ["removed", "with its dataset", "purged"])
def test_nobody_takes_over_the_door_the_file_or_the_table_of_a_resource_that_is_no_more(custodian, end):
    from ckan import model

    from ckanext.pole.access import vault

    dataset = custodian.create(access_tier="agreement", resources=[link(), link()])
    claimed = dataset["resources"][0]
    if end == "removed":
        call_action("resource_delete", context=custodian.by(custodian.editor), id=claimed["id"])
    else:
        call_action("package_delete", context=custodian.by(custodian.editor), id=dataset["id"])
    if end == "purged":
        call_action("dataset_purge", id=dataset["id"])
    before = model.Session.query(model.Resource).filter_by(package_id=dataset["id"]).count()
    for action, given in claims(custodian.world, claimed):
        with pytest.raises(ValidationError) as caught:
            custodian.world.call(action, "elsewhere_admin", **given)
        assert "id" in str(caught.value.error_dict), action
        model.Session.rollback()
    assert model.Session.query(model.Resource).filter_by(package_id=dataset["id"]).count() == before
    if end == "with its dataset":
        return  # its resources are there still, for whoever brings it back
    # An operator may, and gets nothing of what was kept for the other dataset.
    taken = {"id": claimed["id"], "name_translated": {"fr": "Mien"}, "url": ""}
    mine = custodian.world.make_dataset(f"mien-{uuid.uuid4().hex[:8]}", "open", resources=[])
    mine = custodian.world.call("resource_create", "sysadmin", package_id=mine["id"], **taken)
    assert mine["id"] == claimed["id"]
    assert vault.location_of(model.Resource.get(mine["id"])) is None


def test_who_publishes_may_put_a_version_from_before_back(custodian):
    by = custodian.by(custodian.editor)
    dataset = custodian.create(access_tier="agreement", resources=[link(), link()])
    call_action("resource_delete", context=dict(by), id=dataset["resources"][0]["id"])
    again = call_action("package_update", context=dict(by), **{**dataset, "resources": [
        {**link(), "id": resource["id"]} for resource in dataset["resources"]
    ]})  # fmt: skip
    assert [resource["id"] for resource in again["resources"]] == [one["id"] for one in dataset["resources"]]
    assert kept(again["resources"][0])["url"] == SECRET


def test_a_resource_may_be_more_closed_or_more_open_than_its_dataset(custodian):
    dataset = custodian.create(
        access_tier="registered",
        resources=[link(access_tier="open", url="https://example.org/ouvert.csv"), link(access_tier="confidential")],
    )
    assert dataset["resources"][0]["url"] == "https://example.org/ouvert.csv"
    assert kept(dataset["resources"][0]) is None
    assert kept(dataset["resources"][1])["url"] == SECRET


def test_closing_takes_the_address_out_of_all_that_remembers_it_and_opening_puts_it_back(custodian):
    by = custodian.by(custodian.editor)
    dataset = custodian.create(resources=[link()])
    resource = dataset["resources"][0]
    call_action(
        "resource_view_create", context=by, resource_id=resource["id"], view_type="image_view", title="Vue",
        image_url=SECRET,
    )  # fmt: skip
    call_action("package_patch", context=by, id=dataset["id"], version="2")
    assert CANARY in everywhere()
    call_action("package_patch", context=by, id=dataset["id"], access_tier="agreement")
    assert CANARY not in everywhere()
    assert kept(resource)["url"] == SECRET
    call_action("package_patch", context=by, id=dataset["id"], access_tier="open")
    assert show(custodian, dataset)["resources"][0]["url"] == SECRET
    assert kept(resource) is None


def test_a_change_of_tier_without_the_resources_moves_their_addresses_too(custodian):
    dataset = custodian.create(resources=[link()])
    slim = {
        name: dataset[name]
        for name in ("id", "name", "owner_org", "title_translated", "notes_translated", "access_policy")
    }
    call_action("package_update", context=custodian.by(custodian.editor), **slim, access_tier="agreement")
    assert kept(dataset["resources"][0])["url"] == SECRET
    assert CANARY not in everywhere()


def test_an_embargo_hides_the_address_until_its_day(custodian):
    dataset = custodian.create(available_from="2999-01-01", resources=[link()])
    assert kept(dataset["resources"][0])["url"] == SECRET
    call_action("package_patch", context=custodian.by(custodian.editor), id=dataset["id"], available_from="2020-01-01")
    assert show(custodian, dataset)["resources"][0]["url"] == SECRET


def test_a_change_refused_or_wrong_moves_nothing(custodian):
    dataset = custodian.create(access_tier="agreement", resources=[link()])
    with pytest.raises(NotAuthorized):
        call_action("package_patch", context=custodian.by(custodian.outsider), id=dataset["id"], access_tier="open")
    with pytest.raises(ValidationError):
        call_action(
            "package_patch", context=custodian.by(custodian.editor), id=dataset["id"], access_tier="open",
            frequency="jamais-vu",
        )  # fmt: skip
    assert kept(dataset["resources"][0])["url"] == SECRET
    assert CANARY not in everywhere()


def test_a_failure_after_the_rows_were_written_leaves_nothing_behind(custodian):
    from ckan import model

    from ckanext.pole.access.ledger_tables import HEAD

    dataset = custodian.create(resources=[link()])
    with model.meta.engine.begin() as connection:
        head = connection.execute(sa.delete(HEAD).returning(*HEAD.c)).one()
    try:
        with pytest.raises(RuntimeError, match="lost its head"):
            call_action(
                "package_patch", context=custodian.by(custodian.editor), id=dataset["id"], access_tier="agreement"
            )  # fmt: skip
    finally:
        model.Session.rollback()
        model.Session.remove()
        with model.meta.engine.begin() as connection:
            connection.execute(sa.insert(HEAD).values(**head._mapping))
    assert kept(dataset["resources"][0]) is None
    assert model.Resource.get(dataset["resources"][0]["id"]).url == SECRET
    assert (model.Package.get(dataset["id"]).extras.get("access_tier") or "open") == "open"


def test_the_door_of_another_resource_is_refused_beside_its_field(custodian):
    first = custodian.create("un", access_tier="agreement", resources=[link()])["resources"][0]
    with pytest.raises(ValidationError) as refused:
        custodian.create("deux", access_tier="agreement", resources=[link(), link(url=first["url"])])
    assert list(refused.value.error_dict["resources"][1]) == ["url"]


@pytest.mark.parametrize("who", ["admin", "editor", "sysadmin"])
def test_those_who_edit_see_and_change_where_the_data_are(custodian, who):
    resource = custodian.create(access_tier="agreement", resources=[link()])["resources"][0]
    context = custodian.by(getattr(custodian, who))
    assert call_action("pole_location_show", context=context, id=resource["id"])["url"] == SECRET
    found = call_action("pole_location_update", context=context, id=resource["id"], url=SECRET + "&v=2")
    assert found["url"] == SECRET + "&v=2"
    assert CANARY not in everywhere()


@pytest.mark.parametrize("who", ["member", "outsider", ""])
def test_others_do_not_even_those_who_may_read(custodian, who):
    resource = custodian.create(access_tier="agreement", resources=[link()])["resources"][0]
    context = custodian.by(getattr(custodian, who) if who else "")
    for action in ("pole_location_show", "pole_location_update"):
        with pytest.raises(NotAuthorized):
            get_action(action)(dict(context), {"id": resource["id"], "url": "https://x.example/"})
    assert kept(resource)["url"] == SECRET


def test_a_credential_is_named_only_for_the_address_that_it_is_for(custodian, monkeypatch):
    monkeypatch.setenv("POLE_CREDENTIAL_CENTRAIDE", "https://interne.example.org/ Bearer abc")
    resource = custodian.create(access_tier="agreement", resources=[link()])["resources"][0]
    context = custodian.by(custodian.editor)
    call_action("pole_location_update", context=context, id=resource["id"], credential_ref="CENTRAIDE")
    assert kept(resource)["credential_ref"] == "CENTRAIDE"
    with pytest.raises(ValidationError):
        call_action(
            "pole_location_update", context=context, id=resource["id"], url="https://pirate.example/",
            credential_ref="CENTRAIDE",
        )  # fmt: skip
    other = {"url": "https://pirate.example/", "credential_ref": ""}
    call_action("pole_location_update", context=context, id=resource["id"], **other)
    assert kept(resource) == other


def test_each_move_is_on_the_ledger(custodian):
    from ckanext.pole.access import ledger_keeping
    from ckanext.pole.access.ledger_tables import LOG

    dataset = custodian.create(resources=[link()])
    for tier in ("agreement", "open"):
        call_action("package_patch", context=custodian.by(custodian.editor), id=dataset["id"], access_tier=tier)
    rows = ledger_keeping.entries(LOG.c.dataset_id == dataset["id"])
    events = [row["event"] for row in reversed(rows)]
    assert events == ["dataset.tier", "location.close", "dataset.tier", "location.open"]
    assert CANARY not in json.dumps(rows)
    assert ledger_keeping.verify()["ok"]


def test_the_bulk_path_does_the_same_in_one_statement(custodian):
    from ckan import model

    from ckanext.pole.access import vault

    dataset = custodian.create(access_tier="agreement", resources=[link(), link(url="https://example.org/b.csv")])
    moved = [{**item, "url": SECRET + f"&n={number}"} for number, item in enumerate(dataset["resources"])]
    given = {**dataset, "resources": moved}
    concealed, locations = vault.conceal(given, vault.locations_of([dataset["id"]]))
    assert concealed["resources"][0]["url"] == dataset["resources"][0]["url"]
    vault.store_locations(locations[:1], packages=[dataset["id"]])
    model.Session.commit()
    assert vault.locations_of([dataset["id"]]) == {dataset["resources"][0]["id"]: SECRET + "&n=0"}


def test_purging_the_dataset_takes_its_addresses_along(custodian):
    resource = custodian.create(access_tier="agreement", resources=[link()])["resources"][0]
    call_action("dataset_purge", context=custodian.by(custodian.sysadmin), id=resource["package_id"])
    assert kept(resource) is None
