"""A Socrata portal (Calgary, Edmonton, Winnipeg), read through the discovery API of all Socrata portals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from ckanext.pole.harvest.adapters import fields, paging, socrata_mapping
from ckanext.pole.harvest.base import PoleHarvester
from ckanext.pole.harvest.phrases import N_
from ckanext.pole.harvest.records import Page, Record
from ckanext.pole.harvest.source import Source
from ckanext.pole.http.client import GuardedClient

#: Where the portals of the Americas are listed; those of Europe are at api.eu.socrata.com.
DISCOVERY = "https://api.us.socrata.com"
PAGE_SIZE = 100
#: offset + limit beyond this is refused; `scroll_id` goes on.
WINDOW = 10_000


class SocrataHarvester(PoleHarvester):
    """Pages of the discovery API for one domain; scrolling by id, so that a dataset added meanwhile moves no other."""

    source_type = "pole_socrata"
    source_title = N_("Socrata portal")
    source_description = N_("Open data portal that runs Socrata (Tyler), read through the discovery API")

    def pages(self, http: GuardedClient, source: Source) -> Iterator[Page]:
        """Ask page after page: by offset as far as that goes, then from the last id on."""
        address = f"{str(source.config.get('discovery_url') or DISCOVERY).rstrip('/')}/api/catalog/v1"
        domain = str(source.config.get("domain") or urlsplit(source.url).hostname or "")
        limit = int(source.config.get("page_size", PAGE_SIZE))
        # `search_context` makes the API speak the domain's own categories and tags.
        wanted = {"domains": domain, "search_context": domain, "only": "datasets", "limit": limit}
        scroll = ""

        def read(start: int) -> tuple[list[Any], int]:
            nonlocal scroll
            deep = {"scroll_id": scroll} if scroll else {"offset": start, "order": "dataset_id"}
            answer = http.get_json(address, params={**wanted, **deep})
            records, total = paging.listed(answer, "results", "resultSetSize", address)
            if records and total > WINDOW:
                scroll = socrata_mapping.identity(fields.mapping(records[-1]))
            return records, total

        for page in paging.counted(read, source.start):
            # A reading that scrolls begins at the first page only: its offsets are refused.
            yield replace(page, after="") if scroll else page

    def identity(self, raw: Any) -> str:
        """See `socrata_mapping`."""
        return socrata_mapping.identity(fields.mapping(raw))

    def normalise(self, raw: Any, source: Source) -> Record:
        """See `socrata_mapping`."""
        return Record(self.identity(raw), socrata_mapping.dataset(raw, source))
