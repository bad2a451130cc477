"""RDF out and back: every text keeps its language, every code its public URI."""

from __future__ import annotations

from pathlib import Path

import pytest
from ckan.tests import factories, helpers
from rdflib import Graph, Literal
from rdflib.namespace import DCAT, DCTERMS, FOAF, SKOS

SHAPES = Path(__file__).parent / "shapes.ttl"
EU = "http://publications.europa.eu/resource/authority/"
FIELDS = (
    "title_translated", "notes_translated", "keywords", "themes", "places", "frequency", "data_languages",
    "period_start", "period_end", "license_id", "provenance_translated",
)  # fmt: skip


@pytest.fixture
def dataset(with_plugins, clean_db, clean_index):
    organisation = factories.Organization(title_translated={"fr": "Ville", "en": "City"})
    admin = factories.Sysadmin()
    return {"as": admin["name"]} | helpers.call_action(
        "package_create",
        context={"user": admin["name"]},
        name="jardins",
        owner_org=organisation["id"],
        title_translated={"fr": 'Jardins <b> & "parcs"', "en": "Gardens"},
        notes_translated={"fr": "Où jardiner.", "en-t-fr": "Where to garden."},
        keywords={"fr": ["jardin", "été"], "en": ["garden"]},
        themes=["alimentation", "logement-itinerance"],
        places=["mtl"],
        frequency="annual",
        data_languages=["fr", "en"],
        period_start="2025-01-01",
        period_end="2025-12-31",
        license_id="cc-by",
        provenance_translated={"fr": "Relevé", "en": "Survey"},
        contact_name="Ana",
        contact_email="ana@exemple.test",
        resources=[
            {
                "url": "https://exemple.test/a.csv",
                "format": "CSV",
                "name_translated": {"fr": "Lieux", "en": "Places"},
                "description_translated": {"fr": "Un par ligne."},
                "language": ["fr"],
            }
        ],
    )


@pytest.fixture
def graph(dataset, app):
    return Graph().parse(data=app.get("/dataset/jardins.ttl").body, format="turtle")


def parsed(text):
    from ckanext.dcat.processors import RDFParser

    parser = RDFParser()
    parser.parse(text, "turtle")
    return next(iter(parser.datasets()))


def test_what_dcat_ap_asks_and_recommends_is_there(graph):
    from pyshacl import validate

    fits, _, report = validate(graph, shacl_graph=Graph().parse(SHAPES), allow_warnings=False, advanced=False)
    assert fits, report


def test_the_shapes_see_a_record_that_lacks_something(graph):
    from pyshacl import validate

    shapes = Graph().parse(SHAPES)
    for predicate in (DCTERMS.title, DCAT.theme, DCTERMS.license, DCTERMS.spatial):
        poorer = Graph() + graph
        poorer.remove((None, predicate, None))
        assert not validate(poorer, shacl_graph=shapes)[0], predicate
    untagged = Graph() + graph
    for subject in graph.subjects(DCTERMS.title, Literal("Gardens", lang="en")):
        untagged.add((subject, DCTERMS.title, Literal("Bare")))
    assert not validate(untagged, shacl_graph=shapes)[0]


def test_each_text_carries_its_language_and_a_machines_its_own(graph):
    titles = {(literal.language, str(literal)) for literal in graph.objects(None, DCTERMS.title)}
    assert {("fr", 'Jardins <b> & "parcs"'), ("en", "Gardens"), ("fr", "Lieux"), ("en", "Places")} <= titles
    notes = {literal.language for literal in graph.objects(None, DCTERMS.description)}
    assert notes == {"fr", "en-t-fr"}
    assert {literal.language for literal in graph.objects(None, DCAT.keyword)} == {"fr", "en"}
    names = {(literal.language, str(literal)) for literal in graph.objects(None, FOAF.name)}
    assert names == {("fr", "Ville"), ("en", "City")}


def test_codes_are_the_eus(graph):
    assert {str(found) for found in graph.objects(None, DCTERMS.accrualPeriodicity)} == {EU + "frequency/ANNUAL"}
    assert {str(found) for found in graph.objects(None, DCTERMS.license)} == {EU + "licence/CC_BY_4_0"}
    assert EU + "data-theme/AGRI" in {str(found) for found in graph.objects(None, DCAT.theme)}
    assert "Montréal agglomeration" in {str(name) for name in graph.objects(None, SKOS.prefLabel)}


