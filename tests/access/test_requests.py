"""A person asks, a custodian decides; consent is given for one text and may be taken back."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from ckan.plugins.toolkit import NotAuthorized, ObjectNotFound, ValidationError


def in_days(days):
    return (datetime.now(timezone.utc) + timedelta(days=days)).isoformat()


def test_a_bad_request_is_refused_at_its_field_and_leaves_nothing(world):
    bad = [
        ({"purpose": " "}, "purpose"),
        ({"use_code": "vendre"}, "use_code"),
        ({"use_code": "no-linkage"}, "use_code"),
        ({"duration_days": 0}, "duration_days"),
        ({"duration_days": "toujours"}, "duration_days"),
        ({"org_id": world.partner}, "org_id"),
        ({"for_organization": True}, "org_id"),
        ({"policy_id": ""}, "policy_id"),
        ({"dataset_id": "inconnu"}, "dataset_id"),
        ({"purpose": "x" * 5001}, "purpose"),
    ]
    for change, field in bad:
        with pytest.raises(ValidationError) as error:
            world.ask(**change)
        assert list(error.value.error_dict) == [field], change
    with pytest.raises(ObjectNotFound):
        world.ask(policy_id="1' OR '1'='1")
    with pytest.raises(NotAuthorized):
        world.ask("")
    assert world.call("pole_access_request_list", "custodian_admin", policy_id=world.policy["id"]) == []


def test_a_request_for_a_dataset_is_for_its_policy_and_no_other(world):
    other = world.make_policy()
    with pytest.raises(ValidationError):
        world.ask(dataset_id=world.dataset["name"], policy_id=other["id"])
    found = world.ask(dataset_id=world.dataset["name"], policy_id="")
    assert (found["policy_id"], found["dataset_id"]) == (world.policy["id"], world.dataset["id"])
    hidden = world.make_dataset(f"cache-{world.policy['id'][:8]}", "confidential", policy=other["id"])
    with pytest.raises(NotAuthorized):
        world.ask("elsewhere_admin", dataset_id=hidden["id"], policy_id="")


def test_from_question_to_answer_to_yes_to_the_end_of_it(world):
    world.accept("outsider")
    request = world.ask(duration_days=30, people="Mon équipe")
    assert world.code("outsider") == "request_pending"
    returned = world.call(
        "pole_access_request_return", "custodian_admin", id=request["id"], question="Qui verra les données ?"
    )
    assert (returned["state"], returned["question"]) == ("returned", "Qui verra les données ?")
    answered = world.call(
        "pole_access_request_answer", "outsider", id=request["id"], answer="Deux personnes", people="Deux personnes"
    )
    assert (answered["state"], answered["people"], answered["purpose"]) == (
        "submitted", "Deux personnes", request["purpose"],
    )  # fmt: skip
    with pytest.raises(ValidationError):
        world.call("pole_access_request_approve", "custodian_admin", id=request["id"], grant_until="2020-01-01")
    with pytest.raises(ValidationError):
        world.call("pole_access_request_approve", "custodian_admin", id=request["id"])
    approved = world.call("pole_access_request_approve", "custodian_admin", id=request["id"], grant_until=in_days(10))
    assert (approved["state"], approved["live"]) == ("approved", True)
    assert [entry["state"] for entry in approved["history"]] == ["submitted", "returned", "submitted", "approved"]
    assert world.code("outsider") == "request"
    with pytest.raises(ValidationError):
        world.ask()
    end_of_grant(request["id"])
    assert world.code("outsider") == "request_expired"
    assert world.ask()["state"] == "submitted"


def test_only_the_custodians_administrators_decide(world):
    request = world.ask()
    for who in ("", "outsider", "custodian_editor", "partner_admin"):
        for verb, more in (
            ("return", {"question": "?"}), ("approve", {"grant_until": "2099-01-01"}), ("reject", {"reason": "non"}),
            ("revoke", {"reason": "non"}),
        ):  # fmt: skip
            with pytest.raises(NotAuthorized):
                world.call(f"pole_access_request_{verb}", who, id=request["id"], **more)
    for who in ("", "partner_admin", "custodian_admin"):
        for verb, more in (("withdraw", {}), ("answer", {"answer": "oui"})):
            with pytest.raises(NotAuthorized):
                world.call(f"pole_access_request_{verb}", who, id=request["id"], **more)
    for who in ("", "partner_admin", "custodian_member"):
        with pytest.raises(NotAuthorized):
            world.call("pole_access_request_show", who, id=request["id"])
    assert world.call("pole_access_request_list", "partner_admin", policy_id=world.policy["id"]) == []
    assert len(world.call("pole_access_request_list", "custodian_admin", policy_id=world.policy["id"])) == 1
    assert len(world.call("pole_access_request_list", "outsider", user_id="me", policy_id=world.policy["id"])) == 1


def test_after_a_refusal_with_its_reason_one_may_ask_again_and_what_was_given_may_be_taken_back(world):
    world.accept("elsewhere_member")
    request = world.ask("elsewhere_member")
    with pytest.raises(ValidationError):
        world.ask("elsewhere_member")
    with pytest.raises(ValidationError):
        world.call("pole_access_request_reject", "custodian_admin", id=request["id"], reason="")
    refused = world.call("pole_access_request_reject", "custodian_admin", id=request["id"], reason="Trop vague")
    assert (refused["state"], refused["reason"]) == ("rejected", "Trop vague")
    again = world.ask("elsewhere_member", purpose="Portrait précis")
    world.call("pole_access_request_approve", "custodian_admin", id=again["id"], grant_until=in_days(5))
    assert world.code("elsewhere_member") == "request"
    world.call("pole_access_request_revoke", "custodian_admin", id=again["id"], reason="Fin du projet")
    assert world.code("elsewhere_member") == "agreement_required"
    with pytest.raises(ValidationError):
        world.call("pole_access_request_approve", "custodian_admin", id=again["id"], grant_until=in_days(5))


def test_one_gives_up_what_one_was_given(world):
    world.accept("outsider")
    request = world.ask()
    world.call("pole_access_request_approve", "custodian_admin", id=request["id"], grant_until=in_days(5))
    assert world.call("pole_access_request_withdraw", "outsider", id=request["id"])["state"] == "withdrawn"
    assert world.code("outsider") == "agreement_required"


def test_asking_too_often_in_a_day_is_refused(world, ckan_config, monkeypatch):
    monkeypatch.setitem(ckan_config, "ckanext.pole.access.requests_per_day", 2)
    who = world.newcomer()
    for _ in range(2):
        request = world.ask(who)
        world.call("pole_access_request_withdraw", who, id=request["id"])
    with pytest.raises(ValidationError) as error:
        world.ask(who)
    assert list(error.value.error_dict) == ["state"]


def test_terms_are_accepted_by_the_digest_of_the_text_that_was_read(world):
    for digest in ("", "0" * 64, "x" * 65):
        with pytest.raises(ValidationError) as error:
            world.call("pole_terms_accept", "outsider", policy_id=world.policy["id"], terms_sha256=digest)
        assert list(error.value.error_dict) == ["terms_sha256"]
    with pytest.raises(NotAuthorized):
        world.accept("")
    first, second = world.accept("outsider"), world.accept("outsider")
    assert first == second
    world.call("pole_policy_update", "custodian_admin", id=world.policy["id"], terms_translated={"fr": "Nouveau."})
    with pytest.raises(ValidationError):
        world.call(
            "pole_terms_accept", "outsider", policy_id=world.policy["id"], terms_sha256=world.policy["terms_sha256"]
        )
    with pytest.raises(NotAuthorized):
        world.call("pole_acceptance_list", "elsewhere_admin", user_id=world.ids["outsider"])


def test_the_registered_tier_opens_with_the_terms_and_closes_when_consent_is_withdrawn(world):
    dataset = world.make_dataset(f"inscrit-{world.policy['id'][:8]}", "registered")
    resource = dataset["resources"][0]["id"]
    assert world.code("", resource) == "login_required"
    assert world.code("outsider", resource) == "terms_required"
    with pytest.raises(ValidationError):
        world.call("pole_terms_withdraw", "outsider", policy_id=world.policy["id"])
    world.accept("outsider")
    assert world.code("outsider", resource) == "registered"
    world.call("pole_terms_withdraw", "outsider", policy_id=world.policy["id"])
    assert world.code("outsider", resource) == "terms_required"
    world.accept("outsider")
    assert world.code("outsider", resource) == "registered"
    mine = world.call("pole_acceptance_list", "outsider")
    own = [row["withdrawn"] for row in mine if row["policy_id"] == world.policy["id"]]
    assert own == [False, True, False]


def test_a_suspended_person_reads_nothing_of_the_custodian_whatever_the_agreement(world):
    who = world.newcomer(world.partner)
    world.accept(who)
    world.sign()
    assert world.code(who) == "agreement"
    for actor in ("partner_admin", "custodian_editor", ""):
        with pytest.raises(NotAuthorized):
            world.call("pole_person_suspend", actor, user_id=world.ids[who], owner_org=world.custodian, reason="Abus")
    named = {"user_id": world.accounts[who], "owner_org": world.custodian}
    world.call("pole_person_suspend", "custodian_admin", **named, reason="Abus")
    assert world.code(who) == "person_suspended"
    with pytest.raises(ValidationError):
        world.call("pole_person_suspend", "custodian_admin", **named, reason="Encore")
    listed = world.call("pole_person_suspended_list", "custodian_admin", owner_org=world.custodian)
    assert [row["user_id"] for row in listed] == [world.ids[who]]
    world.call("pole_person_resume", "custodian_admin", **named)
    assert world.code(who) == "agreement"
    with pytest.raises(NotAuthorized):
        world.call("pole_person_suspend", "custodian_admin", user_id=world.ids[who], owner_org="", reason="Portail")
    world.call("pole_person_suspend", "sysadmin", user_id=world.ids[who], owner_org="", reason="Portail")
    assert world.code(who) == "person_suspended"


def test_a_person_suspended_from_one_policy_reads_the_others_and_is_told_why(world):
    from ckan import model

    from ckanext.pole.access.ledger_tables import LOG

    who, policy = world.newcomer(), world.policy["id"]
    world.accept(who)
    other = world.make_policy()
    world.call("pole_terms_accept", who, policy_id=other["id"], terms_sha256=other["terms_sha256"])
    short = policy[:8]
    closed = world.make_dataset(f"inscrit-{short}", "registered")["resources"][0]["id"]
    beside = world.make_dataset(f"autre-{short}", "registered", policy=other["id"])["resources"][0]["id"]
    named = {"user_id": world.accounts[who], "policy_id": policy}
    for actor in ("partner_admin", "custodian_editor", "elsewhere_admin", who, ""):
        with pytest.raises(NotAuthorized):
            world.call("pole_person_suspend", actor, **named, reason="Abus")
    for wrong, field in (
        ({"policy_id": "rien"}, "policy_id"), ({"user_id": "inconnue"}, "user_id"), ({"reason": " "}, "reason"),
    ):  # fmt: skip
        with pytest.raises(ValidationError) as error:
            world.call("pole_person_suspend", "custodian_admin", **{**named, "reason": "Abus", **wrong})
        assert list(error.value.error_dict) == [field]
    elsewhere = {**named, "owner_org": world.ids["elsewhere"], "reason": "Abus"}
    with pytest.raises(ValidationError) as error:
        world.call("pole_person_suspend", "elsewhere_admin", **elsewhere)
    assert list(error.value.error_dict) == ["policy_id"]
    assert world.code(who, closed) == "registered"

    world.call("pole_person_suspend", "custodian_admin", **named, reason="Copie publiée ailleurs")
    assert (world.code(who, closed), world.code(who, beside)) == ("person_suspended", "registered")
    with pytest.raises(NotAuthorized, match="Copie publiée ailleurs"):
        world.call("resource_show", who, id=closed)
    assert "Copie publiée ailleurs" in world.call("pole_access_explain", who, id=closed)["reason"]["fr"]
    mine = world.call("pole_person_suspended_list", who, user_id="me")
    assert [(row["policy_id"], row["reason"]) for row in mine] == [(policy, "Copie publiée ailleurs")]
    with pytest.raises(NotAuthorized):
        world.call("pole_person_suspended_list", "", user_id="me")

    world.call("pole_person_resume", "custodian_admin", **named)
    assert world.code(who, closed) == "registered"
    assert world.call("pole_person_suspended_list", who, user_id="me") == []
    query = sa.select(LOG.c.event, LOG.c.details["person"].as_string())
    query = query.where(LOG.c.policy_id == policy, LOG.c.event.startswith("person.")).order_by(LOG.c.seq)
    assert [tuple(row) for row in model.Session.execute(query)] == [
        ("person.suspend", world.ids[who]), ("person.resume", world.ids[who]),
    ]  # fmt: skip


def test_a_policy_is_its_custodians_and_says_what_is_missing(world):
    for who in ("", "outsider", "custodian_editor", "partner_admin"):
        with pytest.raises(NotAuthorized):
            world.call("pole_policy_update", who, id=world.policy["id"], title_translated={"fr": "Pris"})
    for change, field in (
        ({"title_translated": {"en": "English only"}}, "title_translated"),
        ({"terms_translated": {}}, "terms_translated"),
        ({"terms_translated": "texte"}, "terms_translated"),
        ({"use_codes": ["vendre"]}, "use_codes"),
        ({"title_translated": {"fr": "x" * 501}}, "title_translated"),
    ):
        with pytest.raises(ValidationError) as error:
            world.make_policy(**change)
        assert list(error.value.error_dict) == [field], change
    world.call("pole_policy_retire", "custodian_admin", id=world.policy["id"])
    with pytest.raises(ValidationError):
        world.call("pole_policy_retire", "custodian_admin", id=world.policy["id"])
    with pytest.raises(ValidationError):
        world.ask()


def end_of_grant(request_id):
    from ckan import model

    from ckanext.pole.access.model import AccessRequest

    past = datetime.now(timezone.utc) - timedelta(seconds=1)
    model.Session.execute(sa.update(AccessRequest).where(AccessRequest.id == request_id).values(grant_until=past))
    model.Session.commit()
