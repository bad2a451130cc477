"""How catalogues in RDF are cut into records, and how their texts read."""

from __future__ import annotations

import json
import random
import time

import pytest
from rdflib import Graph
from rdflib.plugins.shared.jsonld import context as rdf_contexts

from ckanext.pole.harvest.adapters import dcat_mapping as mapping
from ckanext.pole.harvest.adapters import rdf_documents as rdf
from ckanext.pole.harvest.records import BadRecord
from ckanext.pole.harvest.source import Source

PREFIXES = "@prefix dcat: <http://www.w3.org/ns/dcat#>. @prefix dct: <http://purl.org/dc/terms/>. @prefix x: <http://x.example/>.\n"
COUNTS = {
    "bnodes.jsonld": 3,
    "bnodes.xml": 3,
    "catalog.xml": 4,
    "ckanext-catalog.rdf": 2,
    "ckanext-catalog_pod.jsonld": 1,
    "ckanext-dataset.rdf": 1,
    "flat.jsonld": 3,
    "geonetwork.xml": 1,
    "paged-collection-1.jsonld": 3,
    "paged-collection-2.jsonld": 1,
    "partial-collection-1.jsonld": 3,
    "partial-collection-2.jsonld": 1,
    "sig.oreme.rdf": 1,
    "udata.xml": 2,
}


def source(**config):
    return Source("s", "https://donnees.example.org", "org", config)


def no_fetch(address):
    raise ValueError(f"{address} is not fetched here")


RDF_NS = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


def graph_of(turtle):
    return rdf.parse(PREFIXES + turtle, "turtle", "https://donnees.example.org/catalog.ttl", no_fetch)


def only(turtle):
    (raw,) = rdf.records(graph_of(turtle))
    return rdf.read_record(raw)


def dataset(turtle, parsed=None, **config):
    graph, node = only(turtle)
    return mapping.dataset(parsed or {}, graph, node, source(**config))


@pytest.fixture
def capture(fixtures):
    def read(name):
        body = (fixtures / "dcat-rdf" / name).read_text("utf-8")
        return rdf.parse(body, rdf.syntax_of("", body), "http://data.test.org/catalog", no_fetch)

    return read


@pytest.mark.parametrize(
    ("body", "syntax"),
    [
        ("", "xml"), ("<r>", "xml"), ("@prefix a:", "turtle"), ("a b c", "nt"),
        ("{", "json-ld"), ('{"@context": 3}', "json-ld"), ('{"@context": "http://x.example/c"}', "json-ld"),
        ("\x00", "turtle"),
    ],
)  # fmt: skip
def test_what_is_no_rdf_is_said_to_be_none(body, syntax):
    with pytest.raises(rdf.NotRdf):
        rdf.parse(body, syntax, "https://x.example/", no_fetch)


ELSEWHERE = "http://127.0.0.1:8983/solr/admin"


def _forms(address):
    """Ways to name a context by its address, as many as a hostile portal may think of."""
    yield address
    yield [address, {"@vocab": "http://v.example/"}]
    yield [[address]]
    yield {"@context": address}
    yield {"@context": {"@context": [address]}}
    yield [{"@context": {"@context": {"@context": address}}}]
    yield {"@import": address}
    yield {"@context": {"@import": address}}
    yield {"a": {"@id": "http://v.example/a", "@context": address}}
    yield {"a": {"@id": "http://v.example/a", "@context": {"@context": {"@import": address}}}}


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("form", list(_forms(ELSEWHERE)), ids=str)
def test_no_context_is_fetched_but_by_our_own_client(form, deep, monkeypatch):
    def opened(*args, **_):
        raise AssertionError(f"fetched: {args}")

    monkeypatch.setattr(rdf_contexts, "source_to_json", opened)
    asked = []

    def fetch(address):
        asked.append(address)
        return {"@context": {"@context": "http://169.254.169.254/further"} if "further" not in address else {}}

    document = {"@context": form, "@id": "http://d.example/1", "a": {"@id": "http://d.example/2", "b": "c"}}
    body = json.dumps([{"@id": "http://d.example/3", "http://v.example/x": [document]}] if deep else document)
    rdf.parse(body, "json-ld", "https://x.example/", fetch)
    assert asked == [ELSEWHERE, "http://169.254.169.254/further"]


