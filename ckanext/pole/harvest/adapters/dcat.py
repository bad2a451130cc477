"""A DCAT-AP catalogue in RDF: RDF/XML, Turtle, N-Triples or JSON-LD, whole or in Hydra pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

from ckanext.dcat.processors import RDFParser
from ckanext.dcat.profiles import EuropeanDCATAP3Profile

from ckanext.pole.harvest.adapters import dcat_mapping, fields, rdf_documents
from ckanext.pole.harvest.base import PoleHarvester
from ckanext.pole.harvest.phrases import N_
from ckanext.pole.harvest.records import BadRecord, Page, Record
from ckanext.pole.harvest.source import Source
from ckanext.pole.http.client import GuardedClient
from ckanext.pole.http.contents import JSON
from ckanext.pole.http.problems import BadBody

#: Pages of one catalogue: more is a list that leads nowhere.
MAX_PAGES = 10_000


class DcatHarvester(PoleHarvester):
    """Page after page of the catalogue; each dataset is cut out with what belongs to it and read alone."""

    source_type = "pole_dcat"
    source_title = N_("DCAT-AP catalogue (RDF)")
    source_description = N_("Catalogue published as RDF: RDF/XML, Turtle or JSON-LD, in one file or in pages")

    def pages(self, http: GuardedClient, source: Source) -> Iterator[Page]:
        """Follow the pages from one to the next."""
        address, met = source.start or source.url, set()
        while address:
            if address in met or len(met) >= MAX_PAGES:
                raise BadBody("endless_pages", address)
            met.add(address)
            answer = http.get(address, accept=rdf_documents.ACCEPT)
            body = answer.text()
            syntax = str(source.config.get("rdf_syntax") or "") or rdf_documents.syntax_of(answer.content_type, body)
            try:
                # Relative addresses count from where the document really was, after redirects.
                graph = rdf_documents.parse(body, syntax, answer.url, lambda url: _context(http, url))
            except rdf_documents.NotRdf as error:
                raise BadBody("bad_rdf", address, detail=str(error)) from error
            if not rdf_documents.is_catalogue(graph):
                raise BadBody("unexpected", address)
            address = _next_page(graph, answer.url)
            yield Page(list(rdf_documents.records(graph)), rdf_documents.total(graph), after=address)

    def identity(self, raw: Any) -> str:
        """See `dcat_mapping`; a URI needs no graph."""
        uri = fields.mapping(raw).get("uri")
        if isinstance(uri, str) and fields.address(uri):
            return uri
        return dcat_mapping.identity(*_read(raw))

    def normalise(self, raw: Any, source: Source) -> Record:
        """Let ckanext-dcat's profile read the graph, then see `dcat_mapping`."""
        graph, node = _read(raw)
        # A licence that is there already keeps the profile from reading CKAN's list for each dataset.
        parsed = EuropeanDCATAP3Profile(graph).parse_dataset({"license_id": ""}, node)
        return Record(self.identity(raw), dcat_mapping.dataset(parsed, graph, node, source))


def _read(raw: Any) -> tuple[Any, Any]:
    try:
        return rdf_documents.read_record(raw)
    except (rdf_documents.NotRdf, KeyError, TypeError) as error:
        raise BadRecord(N_("The record is no dataset in RDF")) from error


def _context(http: GuardedClient, url: str) -> Any:
    """A JSON-LD context, fetched as carefully as anything else."""
    return http.get_json(url, accept=("application/ld+json", *JSON), max_bytes=2 * 1024 * 1024)


def _next_page(graph: Any, base: str) -> str:
    parser = RDFParser(profiles=["euro_dcat_ap_3"])
    parser.g = graph
    found = parser.next_page()
    return urljoin(base, found) if found else ""
