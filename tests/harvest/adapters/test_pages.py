"""Traps of each protocol (HARVEST.md D), met by the adapters over real connections."""

from __future__ import annotations

import pytest
from pole_demo.reply import Reply
from portals import ArcgisSearch, Ckan, Dcat, DcatUs, Opendatasoft, Socrata

from ckanext.pole.harvest.adapters.arcgis import ArcgisHarvester
from ckanext.pole.harvest.adapters.ckan import CkanHarvester
from ckanext.pole.harvest.adapters.dcat import DcatHarvester
from ckanext.pole.harvest.adapters.dcat_us import DcatUsHarvester
from ckanext.pole.harvest.adapters.opendatasoft import OpendatasoftHarvester
from ckanext.pole.harvest.adapters.socrata import SocrataHarvester
from ckanext.pole.harvest.source import Source
from ckanext.pole.http import BadBody, ClientFailed, GuardedClient, Limits, Refused, ServerFailed, Throttled

LIMITS = Limits(allow_private=("127.0.0.1",), per_host_interval=0, retries=0, total_timeout=20)


def read(harvester, portal, **settings):
    """Every page of a portal, by its adapter."""
    source = Source("s", portal.source_url.rstrip("/"), "org", {**portal.settings(), **settings})
    with GuardedClient(LIMITS) as http:
        return list(harvester().pages(http, source))


def keys(harvester, pages):
    return [harvester().identity(raw) for page in pages for raw in page.records]


def asked(portal):
    return [f"{path}?{query}" for _, path, query, _ in portal.requests]


@pytest.fixture
def serve():
    """Start a portal: `serve(Ckan, 12)`."""
    running = []

    def start(kind, count=6):
        portal = kind(count).start()
        running.append(portal)
        return portal

    yield start
    for portal in running:
        portal.stop()


class TestCkan:
    def test_a_portal_that_cuts_pages_without_a_word_is_read_to_its_end(self, serve, monkeypatch):
        from pole_demo import ckan_api

        monkeypatch.setattr(ckan_api, "ROWS_MAX", 5)
        pages = read(CkanHarvester, serve(Ckan, 12), page_size=1000)
        assert len(set(keys(CkanHarvester, pages))) == 12
        assert {page.expected_total for page in pages} == {12}

    def test_light_records_come_in_larger_pages_than_the_first(self, serve):
        portal = serve(Ckan, 250)
        pages = read(CkanHarvester, portal, page_size=None)
        assert [len(page.records) for page in pages] == [100, 150]
        assert len(set(keys(CkanHarvester, pages))) == 250

    def test_heavy_records_do_not(self, serve):
        portal = serve(Ckan, 210)
        for entry in portal.entries:
            entry.description = "Une description. " * 4000
        assert [len(page.records) for page in read(CkanHarvester, portal, page_size=None)] == [100, 100, 10]

    def test_a_portal_that_cannot_give_a_large_page_is_read_to_its_end_in_small_ones(self, serve):
        portal = serve(Ckan, 250)
        portal.faults.add("error", params={"rows": "1000"}, status=504)
        pages = read(CkanHarvester, portal, page_size=None)
        assert [len(page.records) for page in pages] == [100, 100, 50]
        assert sum("rows=1000" in request for request in asked(portal)) == 1

    def test_the_size_that_an_operator_gave_is_kept(self, serve):
        portal = serve(Ckan, 12)
        portal.faults.add("error", times=1, after=1, status=504)
        with pytest.raises(ServerFailed):
            read(CkanHarvester, portal, page_size=5)

    def test_a_malformed_filter_is_an_error_and_not_an_empty_portal(self, serve):
        with pytest.raises(ClientFailed) as caught:
            read(CkanHarvester, serve(Ckan), fq="organization:(")
        assert caught.value.status == 409

    def test_the_organisations_wanted_are_asked_for(self, serve):
        portal = serve(Ckan)
        assert len(keys(CkanHarvester, read(CkanHarvester, portal, organizations=["ville", "ville-de-laval"]))) == 6
        assert keys(CkanHarvester, read(CkanHarvester, portal, organizations=["ville-de-laval"])) == []
        assert keys(CkanHarvester, read(CkanHarvester, portal, organizations=["ville"], fq="name:jeu-002")) == [
            "jeu-002"
        ]

    def test_an_answer_that_says_it_failed_with_status_200_is_an_error(self, serve):
        portal = serve(Ckan)
        portal.faults.add("unsuccessful")
        with pytest.raises(BadBody):
            read(CkanHarvester, portal)

    def test_a_number_that_grows_while_it_is_read_does_not_keep_us_for_ever(self, serve, monkeypatch):
        portal = serve(Ckan)

        def growing(request):
            portal.entries.append(portal.entry(len(portal.entries) + 1))
            return Ckan.answer(portal, request)

        monkeypatch.setattr(portal, "answer", growing)
        pages = read(CkanHarvester, portal, page_size=2)
        assert len(pages) <= 5
        assert len({page.expected_total for page in pages}) > 1, "the base sees that the list moved"


