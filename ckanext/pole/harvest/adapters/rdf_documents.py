"""RDF documents read safely and cut into one small graph a dataset. Pure: what is fetched is fetched by the caller."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, urljoin
from xml.sax import SAXException

from rdflib import Graph, URIRef
from rdflib.exceptions import ParserError
from rdflib.namespace import DCAT, RDF, Namespace
from rdflib.plugins.parsers.notation3 import BadSyntax
from rdflib.term import BNode, Node

HYDRA = Namespace("http://www.w3.org/ns/hydra/core#")
#: Media types of RDF, the preferred one first, and what rdflib calls their syntax.
SYNTAXES = {
    "application/rdf+xml": "xml",
    "text/turtle": "turtle",
    "application/ld+json": "json-ld",
    "application/n-triples": "nt",
    "application/x-turtle": "turtle",
    "application/xml": "xml",
    "text/xml": "xml",
    "application/json": "json-ld",
}
#: What RDF comes as; many servers send it as plain text or as a bare file: the beginning of the text decides then.
ACCEPT = (*SYNTAXES, "text/plain", "application/octet-stream", "binary/octet-stream")
#: Nodes that a record may take along, and how far from the dataset: more is a graph that hangs together, not a record.
MAX_NODES = 500
MAX_DEPTH = 4
MAX_CONTEXTS = 5
#: Things of their own, which a record names but does not take along.
_APART = frozenset({DCAT.Dataset, DCAT.Catalog, DCAT.CatalogRecord, DCAT.DataService, URIRef(f"{DCAT}DatasetSeries")})
#: What no IRI may hold (RFC 3987; rdflib refuses to write it).
_FORBIDDEN = re.compile(r'[<>" {}|\\^`\x00-\x20]')

Fetch = Callable[[str], Any]


class NotRdf(ValueError):
    """The document cannot be read as RDF."""


def syntax_of(media_type: str, body: str) -> str:
    """What to read a document as: by its media type, else by its beginning.

    Args:
        media_type: lower case, without parameters.
        body: the document.
    """
    start = body[:200].lstrip("\ufeff \t\r\n")
    named = SYNTAXES.get(media_type)
    if start.startswith(("{", "[")) and named in (None, "json-ld"):
        return "json-ld"
    if start.startswith(("<?xml", "<rdf:RDF", "<!DOCTYPE", "<!--")):
        return "xml"
    return named or "turtle"


def parse(body: str, syntax: str, address: str, fetch: Fetch) -> Graph:
    """Read a document.

    rdflib would fetch the remote contexts of JSON-LD by itself, from anywhere: they are put in their place first. It
    would also expand what an XML document declares, without measure: entities are refused.

    Args:
        body: the document.
        syntax: `xml`, `turtle`, `nt` or `json-ld`.
        address: where it was found; relative addresses in it count from there.
        fetch: gives the JSON at an address, by a client that is guarded.

    Raises:
        NotRdf: it is not what it should be.
    """
    graph = Graph()
    try:
        if syntax == "json-ld":
            whole = _Contexts(fetch).inlined(json.loads(body), address)
            _refuse_addresses(whole)
            body = json.dumps(whole)
        elif syntax == "xml" and "<!ENTITY" in body:
            raise NotRdf("entities are not read")
        graph.parse(data=body, format=syntax, publicID=address)
    except (
        ValueError,
        SyntaxError,
        BadSyntax,
        ParserError,
        SAXException,
        TypeError,
        KeyError,
        AssertionError,
    ) as error:
        raise NotRdf(f"{type(error).__name__}: {error}"[:300]) from error
    except (AttributeError, IndexError, RecursionError) as error:
        # rdflib's parsers meet some damaged documents so.
        raise NotRdf(type(error).__name__) from error
    return _mended(graph)


def total(graph: Graph) -> int | None:
    """How many datasets a paged catalogue says it holds (`hydra:totalItems`); None if it does not say so clearly."""
    numbers = {str(number) for number in graph.objects(None, HYDRA.totalItems)}
    number = numbers.pop() if len(numbers) == 1 else ""
    return int(number) if number.isascii() and number.isdigit() else None


def is_catalogue(graph: Graph) -> bool:
    """Does the graph speak of datasets at all? An XML page of another kind reads as RDF too."""
    return total(graph) is not None or any((None, RDF.type, kind) in graph for kind in (DCAT.Dataset, DCAT.Catalog))


def records(graph: Graph) -> Iterator[dict[str, Any]]:
    """Cut a graph into one record a dataset, each with all that it needs to be read alone.

    Yields:
        `uri`: of the dataset, empty for a blank node; `triples`: N-Triples, blank nodes named by what they hold and
        lines sorted, so that the same dataset gives the same record whatever the order of its document.
    """
    for dataset in sorted(set(graph.subjects(RDF.type, DCAT.Dataset)), key=str):
        part = _closure(graph, dataset)
        part.add((dataset, URIRef(f"{HYDRA}mainEntity"), dataset))
        lines = _labelled(part).serialize(format="nt").split("\n")
        yield {
            "uri": str(dataset) if isinstance(dataset, URIRef) else "",
            "triples": sorted(line for line in lines if line.strip()),
        }


def read_record(raw: dict[str, Any]) -> tuple[Graph, Node]:
    """The graph of a record, and its dataset.

    Raises:
        NotRdf: it was not made by `records`.
    """
    graph = Graph()
    graph.parse(data="\n".join(raw["triples"]), format="nt")
    marks = list(graph.subjects(URIRef(f"{HYDRA}mainEntity"), None))
    if len(marks) != 1:
        raise NotRdf("no dataset")
    return graph, marks[0]


def _mended(graph: Graph) -> Graph:
    """The graph with what no address may hold escaped (GeoNetwork's have spaces), so that it can be written again."""
    bad = {node for triple in graph for node in triple if isinstance(node, URIRef) and _FORBIDDEN.search(node)}
    if not bad:
        return graph
    better = {node: URIRef(_FORBIDDEN.sub(lambda found: quote(found[0]), node)) for node in bad}
    mended = Graph()
    for triple in graph:
        subject, predicate, value = (better.get(node, node) if isinstance(node, URIRef) else node for node in triple)
        mended.add((subject, predicate, value))
    return mended


def _closure(graph: Graph, dataset: Node) -> Graph:
    """What is said of the dataset, and of what it names, step by step; other datasets are named only."""
    part = Graph()
    met: set[Node] = {dataset}
    level: list[Node] = [dataset]
    for depth in range(MAX_DEPTH + 1):
        following: list[Node] = []
        for node in level:
            for triple in graph.triples((node, None, None)):
                part.add(triple)
                other = triple[2]
                if isinstance(other, URIRef | BNode) and other not in met and not _apart(graph, other):
                    met.add(other)
                    following.append(other)
        if depth == MAX_DEPTH or len(met) > MAX_NODES:
            break
        level = following
    return part


def _labelled(graph: Graph) -> Graph:
    """The graph with each blank node named by what it says; two that say the same become one, which says as much.

    A few rounds of hashing, in time that grows with the graph alone: rdflib's own canonical form takes minutes for a
    dataset of forty files that say nothing but their format.
    """
    blanks = {node for triple in graph for node in triple if isinstance(node, BNode)}
    names: dict[Node, str] = dict.fromkeys(blanks, "")
    for _round in range(MAX_DEPTH + 1):
        names = {blank: _name(graph, blank, names) for blank in blanks}
    labelled = Graph()
    for triple in graph:
        subject, predicate, value = (BNode(f"b{names[node]}") if node in names else node for node in triple)
        labelled.add((subject, predicate, value))
    return labelled


def _name(graph: Graph, blank: Node, names: dict[Node, str]) -> str:
    """A hash of what is said of a node; blank nodes in it count by the names they had the round before."""
    said = (
        f"{predicate} {names[value] if value in names else value.n3()}"
        for predicate, value in graph.predicate_objects(blank)
    )
    return hashlib.sha256("\n".join(sorted(said)).encode()).hexdigest()


def _apart(graph: Graph, node: Node) -> bool:
    return any(kind in _APART for kind in graph.objects(node, RDF.type))


class _Contexts:
    """Puts what a JSON-LD document refers to as its context into the document itself."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._known: dict[str, Any] = {}

    def inlined(self, value: Any, base: str) -> Any:
        """The value with every remote context in its place.

        Raises:
            ValueError: too many of them, or what is fetched is no context.
        """
        if isinstance(value, list):
            return [self.inlined(item, base) for item in value]
        if not isinstance(value, dict):
            return value
        return {
            key: self._resolved(item, base) if key == "@context" else self.inlined(item, base)
            for key, item in value.items()
        }

    def _resolved(self, context: Any, base: str) -> Any:
        if isinstance(context, str):
            return self._remote(urljoin(base, context))
        if isinstance(context, list):
            return [self._resolved(item, base) for item in context]
        if not isinstance(context, dict):
            return context
        own = {
            # rdflib takes a context inside a context for the context itself.
            key: self._resolved(item, base) if key == "@context" else self.inlined(item, base)
            for key, item in context.items()
            if key != "@import"
        }
        imported = self._remote(urljoin(base, str(context["@import"]))) if "@import" in context else None
        return own if imported is None else {**(imported if isinstance(imported, dict) else {}), **own}

    def _remote(self, address: str) -> Any:
        if address not in self._known:
            if len(self._known) >= MAX_CONTEXTS:
                raise ValueError("too many remote contexts")
            # A context that leads back to itself finds this empty one.
            self._known[address] = {}
            found = self._fetch(address)
            if not isinstance(found, dict) or "@context" not in found:
                raise ValueError("not a JSON-LD context")
            self._known[address] = self._resolved(found["@context"], address)
        return self._known[address]


def _refuse_addresses(value: Any, *, context: bool = False) -> None:
    """Make sure that nothing is left for rdflib to fetch, whatever form of a context was not thought of.

    Raises:
        ValueError: a context is an address still.
    """
    if context and isinstance(value, str):
        raise ValueError("a context that is not read")
    if isinstance(value, list):
        for item in value:
            _refuse_addresses(item, context=context)
    elif isinstance(value, dict):
        for key, item in value.items():
            _refuse_addresses(item, context=key in ("@context", "@import"))
