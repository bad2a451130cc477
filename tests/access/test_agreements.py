"""Agreements from draft to end: who may, when, and what each act changes at the very next question."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from ckan.plugins.toolkit import NotAuthorized, ObjectNotFound, ValidationError


def in_days(days):
    return (datetime.now(timezone.utc) + timedelta(days=days)).isoformat()


def draft(world, who="custodian_admin", **more):
    wanted = {"policy_id": world.policy["id"], "org_id": world.partner, "valid_until": in_days(30)}
    return world.call("pole_agreement_create", who, **(wanted | more))


def test_a_bad_agreement_is_refused_at_its_field_and_leaves_nothing(world):
    bad = [
        ({"valid_until": "2020-01-01"}, "valid_until"),
        ({"valid_from": "2030-01-02", "valid_until": "2030-01-01"}, "valid_until"),
        ({"valid_until": "bientôt"}, "valid_until"),
        ({"valid_until": ""}, "valid_until"),
        ({"org_id": "nulle-part"}, "org_id"),
        ({"org_id": ""}, "org_id"),
        ({"document_ref": 12}, "document_ref"),
        ({"document_ref": "x" * 301}, "document_ref"),
    ]
    for change, field in bad:
        with pytest.raises(ValidationError) as error:
            draft(world, **change)
        assert list(error.value.error_dict) == [field], change
    assert world.call("pole_agreement_list", "custodian_admin", policy_id=world.policy["id"]) == []


def test_nobody_agrees_with_themselves_or_under_a_retired_or_unknown_policy(world):
    with pytest.raises(ValidationError):
        draft(world, org_id=world.custodian)
    with pytest.raises(ObjectNotFound):
        draft(world, policy_id="00000000-0000-0000-0000-000000000000")
    world.call("pole_policy_retire", "custodian_admin", id=world.policy["id"])
    with pytest.raises(ValidationError):
        draft(world)


def test_each_side_speaks_for_itself_alone_and_a_sysadmin_signs_for_nobody(world):
    for who in ("", "outsider", "partner_admin", "custodian_editor", "elsewhere_admin"):
        with pytest.raises(NotAuthorized):
            world.call(
                "pole_agreement_create",
                who,
                policy_id=world.policy["id"],
                org_id=world.partner,
                valid_until="2099-01-01",
            )
    agreement = draft(world)
    with pytest.raises(NotAuthorized):
        world.call("pole_agreement_propose", "partner_admin", id=agreement["id"])
    with pytest.raises(ValidationError):
        world.call("pole_agreement_sign", "partner_admin", id=agreement["id"])
    world.call("pole_agreement_propose", "custodian_admin", id=agreement["id"])
    for who in ("custodian_admin", "sysadmin", "partner_member", "elsewhere_admin", "outsider", ""):
        with pytest.raises(NotAuthorized):
            world.call("pole_agreement_sign", who, id=agreement["id"])
    signed = world.call("pole_agreement_sign", "partner_admin", id=agreement["id"], lang="en")
    assert (signed["state"], signed["signed_by"], signed["signed_lang"]) == ("active", world.ids["partner_admin"], "en")
    assert (signed["terms_version"], signed["terms_sha256"]) == (1, world.policy["terms_sha256"])
    for verb, who in (("suspend", "partner_admin"), ("resume", "partner_admin"), ("terminate", "elsewhere_admin")):
        with pytest.raises(NotAuthorized):
            world.call(f"pole_agreement_{verb}", who, id=agreement["id"], reason="non")


def test_terms_that_changed_since_they_were_read_are_not_signed(world):
    agreement = draft(world)
    world.call("pole_agreement_propose", "custodian_admin", id=agreement["id"])
    world.call("pole_policy_update", "custodian_admin", id=world.policy["id"], terms_translated={"fr": "Plus sévère."})
    with pytest.raises(ValidationError) as error:
        world.call(
            "pole_agreement_sign", "partner_admin", id=agreement["id"], terms_sha256=world.policy["terms_sha256"]
        )
    assert list(error.value.error_dict) == ["terms_sha256"]
    assert world.call("pole_agreement_show", "partner_admin", id=agreement["id"])["state"] == "proposed"


def test_a_member_reads_from_the_signature_to_the_suspension_and_again_until_the_end(world):
    world.accept("partner_member")
    assert world.code("partner_member") == "agreement_required"
    agreement = world.sign()
    assert world.code("partner_member") == "agreement"
    assert world.code("partner_admin") == "terms_required"
    assert world.code("outsider") == "agreement_required"
    assert world.code("") == "login_required"
    assert world.code("custodian_member") == "custodian"
    assert world.code("sysadmin") == "sysadmin"
    world.call("pole_agreement_suspend", "custodian_admin", id=agreement["id"], reason="Vérification")
    assert world.code("partner_member") == "agreement_suspended"
    world.call("pole_agreement_resume", "custodian_admin", id=agreement["id"])
    assert world.code("partner_member") == "agreement"
    expire(agreement["id"])
    assert world.code("partner_member") == "agreement_expired"
    assert world.call("pole_agreement_show", "partner_member", id=agreement["id"])["status"] == "expired"


def test_one_who_leaves_the_organisation_leaves_its_agreement(world):
    leaver = world.newcomer(world.partner)
    world.accept(leaver)
    world.sign()
    assert world.code(leaver) == "agreement"
    world.call("organization_member_delete", "partner_admin", id=world.partner, username=world.accounts[leaver])
    assert world.code(leaver) == "agreement_required"


def test_new_terms_ask_everyone_to_accept_again(world):
    world.accept("partner_member")
    world.sign()
    found = world.call(
        "pole_policy_update", "custodian_admin", id=world.policy["id"], terms_translated={"fr": "Autre texte."}
    )
    assert found["terms_version"] == 2
    assert world.code("partner_member") == "terms_required"
    world.accept("partner_member")
    assert world.code("partner_member") == "agreement"
    old = world.call("pole_policy_show", "", id=world.policy["id"], terms_version=1)
    assert (old["terms_sha256"], old["terms_version"]) == (world.policy["terms_sha256"], 1)


def test_a_change_of_title_alone_leaves_acceptances_and_version(world):
    world.accept("partner_member")
    world.sign()
    found = world.call(
        "pole_policy_update", "custodian_admin", id=world.policy["id"], title_translated={"fr": "Autre titre"},
        terms_translated=world.policy["terms_translated"],
    )  # fmt: skip
    assert found["terms_version"] == 1
    assert world.code("partner_member") == "agreement"


def test_there_is_one_agreement_in_preparation_and_one_signed_between_two(world):
    first = draft(world)
    with pytest.raises(ValidationError):
        draft(world)
    world.call("pole_agreement_terminate", "custodian_admin", id=first["id"], reason="Erreur")
    world.sign()
    with pytest.raises(ValidationError) as error:
        draft(world)
    assert list(error.value.error_dict) == ["org_id"]


def test_a_renewal_takes_over_without_a_gap_and_the_later_end_counts(world):
    world.accept("partner_member")
    old = world.sign(days=10)
    new = world.call("pole_agreement_renew", "custodian_admin", id=old["id"], valid_until=in_days(400))
    assert (new["renews"], new["state"], new["valid_from"]) == (old["id"], "draft", old["valid_until"])
    world.call("pole_agreement_propose", "custodian_admin", id=new["id"])
    signed = world.call("pole_agreement_sign", "partner_admin", id=new["id"])
    assert signed["status"] == "upcoming"
    assert world.code("partner_member") == "agreement"
    move(new["id"], valid_from=-5)
    assert decision(world, "partner_member").agreement_id == new["id"]
    expire(old["id"])
    assert world.code("partner_member") == "agreement"
    assert world.call("pole_agreement_show", "", id=old["id"])["status"] == "superseded"


def test_a_renewal_that_is_ended_before_it_begins_gives_the_old_one_its_place_back(world):
    world.accept("partner_member")
    old = world.sign(days=10)
    new = world.call("pole_agreement_renew", "custodian_admin", id=old["id"], valid_until=in_days(400))
    world.call("pole_agreement_propose", "custodian_admin", id=new["id"])
    world.call("pole_agreement_sign", "partner_admin", id=new["id"])
    world.call("pole_agreement_terminate", "partner_admin", id=new["id"], reason="Fermeture")
    assert world.code("partner_member") == "agreement"
    assert world.call("pole_agreement_show", "custodian_admin", id=old["id"])["superseded_by"] is None
    world.call("pole_agreement_renew", "custodian_admin", id=old["id"], valid_until=in_days(200))


def test_suspending_and_ending_an_agreement_reach_its_renewals(world):
    world.accept("partner_member")
    old = world.sign(days=10)
    new = world.call("pole_agreement_renew", "custodian_admin", id=old["id"], valid_until=in_days(400))
    world.call("pole_agreement_propose", "custodian_admin", id=new["id"])
    world.call("pole_agreement_sign", "partner_admin", id=new["id"])
    world.call("pole_agreement_suspend", "custodian_admin", id=old["id"], reason="Vérification")
    expire(old["id"])
    move(new["id"], valid_from=-1)
    assert world.code("partner_member") == "agreement_suspended"
    world.call("pole_agreement_terminate", "custodian_admin", id=old["id"], reason="Fin")
    assert world.code("partner_member") == "agreement_required"
    assert world.call("pole_agreement_show", "custodian_admin", id=new["id"])["state"] == "terminated"


def test_a_suspended_agreement_is_not_renewed_and_a_prepared_renewal_is_not_signed(world):
    old = world.sign(days=10)
    new = world.call("pole_agreement_renew", "custodian_admin", id=old["id"], valid_until=in_days(400))
    world.call("pole_agreement_propose", "custodian_admin", id=new["id"])
    world.call("pole_agreement_suspend", "custodian_admin", id=old["id"], reason="Vérification")
    with pytest.raises(ValidationError):
        world.call("pole_agreement_sign", "partner_admin", id=new["id"])
    with pytest.raises(ValidationError):
        world.call("pole_agreement_renew", "custodian_admin", id=old["id"], valid_until=in_days(500))


def test_after_the_end_a_new_agreement_may_be_made(world):
    world.accept("partner_member")
    old = world.sign()
    expire(old["id"])
    world.sign(days=60)
    assert world.code("partner_member") == "agreement"


def test_the_register_shows_who_shares_with_whom_and_no_person(world):
    agreement = world.sign(document_ref="contrat-2026-14")
    unsigned = world.call(
        "pole_agreement_create", "custodian_admin", policy_id=world.policy["id"], org_id=world.ids["elsewhere"],
        valid_until=in_days(9),
    )  # fmt: skip
    public = world.call("pole_agreement_list", "", policy_id=world.policy["id"])
    assert [(row["id"], row["partner"]["id"], row["signed_by"], row["document_ref"]) for row in public] == [
        (agreement["id"], world.partner, "", "")
    ]
    assert public[0]["actions"] == []
    with pytest.raises(NotAuthorized):
        world.call("pole_agreement_show", "elsewhere_admin", id=unsigned["id"])
    seen = world.call("pole_agreement_list", "custodian_member", policy_id=world.policy["id"])
    assert {row["id"] for row in seen} == {agreement["id"], unsigned["id"]}
    mine = world.call("pole_agreement_list", "partner_admin", org_id=world.partner, policy_id=world.policy["id"])
    assert (mine[0]["document_ref"], mine[0]["signed_by"]) == ("contrat-2026-14", world.ids["partner_admin"])


def test_lists_filter_by_party_status_and_days_left(world):
    def listed(**wanted):
        return world.call("pole_agreement_list", "custodian_admin", policy_id=world.policy["id"], **wanted)

    soon = world.sign(days=20)
    for status, expected in (("active", [soon["id"]]), ("expired", []), ("upcoming", []), ("draft", [])):
        found = listed(status=status)
        assert [row["id"] for row in found] == expected, status
    assert listed(expiring_days=30)[0]["id"] == soon["id"]
    assert listed(expiring_days=10) == []
    assert listed(owner_org=world.partner) == []
    for bad in ({"status": "ouvert"}, {"expiring_days": "x"}, {"limit": 100_000}, {"org_id": "nulle-part"}):
        with pytest.raises(ValidationError):
            world.call("pole_agreement_list", "", **bad)


def test_the_status_of_the_database_is_that_of_the_rule(world):
    from ckan import model

    from ckanext.pole.access import queries, states
    from ckanext.pole.access.model import Agreement, new_id, now

    moment = now().replace(microsecond=0)
    day = timedelta(days=1)
    made = world.sign()
    for number, state in enumerate(("draft", "proposed", "active", "suspended", "terminated")):
        for since, until in ((-2, -1), (-1, 0), (-1, 1), (0, 1), (1, 2)):
            for superseded in (None, made["id"]):
                row = Agreement(
                    id=new_id(), policy_id=world.policy["id"], org_id=f"{number}{since}{until}{bool(superseded)}",
                    state=state, valid_from=moment + since * day, valid_until=moment + until * day,
                    superseded_by=superseded,
                )  # fmt: skip
                model.Session.add(row)
    model.Session.commit()
    query = sa.select(Agreement, queries.status(moment)).where(Agreement.policy_id == world.policy["id"])
    rows = model.Session.execute(query).all()
    assert len(rows) == 51
    for row, found in rows:
        assert found == states.status(row.state, row.valid_from, row.valid_until, bool(row.superseded_by), moment)


def test_each_act_is_on_the_ledger_and_a_refused_one_is_not(world):
    from ckan import model

    from ckanext.pole.access.ledger_tables import LOG

    agreement = world.sign()
    world.accept("partner_member")
    with pytest.raises(ValidationError):
        world.call("pole_agreement_resume", "custodian_admin", id=agreement["id"])
    query = sa.select(LOG.c.event, LOG.c.user_id).where(LOG.c.policy_id == world.policy["id"]).order_by(LOG.c.seq)
    partner, custodian = world.ids["partner_admin"], world.ids["custodian_admin"]
    assert [tuple(row) for row in model.Session.execute(query)] == [
        ("policy.create", custodian),
        ("agreement.create", custodian),
        ("agreement.propose", custodian),
        ("agreement.sign", partner),
        ("terms.accept", world.ids["partner_member"]),
    ]


def test_an_admin_sees_which_verbs_are_there_now(world):
    agreement = draft(world)
    shown = world.call("pole_agreement_show", "custodian_admin", id=agreement["id"])
    assert shown["actions"] == ["update", "propose", "terminate"]
    world.call("pole_agreement_update", "custodian_admin", id=agreement["id"], document_ref="a.pdf")
    world.call("pole_agreement_propose", "custodian_admin", id=agreement["id"])
    assert world.call("pole_agreement_show", "partner_admin", id=agreement["id"])["actions"] == ["sign", "terminate"]
    assert world.call("pole_agreement_show", "sysadmin", id=agreement["id"])["actions"] == ["terminate"]
    with pytest.raises(ValidationError):
        world.call("pole_agreement_update", "custodian_admin", id=agreement["id"], document_ref="b.pdf")


def test_each_agreement_that_ends_soon_is_written_about_once_a_bound(world, cli):
    from ckanext.pole.plugin import cli as commands

    def remind(days):
        done = cli.invoke(commands.pole, ["access", "expiring", "--days", str(days)], catch_exceptions=False)
        assert done.exit_code == 0
        return {line.split()[-1] for line in done.output.splitlines()}

    soon = world.sign(days=20)
    late = world.sign(days=200, org=world.ids["elsewhere"], signer="elsewhere_admin")
    assert soon["id"] not in remind(10)
    first = remind(30)
    assert soon["id"] in first
    assert late["id"] not in first
    assert soon["id"] not in remind(30)
    assert soon["id"] in remind(21)
    assert cli.invoke(commands.pole, ["access", "expiring", "--days", "0"]).exit_code == 2


def decision(world, who):
    from ckanext.pole.access import facts

    return facts.decision_on(world.dataset["resources"][0]["id"], world.accounts[who])


def move(agreement_id, **days):
    """Shift a moment of an agreement, as time itself would."""
    from ckan import model

    from ckanext.pole.access.model import Agreement

    values = {name: datetime.now(timezone.utc) + timedelta(days=number) for name, number in days.items()}
    model.Session.execute(sa.update(Agreement).where(Agreement.id == agreement_id).values(**values))
    model.Session.commit()


def expire(agreement_id):
    from ckan import model

    from ckanext.pole.access.model import Agreement

    past = datetime.now(timezone.utc) - timedelta(seconds=1)
    row = model.Session.get(Agreement, agreement_id)
    row.valid_from, row.valid_until = row.valid_from - timedelta(days=900), past
    model.Session.commit()
