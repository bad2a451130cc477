"""Ids that somebody made up, or that are another's: refused in words, and nothing is written."""

from __future__ import annotations

import pytest
from ckan.plugins.toolkit import NotAuthorized, ObjectNotFound, ValidationError

from ckanext.pole.access import ledger_keeping

REFUSED = (NotAuthorized, ObjectNotFound, ValidationError)
UNKNOWN = "3f2b8c1e-7d4a-4e59-9b60-5a1c2d3e4f50"
FORGED = ("", " ", "rien", UNKNOWN, "a\0b", "' OR '1'='1", "x" * 10_000, "../../etc/passwd", ["x"], {"a": "b"}, 7)
#: What each verb needs beside the id.
VERBS = {
    "pole_policy_update": {"title_translated": {"fr": "Pris"}},
    "pole_policy_retire": {},
    "pole_agreement_update": {"valid_until": "2099-01-01"},
    "pole_agreement_propose": {},
    "pole_agreement_sign": {},
    "pole_agreement_suspend": {"reason": "x"},
    "pole_agreement_resume": {},
    "pole_agreement_terminate": {"reason": "x"},
    "pole_agreement_renew": {"valid_until": "2099-01-01"},
    "pole_access_request_return": {"question": "x"},
    "pole_access_request_answer": {"answer": "x"},
    "pole_access_request_approve": {"grant_until": "2099-01-01"},
    "pole_access_request_reject": {"reason": "x"},
    "pole_access_request_withdraw": {},
    "pole_access_request_revoke": {"reason": "x"},
    "pole_location_update": {"url": "https://exemple.test/"},
}
READS = (
    "pole_policy_show", "pole_agreement_show", "pole_access_request_show", "pole_access_explain", "pole_location_show",
)  # fmt: skip
ABOUT_POLICIES = {
    "pole_agreement_create": {"org_id": "rien", "valid_until": "2099-01-01"},
    "pole_terms_accept": {"terms_sha256": "0" * 64},
    "pole_terms_withdraw": {},
    "pole_access_request_create": {"purpose": "x", "use_code": "research"},
    "pole_person_suspend": {"user_id": "rien", "reason": "x"},
}


@pytest.mark.parametrize("forged", FORGED, ids=lambda forged: repr(forged)[:20])
def test_an_id_that_is_none_is_refused_by_every_verb_and_changes_nothing(world, forged):
    before = ledger_keeping.verify()["head"]
    for who in ("custodian_admin", "sysadmin"):
        for action, more in [*VERBS.items(), *((read, {}) for read in READS)]:
            with pytest.raises(REFUSED):
                world.call(action, who, **{"id": forged, **more})
        for action, more in ABOUT_POLICIES.items():
            with pytest.raises(REFUSED):
                world.call(action, who, **{"policy_id": forged, **more})
    assert ledger_keeping.verify()["head"] == before


def test_the_id_of_another_custodians_thing_is_refused_and_changes_nothing(world):
    agreement, request = world.sign(), world.ask()
    resource = world.dataset["resources"][0]["id"]
    ids = {"policy": world.policy["id"], "agreement": agreement["id"], "access": request["id"], "location": resource}
    before = ledger_keeping.verify()["head"]
    for action, more in VERBS.items():
        with pytest.raises(NotAuthorized):
            world.call(action, "elsewhere_admin", id=ids[action.split("_")[1]], **more)
    with pytest.raises(NotAuthorized):
        world.call(
            "pole_agreement_create", "elsewhere_admin", policy_id=world.policy["id"], org_id=world.ids["elsewhere"],
            valid_until="2099-01-01",
        )  # fmt: skip
    assert ledger_keeping.verify()["head"] == before


def test_an_acceptance_that_is_sent_again_later_does_not_count(world):
    read = world.policy["terms_sha256"]
    world.call("pole_terms_accept", "outsider", policy_id=world.policy["id"], terms_sha256=read)
    world.call("pole_policy_update", "custodian_admin", id=world.policy["id"], terms_translated={"fr": "Plus sévère."})
    other = world.make_policy(terms_translated={"fr": "Autre chose."})
    before = ledger_keeping.verify()["head"]
    for policy in (world.policy, other):
        with pytest.raises(ValidationError):
            world.call("pole_terms_accept", "outsider", policy_id=policy["id"], terms_sha256=read)
    assert ledger_keeping.verify()["head"] == before