def test_a_context_that_refers_to_contexts_in_an_unknown_way_is_refused():
    # A literal of JSON is not a context; rdflib would not fetch this, and nobody has to find out.
    body = json.dumps({"@id": "http://d.example/1", "http://v.example/x": {"@type": "@json", "@import": ELSEWHERE}})
    with pytest.raises(rdf.NotRdf):
        rdf.parse(body, "json-ld", "https://x.example/", no_fetch)


@pytest.mark.parametrize("declared", ['<!ENTITY a "ha">', '<!ENTITY % a SYSTEM "http://127.0.0.1/x"> %a;'])
def test_an_xml_document_declares_nothing_that_grows(declared):
    body = f'<?xml version="1.0"?><!DOCTYPE r [{declared}]><rdf:RDF xmlns:rdf="{RDF_NS}"/>'
    with pytest.raises(rdf.NotRdf):
        rdf.parse(body, "xml", "https://x.example/", no_fetch)
    plain = body.replace(declared, "")
    assert len(rdf.parse(plain, "xml", "https://x.example/", no_fetch)) == 0


def test_xml_of_another_kind_is_no_catalogue():
    graph = rdf.parse("<html><body>x</body></html>", "xml", "https://x.example/", no_fetch)
    assert not rdf.is_catalogue(graph)
    assert rdf.is_catalogue(graph_of("x:1 a dcat:Catalog."))


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_every_dataset_of_a_capture_is_cut_out_and_readable(capture, name):
    raws = list(rdf.records(capture(name)))
    assert len(raws) == COUNTS[name]
    for raw in raws:
        graph, node = rdf.read_record(raw)
        assert mapping.identity(graph, node)
        assert mapping.dataset({}, graph, node, source())["title_translated"]


def test_a_record_does_not_depend_on_the_order_of_its_document(capture):
    graph = capture("bnodes.xml")
    triples = list(graph)
    random.Random(4).shuffle(triples)
    shuffled = Graph()
    for triple in triples:
        shuffled.add(triple)
    key = lambda raw: "\n".join(raw["triples"])  # noqa: E731
    assert sorted(map(key, rdf.records(graph))) == sorted(map(key, rdf.records(shuffled)))


def test_a_paged_catalogue_says_how_many_it_holds(capture):
    assert rdf.total(capture("paged-collection-1.jsonld")) == 4
    assert rdf.total(capture("partial-collection-2.jsonld")) == 4
    assert rdf.total(capture("flat.jsonld")) is None


def test_a_blank_node_is_known_by_its_identifier(capture):
    names = {mapping.identity(*rdf.read_record(raw)) for raw in rdf.records(capture("bnodes.xml"))}
    assert names == {"1", "http://data.test.org/dataset-2", "http://data.test.org/dataset-3"}


def test_a_blank_node_without_anything_to_know_it_by_is_bad():
    graph, node = only('[] a dcat:Dataset; dct:title "T".')
    with pytest.raises(BadRecord):
        mapping.identity(graph, node)


@pytest.mark.parametrize("title", ["", 'dct:title "Satz"@de;', 'dct:title "  ";', "dct:title x:quelque-chose;"])
def test_a_dataset_without_a_title_in_our_languages_is_bad(title):
    with pytest.raises(BadRecord):
        dataset(f"x:1 a dcat:Dataset; {title} dct:identifier 1.")


def test_languages_are_those_of_the_tags_and_the_untagged_one_is_the_sources():
    record = dataset('x:1 a dcat:Dataset; dct:title "Arbres"@fr-CA, "Trees"@en, "Bäume"@de; dct:description "Texte"; '
                     'dcat:keyword "arbre"@fr, "tree"@en, "a, b".')  # fmt: skip
    assert record["title_translated"] == {"fr": "Arbres", "en": "Trees"}
    assert record["notes_translated"] == {"fr": "Texte"}
    assert record["keywords"] == {"fr": ["a", "b", "arbre"], "en": ["tree"]}
    english = dataset('x:1 a dcat:Dataset; dct:title "Trees".', {"extras": [{"key": "language", "value": '["eng"]'}]})
    assert english["title_translated"] == {"en": "Trees"}


