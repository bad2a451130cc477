"""Each side reads on the ledger what concerns it; the whole is for those who run the portal."""

from __future__ import annotations

import pytest
from ckan.plugins.toolkit import NotAuthorized, ValidationError

from ckanext.pole.access import ledger


@pytest.fixture
def noted(world):
    """A read on the ledger: by a member of the partner, of the custodian's dataset."""
    ledger.record(
        "data.download", outcome="allow", channel="gateway", code="agreement", user_id=world.ids["partner_member"],
        org_id=world.partner, dataset_id=world.dataset["id"], details={"n": 1},
    )  # fmt: skip
    return world


def listed(world, who, **asked):
    rows = world.call("pole_access_log_list", who, event="data.download", **asked)
    return [row for row in rows if row["dataset_id"] == world.dataset["id"]]


def test_the_custodian_the_partner_and_the_person_read_the_same_row(noted):
    own = noted.ids["partner_member"]
    for who, asked in (
        ("custodian_admin", {"owner_org": noted.custodian}),
        ("custodian_admin", {"dataset_id": noted.dataset["id"]}),
        ("partner_admin", {"org_id": noted.partner}),
        ("partner_member", {"user_id": own}),
        ("partner_member", {"user_id": "me"}),
        ("sysadmin", {}),
    ):
        assert [row["user_id"] for row in listed(noted, who, **asked)] == [own], who


@pytest.mark.parametrize("who", ["", "outsider", "elsewhere_admin", "custodian_editor", "partner_member"])
def test_others_read_nothing_however_they_ask(noted, who):
    for asked in (
        {}, {"owner_org": noted.custodian}, {"org_id": noted.partner}, {"dataset_id": noted.dataset["id"]},
        {"dataset_id": noted.dataset["name"]}, {"user_id": noted.ids["custodian_admin"]}, {"owner_org": "%"},
    ):  # fmt: skip
        with pytest.raises(NotAuthorized):
            listed(noted, who, **asked)
    with pytest.raises(NotAuthorized):
        noted.call("pole_ledger_verify", who)


def test_one_side_does_not_read_about_another_by_naming_itself_too(noted):
    assert listed(noted, "elsewhere_admin", owner_org=noted.ids["elsewhere"], dataset_id=noted.dataset["id"]) == []
    assert listed(noted, "outsider", user_id="me", dataset_id=noted.dataset["id"]) == []


@pytest.mark.parametrize("asked", [{"limit": -1}, {"limit": "x"}, {"after": 2**70}, {"offset": [1]}])
def test_what_is_no_number_is_an_error(noted, asked):
    with pytest.raises(ValidationError):
        noted.call("pole_access_log_list", "sysadmin", **asked)


def test_those_who_run_the_portal_check_the_chain(noted, cli):
    from ckanext.pole.cli import get_commands

    answer = noted.call("pole_ledger_verify", "sysadmin")
    assert answer["ok"]
    assert noted.call("pole_ledger_verify", "sysadmin", **answer["head"])["ok"]
    assert not noted.call("pole_ledger_verify", "sysadmin", seq=answer["head"]["seq"], hash="0" * 64)["ok"]
    place = f"{answer['head']['seq']}:{answer['head']['hash']}"
    assert cli.invoke(get_commands()[0], ["ledger", "verify", "--noted", place]).exit_code == 0
    assert cli.invoke(get_commands()[0], ["ledger", "verify", "--noted", f"{answer['head']['seq']}:0"]).exit_code == 1
    refused = cli.invoke(
        get_commands()[0],
        ["ledger", "prune", "--days", "9", "--user", noted.accounts["outsider"], "--reason", "x"],
    )
    assert refused.exit_code == 2


def test_a_portal_with_public_storage_does_not_start(tmp_path, ckan_config):
    from ckan.exceptions import CkanConfigurationException

    from ckanext.pole.access import storage_check

    storage_check.check(ckan_config)
    with pytest.raises(CkanConfigurationException, match="served to everybody"):
        storage_check.check({"ckan.storage_path": str(tmp_path), "extra_public_paths": str(tmp_path)})