def test_what_went_out_comes_back_the_same(dataset, app):
    back = parsed(app.get("/dataset/jardins.ttl").body)
    assert {field: back.get(field) for field in FIELDS} == {field: dataset[field] for field in FIELDS}
    (resource,) = back["resources"]
    assert resource["name_translated"] == {"fr": "Lieux", "en": "Places"}
    assert resource["description_translated"] == {"fr": "Un par ligne."}
    assert resource["language"] == ["fr"]


def test_another_portals_record_reads_in_our_terms(with_plugins):
    back = parsed(
        """
        @prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
        @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
        <http://ailleurs.test/d> a dcat:Dataset ;
          dct:title "Loyers"@fr-CA, "Rents"@en, "Mieten"@de ; dct:description "Sans langue" ;
          dct:accrualPeriodicity <https://publications.europa.eu/resource/authority/frequency/MONTHLY/> ;
          dct:spatial [ a dct:Location ; skos:prefLabel "Verdun"@fr ] ;
          dcat:theme <http://publications.europa.eu/resource/authority/data-theme/AGRI>, <http://ailleurs.test/theme> ;
          dct:license <http://ailleurs.test/licence-maison> .
        """
    )
    assert back["title_translated"] == {"fr": "Loyers", "en": "Rents"}
    assert back["notes_translated"] == {"fr": "Sans langue"}
    assert back["frequency"] == "monthly"
    assert back["themes"] == ["alimentation"]
    assert len(back["places"]) == 1
    assert back.get("license_id") in (None, "", "notspecified")


def test_a_feed_speaks_the_language_of_its_address(dataset, app):
    french, english = app.get("/feeds/dataset.atom").body, app.get("/en/feeds/dataset.atom").body
    assert '<title>Jardins &lt;b&gt; &amp; "parcs"</title>' in french
    assert 'xml:lang="fr"' in french
    assert "<title>Gardens</title>" in english
    assert 'xml:lang="en"' in english


def test_a_feed_marks_a_text_that_is_not_in_its_language(dataset, app):
    helpers.call_action(
        "package_patch", context={"user": dataset["as"]}, id="jardins", title_translated={"fr": "Jardins"}
    )
    assert "<title>Jardins (in French only)</title>" in app.get("/en/feeds/dataset.atom").body


def test_a_feed_of_a_partner_says_so_in_its_language_and_leads_to_pages(dataset, app):
    partner = helpers.call_action("package_show", id="jardins")["organization"]["name"]
    french, english = (app.get(f"{prefix}/feeds/organization/{partner}.atom").body for prefix in ("", "/en"))
    assert "<subtitle>Jeux de données nouveaux et mis à jour" in french
    assert "<subtitle>New and updated datasets" in english
    assert "Recently created" not in french + english
    assert '/dataset/jardins"' in french
    assert '/en/dataset/jardins"' in english


def test_the_federal_form_reads_back_into_the_same_dataset(dataset, app):
    from ckanext.pole.harvest.adapters import ckan_mapping
    from ckanext.pole.harvest.source import Source

    sent = app.get("/api/3/action/pole_dataset_federal?id=jardins").json["result"]
    assert sent["frequency"] == "P1Y"
    assert sent["org_title_at_publication"] == {"fr": "Ville", "en": "City"}
    assert sent["time_period_coverage_start"] == "2025-01-01"
    source = Source(id="s", url="https://exemple.test", owner_org="o", config={})
    back = ckan_mapping.dataset(sent, source)
    same = ("title_translated", "notes_translated", "keywords", "themes", "places", "frequency", "data_languages")
    for field in (*same, "period_start", "period_end", "license_id", "contact_email"):
        assert back[field] == dataset[field], field
    assert back["resources"][0]["name_translated"] == {"fr": "Lieux", "en": "Places"}


def test_the_federal_form_of_a_private_dataset_is_refused(dataset, app):
    helpers.call_action("package_patch", context={"user": dataset["as"]}, id="jardins", private=True)
    assert app.get("/api/3/action/pole_dataset_federal?id=jardins", status=403)
    assert app.get("/api/3/action/pole_dataset_federal?id=absent", status=404)