class TestOpendatasoft:
    def test_a_page_never_asks_for_more_than_is_given(self, serve):
        assert (
            len(keys(OpendatasoftHarvester, read(OpendatasoftHarvester, serve(Opendatasoft, 120), page_size=1000)))
            == 120
        )

    def test_a_catalogue_beyond_the_window_comes_as_an_export(self, serve, monkeypatch):
        monkeypatch.setattr(Opendatasoft, "window", 50)
        monkeypatch.setattr("ckanext.pole.harvest.adapters.opendatasoft.WINDOW", 50)
        portal = serve(Opendatasoft, 60)
        pages = read(OpendatasoftHarvester, portal)
        assert len(set(keys(OpendatasoftHarvester, pages))) == 60
        assert {page.expected_total for page in pages} == {60}
        assert any("/exports/json" in line for line in asked(portal))

    def test_a_filter_is_sent_as_where_and_never_as_q(self, serve):
        portal = serve(Opendatasoft)
        read(OpendatasoftHarvester, portal, where="theme='Logement'")
        assert all("where=theme" in line and "q=" not in line.replace("eq=", "") for line in asked(portal))

    def test_each_language_is_asked_for_and_joined(self, serve):
        portal = serve(Opendatasoft)
        (first, *_), *_ = [page.records for page in read(OpendatasoftHarvester, portal, languages=["fr", "en"])]
        assert set(first["pole_languages"]) == {"en"}
        assert sum("lang=en" in line for line in asked(portal)) == 2

    def test_version_2_0_wraps_each_dataset(self, serve, monkeypatch):
        portal = serve(Opendatasoft)

        def wrapped(request):
            data = Opendatasoft.answer(portal, request).data
            return Reply(
                data={"total_count": data["total_count"], "datasets": [{"dataset": d} for d in data["results"]]}
            )

        monkeypatch.setattr(portal, "answer", wrapped)
        assert len(keys(OpendatasoftHarvester, read(OpendatasoftHarvester, portal))) == 6

    def test_a_portal_that_has_had_enough_is_left_alone(self, serve):
        portal = serve(Opendatasoft)
        portal.faults.add("rate-limit", retry_after=3600)
        with pytest.raises(Throttled) as caught:
            read(OpendatasoftHarvester, portal)
        assert caught.value.retry_after == 3600


class TestArcgis:
    def test_the_first_item_is_number_one(self, serve):
        portal = serve(ArcgisSearch, 10)
        assert len(set(keys(ArcgisHarvester, read(ArcgisHarvester, portal)))) == 10
        assert "startindex=1" in asked(portal)[0]
        assert not any("offset=" in line or "startindex=0" in line for line in asked(portal))

    def test_an_error_with_status_200_is_an_error(self, serve, monkeypatch):
        portal = serve(ArcgisSearch)
        failed = Reply(data={"error": {"code": 499, "message": "Token Required", "details": []}})
        monkeypatch.setattr(portal, "answer", lambda request: failed)
        with pytest.raises(BadBody) as caught:
            read(ArcgisHarvester, portal)
        assert "Token Required" in caught.value.detail

    def test_both_doors_of_a_hub_give_the_same_ids(self, serve):
        portal = serve(ArcgisSearch)
        search = keys(ArcgisHarvester, read(ArcgisHarvester, portal))
        assert keys(ArcgisHarvester, read(ArcgisHarvester, portal, mode="feed")) == search
        given = Source("s", f"{portal.url}/api/feed/dcat-us/1.1.json", "org", {})
        with GuardedClient(LIMITS) as http:
            assert keys(ArcgisHarvester, ArcgisHarvester().pages(http, given)) == search


class TestSocrata:
    def test_beyond_the_window_the_list_scrolls(self, serve, monkeypatch):
        monkeypatch.setattr(Socrata, "window", 8)
        monkeypatch.setattr("ckanext.pole.harvest.adapters.socrata.WINDOW", 8)
        portal = serve(Socrata, 30)
        assert len(set(keys(SocrataHarvester, read(SocrataHarvester, portal)))) == 30
        assert any("scroll_id=" in line for line in asked(portal))

    def test_the_domain_is_the_sources_unless_told_otherwise(self, serve):
        portal = serve(Socrata)
        read(SocrataHarvester, portal)
        assert "domains=donnees.example.org" in asked(portal)[0]
        (page,) = read(SocrataHarvester, portal, domain="ailleurs.example.org")
        assert (list(page.records), page.expected_total) == ([], 0)


class TestDcatUs:
    def test_the_document_has_its_usual_place_or_the_one_given(self, serve):
        portal = serve(DcatUs, 250)
        pages = read(DcatUsHarvester, portal)
        assert [len(page.records) for page in pages] == [100, 100, 50]
        with GuardedClient(LIMITS) as http:
            source = Source("s", f"{portal.url}/data.json", "org", {})
            assert sum(len(page.records) for page in DcatUsHarvester().pages(http, source)) == 250

    def test_a_page_of_the_portal_in_its_place_is_an_error(self, serve):
        portal = serve(DcatUs)
        portal.faults.add("html")
        with pytest.raises(Exception, match="web page"):
            read(DcatUsHarvester, portal)


