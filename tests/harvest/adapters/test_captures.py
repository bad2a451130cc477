"""Real captures, harvested whole: served as their portals serve them, stored as datasets that anyone can open."""

from __future__ import annotations

import json

import pytest
from pole_demo.reply import Reply
from pole_demo.serving import SourceServer


class Captured(SourceServer):
    """Gives one body for each path, whatever the query."""

    def __init__(self, bodies):
        super().__init__()
        self.bodies = bodies

    def answer(self, request):
        if request.path not in self.bodies:
            return Reply(404, data="Not Found")
        kind, body = self.bodies[request.path]
        return Reply(body=body.replace("http://capture.invalid", self.url).encode(), content_type=kind)


@pytest.fixture
def run(harvest, fixtures):
    """Harvest captures: `run("pole_dcat", {"/catalog.xml": ("application/rdf+xml", text)}, "/catalog.xml")`."""

    def run(source_type, bodies, place="", **config):
        with Captured(bodies) as server:
            if source_type == "pole_socrata":
                config["discovery_url"] = server.url
            source = harvest(f"{server.url}{place}", source_type, **config)
            job = source.run()
            assert not job["object_error_summary"]
            again = source.run()
            assert (again["stats"]["added"], again["stats"]["updated"], again["stats"]["deleted"]) == (0, 0, 0)
            return job, {item["title"]: item for item in source.packages()}

    return run


@pytest.fixture
def text(fixtures):
    return lambda name: (fixtures / name).read_text("utf-8")


def test_philadelphia_as_one_data_json(run, text):
    document = json.loads(text("dcat-us/opendataphilly-402.json"))
    # All 402 are mapped in the unit tests; sixty are stored.
    document["dataset"] = document["dataset"][:60]
    bodies = {"/data.json": ("application/json", json.dumps(document))}
    job, found = run("pole_dcat_us", bodies, language="en", license_id="notspecified")
    assert not job["gather_error_summary"]
    assert job["stats"]["added"] == 60
    first = found["2009-2012 Police Advisory Commission Complaints"]
    assert first["title_translated"] == {"en": "2009-2012 Police Advisory Commission Complaints"}
    assert [item["format"] for item in first["resources"]] == ["CSV", "SHP", "GeoJSON", "API", "HTML"]
    assert first["contact_email"] == "maps@phila.gov"


def test_a_french_catalogue_in_rdf(run, text):
    job, found = run("pole_dcat", {"/catalog.xml": ("application/rdf+xml", text("dcat-rdf/udata.xml"))}, "/catalog.xml")
    assert not job["gather_error_summary"]
    assert len(found) == 2
    polls = found["Bureaux de vote - Vanves"]
    assert {item["format"] for item in polls["resources"]} == {"CSV", "JSON", "ZIP"}
    assert all(item["url"].startswith("https://vanves") for item in polls["resources"])


def test_a_catalogue_with_blank_nodes_and_bad_geometries(run, text):
    bodies = {"/catalog.xml": ("application/rdf+xml", text("dcat-rdf/bnodes.xml"))}
    job, found = run("pole_dcat", bodies, "/catalog.xml", language="en")
    assert not job["gather_error_summary"]
    assert set(found) == {"Dataset 1", "Dataset 2", "Dataset 3"}
    assert found["Dataset 1"]["contact_email"] == "hello@its.me"
    assert found["Dataset 1"]["period_start"] == "2016-01-01"
    assert found["Dataset 3"]["frequency"] == "daily"


def test_a_catalogue_in_hydra_pages(run, text):
    here = "http://capture.invalid"
    first = json.loads(text("dcat-rdf/paged-collection-1.jsonld"))
    second = text("dcat-rdf/paged-collection-2.jsonld")
    following = next(
        link["@value"] if "@value" in link else link["@id"]
        for node in first
        for key, links in node.items()
        if key.endswith(("#nextPage", "#next"))
        for link in links
    )
    kind = "application/ld+json"
    bodies = {
        "/1.jsonld": (kind, json.dumps(first).replace(following, f"{here}/2.jsonld")),
        "/2.jsonld": (kind, second),
    }
    job, _ = run("pole_dcat", bodies, "/1.jsonld")
    assert not job["gather_error_summary"]
    assert job["stats"]["added"] == 4


def test_vancouver(run, text):
    ods = text("opendatasoft/live-shaped/v2-vancouver-datasets.json")
    _, found = run(
        "pole_opendatasoft", {"/api/explore/v2.1/catalog/datasets": ("application/json", ods)}, language="en"
    )
    assert found["Olympic City sites"]["license_id"] == "ogl-vancouver"


def test_york(run, text):
    page = json.loads(text("arcgis-hub/live-shaped/york-search-v1.json"))
    # The capture was cut down to two of 442 items.
    page["numberMatched"] = len(page["features"])
    path = "/api/search/v1/collections/dataset/items"
    job, found = run("pole_arcgis", {path: ("application/json", json.dumps(page))}, language="en")
    assert not job["gather_error_summary"]
    assert set(found) == {"York Region Bus Stops", "Beach Water Testing"}


def test_calgary(run, text):
    body = text("socrata/live-shaped/calgary-discovery.json")
    job, found = run("pole_socrata", {"/api/catalog/v1": ("application/json", body)}, domain="data.calgary.ca")
    assert not job["gather_error_summary"]
    assert found["Traffic Incidents"]["title_translated"] == {"en": "Traffic Incidents"}