@pytest.mark.parametrize(
    ("licences", "code"),
    [
        ("dct:license <http://creativecommons.org/licenses/by/4.0/>;", "cc-by"),
        ('dct:license "libre"; dcat:distribution [dct:license <http://creativecommons.org/licenses/by/4.0/>];',
         "notspecified"),
        ("dcat:distribution [dct:license <http://creativecommons.org/licenses/by/4.0/>];", "cc-by"),
        ("dcat:distribution [dct:license <http://creativecommons.org/licenses/by/4.0/>], "
         "[dct:license <https://creativecommons.org/licenses/by-sa/4.0/>];", "notspecified"),
        ("", "notspecified"),
    ],
)  # fmt: skip
def test_the_licence_is_the_datasets_own_or_the_one_that_its_files_agree_on(licences, code):
    assert dataset(f'x:1 a dcat:Dataset; {licences} dct:title "T".')["license_id"] == code


def test_a_theme_by_its_address_or_its_label():
    record = dataset(
        'x:1 a dcat:Dataset; dct:title "T"; dcat:theme '
        "<http://publications.europa.eu/resource/authority/data-theme/HEAL>, "
        "[<http://www.w3.org/2004/02/skos/core#prefLabel> 'Food'@en]."
    )
    assert record["themes"] == ["alimentation", "sante-bien-etre"]


def test_a_period_written_as_geonetwork_does(capture):
    (raw,) = rdf.records(capture("geonetwork.xml"))
    graph, node = rdf.read_record(raw)
    record = mapping.dataset({}, graph, node, source())
    assert (record["period_start"], record["period_end"]) == ("2004-11-03", "2005-03-30")


def test_a_dataset_takes_its_contact_along_but_not_its_neighbours():
    (first, second) = rdf.records(
        graph_of(
            'x:1 a dcat:Dataset; dct:title "Un"; dct:relation x:2; dcat:contactPoint [x:fn "Ville"].'
            'x:2 a dcat:Dataset; dct:title "Deux".'
        )
    )
    text = "\n".join(first["triples"])
    assert '"Ville"' in text
    assert '"Deux"' not in text
    assert first["uri"] < second["uri"]


def test_a_graph_that_hangs_together_does_not_come_along_whole():
    chain = " ".join(f"x:n{n} x:next x:n{n + 1}." for n in range(50))
    (raw,) = rdf.records(graph_of(f'x:1 a dcat:Dataset; dct:title "Un"; x:next x:n0. {chain}'))
    assert len(raw["triples"]) < 12


def test_addresses_that_no_one_may_write_are_escaped(capture):
    (raw,) = rdf.records(capture("geonetwork.xml"))
    assert " " not in raw["uri"]
    assert "%20" in raw["uri"]


def test_one_address_in_two_formats_gives_two_files():
    one = {"url": "https://v.example/a", "download_url": "https://v.example/a"}
    other = {"url": "ftp://v.example/a", "format": "CSV"}
    parsed = {"resources": [{**one, "format": "CSV"}, {**one, "format": "JSON"}, other]}
    record = dataset('x:1 a dcat:Dataset; dct:title "T".', parsed)
    assert [item["upstream_id"] for item in record["resources"]] == [
        "https://v.example/a#CSV",
        "https://v.example/a#JSON",
    ]


def test_many_nodes_that_say_the_same_take_no_time_and_become_one():
    """rdflib's canonical form takes twenty seconds for forty of them."""
    same = 'dcat:distribution [a dcat:Distribution; dct:title "CSV"]; ' * 300
    started = time.monotonic()
    (raw,) = rdf.records(graph_of(f'x:1 a dcat:Dataset; dct:title "T"; {same} dct:identifier 1.'))
    assert time.monotonic() - started < 5
    assert sum('"CSV"' in line for line in raw["triples"]) == 1


def test_nodes_that_lead_to_one_another_end():
    (raw,) = rdf.records(graph_of("x:1 a dcat:Dataset; x:a _:a. _:a x:p _:b. _:b x:p _:a, _:b."))
    assert raw["triples"]
