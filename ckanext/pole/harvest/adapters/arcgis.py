"""An ArcGIS Hub (Longueuil), read through its search API or its DCAT-US feed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ckanext.pole.harvest.adapters import arcgis_mapping, fields, paging
from ckanext.pole.harvest.base import PoleHarvester
from ckanext.pole.harvest.phrases import N_
from ckanext.pole.harvest.records import Page, Record
from ckanext.pole.harvest.source import Source
from ckanext.pole.http.client import GuardedClient

PAGE_SIZE = 100


class ArcgisHarvester(PoleHarvester):
    """Pages of the search API, or with `"mode": "feed"` the whole feed; either way the same ids."""

    source_type = "pole_arcgis"
    source_title = N_("ArcGIS Hub")
    source_description = N_("Open data site that runs ArcGIS Hub, read through its search API or its DCAT-US feed")

    def pages(self, http: GuardedClient, source: Source) -> Iterator[Page]:
        """Read the way the operator chose, by the setting or by giving the feed's own address."""
        hub = arcgis_mapping.hub(source)
        if source.url.endswith(".json"):
            return paging.document(http, source.url, "dataset")
        if source.config.get("mode") == "feed":
            return paging.document(http, f"{hub}/api/feed/dcat-us/1.1.json", "dataset")
        limit = int(source.config.get("page_size", PAGE_SIZE))
        address = f"{hub}/api/search/v1/collections/dataset/items"

        def read(start: int) -> tuple[list[Any], int]:
            # The first is number 1, 0 is refused, and `offset` would be passed over in silence.
            answer = http.get_json(address, params={"limit": limit, "startindex": start + 1})
            return paging.listed(answer, "features", "numberMatched", address)

        return paging.counted(read, source.start)

    def identity(self, raw: Any) -> str:
        """See `arcgis_mapping`."""
        return arcgis_mapping.identity(fields.mapping(raw))

    def wanted(self, raw: Any, source: Source) -> bool:
        """See `arcgis_mapping`."""
        return arcgis_mapping.wanted(raw)

    def normalise(self, raw: Any, source: Source) -> Record:
        """See `arcgis_mapping`."""
        return Record(self.identity(raw), arcgis_mapping.dataset(raw, source))