class TestDcat:
    def test_pages_are_followed_and_their_number_is_known(self, serve):
        pages = read(DcatHarvester, serve(Dcat, 10))
        assert [len(page.records) for page in pages] == [4, 4, 2]
        assert {page.expected_total for page in pages} == {10}

    def test_pages_that_lead_to_one_another_end(self, serve, monkeypatch):
        portal = serve(Dcat, 10)

        def circling(request):
            reply = Dcat.answer(portal, request)
            reply.encode = lambda data, write=reply.encode: (
                write(data)
                .replace(b"page=3", b"page=2")
                .replace(b'rdf:about="%s/catalog.rdf?page=2"' % portal.url.encode(), b'rdf:about="x"')
            )
            return reply

        monkeypatch.setattr(portal, "answer", circling)
        with pytest.raises(BadBody) as caught:
            read(DcatHarvester, portal)
        assert caught.value.code == "endless_pages"

    def test_a_page_that_sends_us_to_an_internal_address_is_refused(self, serve, monkeypatch):
        portal = serve(Dcat, 10)

        def luring(request):
            reply = Dcat.answer(portal, request)
            here = f"{portal.url}/catalog.rdf?page=2".encode()
            reply.encode = lambda data, write=reply.encode: write(data).replace(here, b"http://169.254.169.254/")
            return reply

        monkeypatch.setattr(portal, "answer", luring)
        with pytest.raises(Refused):
            read(DcatHarvester, portal)

    @pytest.mark.parametrize("syntax", ["turtle", "json-ld", "nt"])
    @pytest.mark.parametrize("kind", ["the right one", "text/plain"])
    def test_each_syntax_is_recognised_by_its_type_or_its_beginning(self, serve, monkeypatch, syntax, kind):
        from rdflib import Graph

        types = {"turtle": "text/turtle", "json-ld": "application/ld+json", "nt": "application/n-triples"}
        portal = serve(Dcat, 3)

        def written(request):
            graph = Graph().parse(data=Dcat.answer(portal, request).content(), format="xml")
            text = graph.serialize(format=syntax).encode()
            return Reply(body=text, content_type=types[syntax] if kind == "the right one" else kind)

        monkeypatch.setattr(portal, "answer", written)
        assert len(keys(DcatHarvester, read(DcatHarvester, portal))) == 3

    def test_a_remote_context_is_fetched_by_the_guarded_client_alone(self, serve, monkeypatch):
        portal = serve(Dcat)
        context = {"@context": {"@vocab": "http://www.w3.org/ns/dcat#", "title": "http://purl.org/dc/terms/title"}}
        document = {"@context": "/context.jsonld", "@id": "http://v.example/1", "@type": "Dataset", "title": "Un"}

        def answer(request):
            found = context if request.path == "/context.jsonld" else document
            return Reply(data=found, content_type="application/ld+json")

        monkeypatch.setattr(portal, "answer", answer)
        (page,) = read(DcatHarvester, portal)
        assert DcatHarvester().normalise(page.records[0], Source("s", "", "", {})).dataset["title_translated"] == {
            "fr": "Un"
        }
        agents = {agent for *_, agent in portal.requests}
        assert all(agent.startswith("ckanext-pole/") for agent in agents)
        document["@context"] = "http://169.254.169.254/context.jsonld"
        with pytest.raises(Refused):
            read(DcatHarvester, portal)

    def test_entities_that_explode_are_refused_at_once(self, serve, monkeypatch):
        portal = serve(Dcat)
        lines = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 20}">' for n in range(1, 12))
        bomb = f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY e0 "aaaaaaaaaa">{lines}]><r>&e11;</r>'.encode()
        monkeypatch.setattr(portal, "answer", lambda request: Reply(body=bomb, content_type="application/rdf+xml"))
        with pytest.raises(BadBody) as caught:
            read(DcatHarvester, portal)
        assert caught.value.code == "bad_rdf"

    def test_an_external_entity_is_never_read(self, serve, monkeypatch, tmp_path):
        secret = tmp_path / "secret.txt"
        secret.write_text("un secret")
        portal = serve(Dcat)
        body = f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY s SYSTEM "{secret.as_uri()}">]>' + Dcat.answer(
            portal, _Request()
        ).content().decode().split("?>", 1)[1].replace("Jeu numéro 1", "&s;")
        monkeypatch.setattr(portal, "answer", lambda request: Reply(body=body.encode(), content_type="text/xml"))
        with GuardedClient(LIMITS) as http:
            source = Source("s", portal.source_url, "org", {})
            with pytest.raises(BadBody):
                next(iter(DcatHarvester().pages(http, source)))


class _Request:
    """A request of the first page."""

    path = "/catalog.rdf"

    @staticmethod
    def params():
        return {}
