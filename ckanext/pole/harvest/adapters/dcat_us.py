"""A DCAT-US 1.1 catalogue: one `data.json` for a whole portal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ckanext.pole.harvest.adapters import dcat_us_mapping, fields, paging
from ckanext.pole.harvest.base import PoleHarvester
from ckanext.pole.harvest.phrases import N_
from ckanext.pole.harvest.records import Page, Record
from ckanext.pole.harvest.source import Source
from ckanext.pole.http.client import GuardedClient


class DcatUsHarvester(PoleHarvester):
    """One document, read at constant memory; it says nothing of changes, so each record is compared."""

    source_type = "pole_dcat_us"
    source_title = N_("DCAT-US catalogue (data.json)")
    source_description = N_("Catalogue published as one data.json file, as the standard of Project Open Data wants it")

    def pages(self, http: GuardedClient, source: Source) -> Iterator[Page]:
        """Fetch the document; a source given without its file's name has it at its usual place."""
        address = source.url if source.url.lower().endswith(".json") else f"{source.url}/data.json"
        return paging.document(http, address, "dataset")

    def identity(self, raw: Any) -> str:
        """See `dcat_us_mapping`."""
        return dcat_us_mapping.identity(fields.mapping(raw))

    def wanted(self, raw: Any, source: Source) -> bool:
        """See `dcat_us_mapping`."""
        return dcat_us_mapping.wanted(raw)

    def normalise(self, raw: Any, source: Source) -> Record:
        """See `dcat_us_mapping`."""
        return Record(self.identity(raw), dcat_us_mapping.dataset(raw, source))
