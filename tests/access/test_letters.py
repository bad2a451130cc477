"""Letters leave for the right people, in both languages, through a real SMTP conversation."""

from __future__ import annotations

import pytest
from ckan.tests import factories, helpers

from ckanext.pole.access import letters, notices


@pytest.fixture
def proposed(with_plugins, clean_db, clean_index):
    """An agreement that waits for the partner's signature."""
    people = {who: factories.User(email=f"{who}@exemple.test") for who in ("custodian", "partner", "member")}
    orgs = {
        who: factories.Organization(
            title_translated={"fr": f"Organisation {who}"}, users=[{"name": people[who]["name"], "capacity": "admin"}]
        )
        for who in ("custodian", "partner")
    }
    helpers.call_action(
        "organization_member_create", id=orgs["partner"]["id"], username=people["member"]["name"], role="member"
    )
    context = {"user": people["custodian"]["name"]}
    policy = helpers.call_action(
        "pole_policy_create", context=dict(context), owner_org=orgs["custodian"]["id"],
        title_translated={"fr": "Paniers", "en": "Baskets"}, terms_translated={"fr": "1. Planifier."},
    )  # fmt: skip
    made = helpers.call_action(
        "pole_agreement_create", context=dict(context), policy_id=policy["id"], org_id=orgs["partner"]["id"],
        valid_until="2099-12-31",
    )  # fmt: skip
    return helpers.call_action("pole_agreement_propose", context=dict(context), id=made["id"])


def test_the_partners_admins_are_told_in_both_languages_and_its_members_are_not(proposed, post):
    assert notices.deliver("agreement_proposed", proposed["id"]) == 1
    (letter,) = post
    assert "partner@exemple.test" in letter["To"]
    assert "Entente à signer" in letter["Subject"]
    assert "Agreement to sign" in letter["Subject"]
    body = letter.get_content()
    assert body.index("31 décembre 2099") < body.index("December 31, 2099")
    assert f"/access/agreement/{proposed['id']}" in body
    assert f"/en/access/agreement/{proposed['id']}" in body


def test_a_post_office_that_is_closed_breaks_nothing(proposed, ckan_config, monkeypatch):
    monkeypatch.setitem(ckan_config, "smtp.server", "127.0.0.1:1")
    monkeypatch.setitem(ckan_config, "smtp.mail_from", "pole@exemple.test")
    assert notices.deliver("agreement_proposed", proposed["id"]) == 0


def test_a_portal_without_a_post_office_writes_no_letter(with_plugins, ckan_config, monkeypatch):
    monkeypatch.setitem(ckan_config, "smtp.mail_from", None)
    assert notices.deliver("agreement_proposed", "any") == 0


def test_a_letter_about_what_is_gone_is_not_written(with_plugins, post):
    assert notices.deliver("request_submitted", "nothing-of-that-name") == 0
    assert post == []


@pytest.mark.parametrize("event", sorted(letters.READERS))
def test_every_event_has_its_words(event):
    facts = dict.fromkeys(("policy", "custodian", "partner", "until", "url"), "x")
    letter = letters.write(event, facts, str)
    why = letters.write(event, {**facts, "reason": "Parce que."}, str).body
    assert "x" in letter.subject
    assert letter.body.endswith("x")
    assert "Parce que." in why
