"""A catalogue in RDF/XML, in Hydra pages, with blank nodes and language tags."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape, quoteattr

from pole_demo.reply import Reply, Request

from portals.base import Entry, Portal, number

PAGE = 4
HEAD = """<?xml version="1.0" encoding="utf-8"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dcat="http://www.w3.org/ns/dcat#"
 xmlns:dct="http://purl.org/dc/terms/" xmlns:hydra="http://www.w3.org/ns/hydra/core#"
 xmlns:vcard="http://www.w3.org/2006/vcard/ns#">
"""
DATASET = """<dcat:Dataset rdf:about={about}>
 {title}<dct:description xml:lang="fr">{description}</dct:description>
 <dcat:contactPoint><vcard:Organization><vcard:fn>Ville</vcard:fn></vcard:Organization></dcat:contactPoint>
 <dcat:distribution><dcat:Distribution>
  <dct:license rdf:resource="https://creativecommons.org/licenses/by/4.0/"/>
  <dcat:downloadURL rdf:resource={file}/><dcat:mediaType>text/csv</dcat:mediaType>
 </dcat:Distribution></dcat:distribution>
</dcat:Dataset>
"""


class Dcat(Portal):
    source_type = "pole_dcat"
    lists = "/catalog.rdf"

    @property
    def source_url(self) -> str:
        return f"{self.url}/catalog.rdf"

    def settings(self) -> dict[str, Any]:
        return {"language": "fr"}

    def answer(self, request: Request) -> Reply:
        page = number(request.params(), "page", 1)
        if request.path != "/catalog.rdf" or not page:
            return Reply(404, data="Not Found")
        rows = self.entries[(page - 1) * PAGE : page * PAGE]
        data = {
            "datasets": [vars(entry) for entry in rows],
            "total": len(self.entries),
            "page": page,
            "next": page * PAGE < len(self.entries),
            "base": self.url,
        }
        return Reply(data=data, encode=_written, content_type="application/rdf+xml; charset=utf-8")


def _written(data: dict[str, Any]) -> bytes:
    """The page as RDF/XML; the type of each blank node is all that tells it from the others."""
    base = data["base"]
    here = quoteattr(f"{base}/catalog.rdf?page={data['page']}")
    following = quoteattr(f"{base}/catalog.rdf?page={data['page'] + 1}")
    view = f"<hydra:PagedCollection rdf:about={here}><hydra:totalItems>{data['total']}</hydra:totalItems>"
    view += f"<hydra:next rdf:resource={following}/>" if data["next"] else ""
    parts = [_dataset(Entry(**row), base) for row in data["datasets"]]
    return "".join([HEAD, view, "</hydra:PagedCollection>\n", *parts, "</rdf:RDF>"]).encode()


def _dataset(entry: Entry, base: str) -> str:
    title = f'<dct:title xml:lang="fr">{escape(entry.title)}</dct:title><dct:title xml:lang="de">Satz</dct:title>\n '
    return DATASET.format(
        about=quoteattr(f"{base}/jeux/{entry.key}"),
        title="" if entry.broken else title,
        description=escape(entry.description),
        file=quoteattr(f"{base}/{entry.key}.csv"),
    )
