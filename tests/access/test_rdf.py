"""A dataset's RDF says who may read it, under which policy, and where to ask; never where the data really are."""

from __future__ import annotations

import pytest
from ckan.tests import factories, helpers
from rdflib import Graph, Namespace, URIRef
from rdflib.namespace import DCAT, DCTERMS, RDF

ODRL = Namespace("http://www.w3.org/ns/odrl/2/")
EU = "http://publications.europa.eu/resource/authority/access-right/"
REAL = "https://source.exemple.test/canari-9d2c.csv"


_KEPT: list[tuple[Graph, str]] = []


@pytest.fixture
def described(with_plugins, app, request):
    """The graph of a dataset under agreement that has an open summary; and its policy. Read once for all tests."""
    if not _KEPT:
        request.getfixturevalue("clean_db")
        request.getfixturevalue("clean_index")
        _KEPT.append(_describe(app))
    return _KEPT[0]


def _describe(app):
    admin = factories.User()["name"]
    org = factories.Organization(title_translated={"fr": "Fiduciaire"}, users=[{"name": admin, "capacity": "admin"}])
    policy = helpers.call_action(
        "pole_policy_create", context={"user": admin}, owner_org=org["id"], title_translated={"fr": "Places"},
        terms_translated={"fr": "1. Rien."},
    )  # fmt: skip
    helpers.call_action(
        "package_create", context={"user": admin}, name="places", owner_org=org["id"], notes_translated={"fr": "P."},
        title_translated={"fr": "Places"}, access_tier="agreement", access_policy=policy["id"],
        resources=[
            {"name_translated": {"fr": "Tableau"}, "url": REAL, "format": "CSV"},
            {
                "name_translated": {"fr": "Sommaire"}, "url": "https://source.exemple.test/sommaire.csv",
                "access_tier": "open",
            },
        ],
    )  # fmt: skip
    answer = app.get("/dataset/places.ttl")
    assert REAL not in answer.body
    return Graph().parse(data=answer.body, format="turtle"), policy["id"]


def test_the_dataset_and_its_closed_part_are_restricted_and_its_open_part_is_public(described):
    graph, _ = described
    rights = {str(right) for subject in graph.subjects(RDF.type, DCAT.Dataset)
              for right in graph.objects(subject, DCTERMS.accessRights)}  # fmt: skip
    assert rights == {f"{EU}RESTRICTED"}
    parts = {str(right) for subject in graph.subjects(RDF.type, DCAT.Distribution)
             for right in graph.objects(subject, DCTERMS.accessRights)}  # fmt: skip
    assert parts == {f"{EU}RESTRICTED", f"{EU}PUBLIC"}


def test_the_policy_is_an_offer_at_its_own_address(described):
    graph, policy = described
    (offer,) = set(graph.objects(None, ODRL.hasPolicy))
    assert str(offer).endswith(f"/access/policy/{policy}")
    assert (offer, RDF.type, ODRL.Offer) in graph


def test_the_closed_part_leads_to_the_page_where_one_asks(described):
    graph, _ = described
    closed = next(graph.subjects(DCTERMS.accessRights, URIRef(f"{EU}RESTRICTED")), None)
    assert closed is not None
    asked = [str(url) for url in graph.objects(None, DCAT.accessURL)]
    assert sum(url.endswith("/access/request/new?dataset=places") for url in asked) == 1
    assert "https://source.exemple.test/sommaire.csv" in asked
