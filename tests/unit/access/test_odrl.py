"""Policies and agreements in ODRL: what a machine that knows the standard reads in them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib import Graph, Namespace, URIRef
from rdflib.namespace import DCTERMS, RDF

from ckanext.pole.access import odrl
from ckanext.pole.bilingual import vocabularies

ODRL = Namespace(odrl.ODRL)
AT = odrl.Addresses("https://pole.exemple.test", "https://pole.exemple.test/access/uses")
#: What the published context says of the words that we use, so that no test asks the network.
WORDS = {
    "odrl": odrl.ODRL, "xsd": "http://www.w3.org/2001/XMLSchema#", "uid": "@id",
    **{name: f"odrl:{name}" for name in ("Offer", "Agreement", "Party", "AssetCollection")},
    **{name: {"@id": f"odrl:{name}", "@type": "@vocab"} for name in ("action", "leftOperand", "operator")},
    **{name: {"@id": f"odrl:{name}", "@type": "@id"} for name in ("target", "assigner", "assignee")},
    **{name: f"odrl:{name}" for name in ("permission", "prohibition", "constraint", "duty", "rightOperand")},
    "@vocab": odrl.ODRL,
}  # fmt: skip
POLICY = {
    "id": "p-1", "title_translated": {"fr": "Places en halte-garderie", "en": "Drop-in child care places"},
    "purpose_translated": {"fr": "Planifier."}, "terms_version": 2, "terms_sha256": "a" * 64,
    "custodian": {"name": "centraide", "title_translated": {"fr": "Centraide"}},
}  # fmt: skip
SIGNED = {
    "id": "a-1", "policy_id": "p-1", "policy": POLICY, "custodian": POLICY["custodian"],
    "partner": {"name": "crc", "title": "Carrefour"}, "valid_from": "2026-01-01T05:00:00+00:00",
    "valid_until": "2027-01-01T05:00:00+00:00", "signed_by": "user-of-crc", "signed_at": "2025-12-20T15:00:00+00:00",
    "terms_version": 2, "terms_sha256": "a" * 64,
}  # fmt: skip


def under(*codes: str) -> dict:
    return {**POLICY, "use_codes": list(codes)}


def graph(document: dict) -> Graph:
    assert document["@context"][0] == "http://www.w3.org/ns/odrl.jsonld"
    known = {**document, "@context": [WORDS, document["@context"][1]]}
    return Graph().parse(data=json.dumps(known), format="json-ld")


def test_a_policy_is_an_offer_of_its_custodian():
    found = graph(odrl.offer(under("research"), AT))
    policy = URIRef("https://pole.exemple.test/access/policy/p-1")
    assert (policy, RDF.type, ODRL.Offer) in found
    assert (policy, ODRL.assigner, URIRef("https://pole.exemple.test/organization/centraide")) in found
    assert {str(title) for title in found.objects(policy, DCTERMS.title)} == set(POLICY["title_translated"].values())


def test_an_offer_has_no_assignee_and_no_dates():
    document = odrl.offer(under("research"), AT)
    assert "assignee" not in document
    assert "dateTime" not in json.dumps(document)


def test_an_agreement_names_both_parties_and_never_the_person_who_signed():
    document = odrl.agreement(SIGNED, AT)
    found = graph(document)
    agreement = URIRef("https://pole.exemple.test/access/agreement/a-1")
    assert (agreement, RDF.type, ODRL.Agreement) in found
    assert (agreement, ODRL.assignee, URIRef("https://pole.exemple.test/organization/crc")) in found
    assert "user-of-crc" not in json.dumps(document)


def test_an_agreement_begins_on_its_first_instant_and_is_over_at_its_last():
    found = graph(odrl.agreement(SIGNED, AT))
    dates = {
        found.value(rule, ODRL.operator): str(found.value(rule, ODRL.rightOperand))
        for rule in found.subjects(ODRL.leftOperand, ODRL.dateTime)
    }
    assert dates == {ODRL.gteq: SIGNED["valid_from"], ODRL.lt: SIGNED["valid_until"]}


def test_purposes_limit_the_permission():
    found = graph(odrl.offer(under("research", "service-planning"), AT))
    (constraint,) = found.subjects(ODRL.leftOperand, ODRL.purpose)
    assert {str(value) for value in found.objects(constraint, ODRL.rightOperand)} == {
        "http://purl.obolibrary.org/obo/DUO_0000042", "https://pole.exemple.test/access/uses#service-planning",
    }  # fmt: skip


def test_any_use_is_no_limit_even_beside_others():
    assert "constraint" not in odrl.offer(under("any-use", "research"), AT)["permission"][0]


def test_odrl_words_are_used_where_there_are_some():
    document = odrl.offer(under("attribution", "no-redistribution"), AT)
    assert document["permission"][0]["duty"] == [{"action": "attribute"}]
    assert [rule["action"] for rule in document["prohibition"]] == ["distribute"]


def test_words_of_ours_lead_to_a_page_that_explains_them():
    document = odrl.offer(under("no-reidentification", "ethics-approval"), AT)
    assert document["prohibition"][0]["action"]["@id"] == "https://pole.exemple.test/access/uses#no-reidentification"
    duty = document["permission"][0]["duty"][0]["action"]
    assert duty["skos:closeMatch"] == {"@id": "http://purl.obolibrary.org/obo/DUO_0000021"}


def test_a_policy_without_a_public_dataset_names_its_collection_and_nothing_more():
    (target,) = odrl.offer(POLICY, AT)["permission"][0]["target"]
    assert target == {"@type": "AssetCollection", "uid": "https://pole.exemple.test/access/policy/p-1#datasets"}


def test_datasets_are_the_targets():
    document = odrl.offer(POLICY, AT, ["https://pole.exemple.test/dataset/x"])
    assert document["permission"][0]["target"] == ["https://pole.exemple.test/dataset/x"]


@pytest.mark.parametrize("missing", ["custodian", "purpose_translated", "terms_sha256", "title_translated"])
def test_a_policy_that_lacks_something_is_still_an_offer(missing):
    bare = {key: value for key, value in POLICY.items() if key != missing}
    assert list(graph(odrl.offer(bare, AT)).subjects(RDF.type, ODRL.Offer))


def test_a_code_that_left_the_vocabulary_still_binds():
    document = odrl.offer(under("of-older-days"), AT)
    assert document["permission"][0]["duty"] == [{"action": {"@id": f"{AT.uses}#of-older-days"}}]


@given(st.sets(st.sampled_from(sorted(vocabularies.load("intended_uses").terms))))
def test_every_code_is_said_once_wherever_it_belongs(codes):
    document = odrl.agreement({**SIGNED, "policy": under(*sorted(codes))}, AT)
    (permission,) = document["permission"]
    groups = {code: vocabularies.load("intended_uses").terms[code].extra["group"] for code in codes}
    assert len(permission.get("duty", [])) == sum(group == "condition" for group in groups.values())
    assert len(document.get("prohibition", [])) == sum(group == "prohibition" for group in groups.values())
    assert len(graph(document)) > 0
