"""An Opendatasoft portal, read through its Explore API 2.1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ckanext.pole.harvest.adapters import fields, opendatasoft_mapping, paging
from ckanext.pole.harvest.base import PoleHarvester
from ckanext.pole.harvest.phrases import N_
from ckanext.pole.harvest.records import Page, Record
from ckanext.pole.harvest.source import Source
from ckanext.pole.http.client import GuardedClient

#: More than this a page is refused with 400.
PAGE_SIZE = 100
#: limit + offset beyond this is refused; the catalogue's export has no such end.
WINDOW = 10_000


class OpendatasoftHarvester(PoleHarvester):
    """Pages of the catalogue sorted by id; a catalogue of more than ten thousand datasets comes as one export."""

    source_type = "pole_opendatasoft"
    source_title = N_("Opendatasoft portal")
    source_description = N_("Open data portal that runs Opendatasoft (Huwise), read through its Explore API 2.1")

    def pages(self, http: GuardedClient, source: Source) -> Iterator[Page]:
        """Ask page after page, once for each language that the operator wants."""
        address = f"{source.url}/api/explore/v2.1/catalog"
        languages = [str(lang) for lang in source.config.get("languages") or ()] or [""]
        limit = min(int(source.config.get("page_size", PAGE_SIZE)), PAGE_SIZE)
        where = str(source.config.get("where") or "") or None

        def asked(start: int, lang: str) -> tuple[list[Any], int]:
            # `q` would be passed over in silence; `where` is the filter that counts.
            params = {"limit": limit, "offset": start, "order_by": "dataset_id", "where": where, "lang": lang or None}
            answer = http.get_json(f"{address}/datasets", params=params)
            key = "datasets" if isinstance(answer, dict) and "datasets" in answer else "results"
            rows, total = paging.listed(answer, key, "total_count", f"{address}/datasets")
            return [opendatasoft_mapping.unwrapped(row) for row in rows], total

        def read(start: int) -> tuple[list[Any], int]:
            rows, total = asked(start, languages[0])
            for lang in languages[1:]:
                opendatasoft_mapping.join(rows, asked(start, lang)[0], lang)
            return rows, total

        begin = int(source.start or 0)
        first, total = read(begin)
        if total > WINDOW:
            for page in paging.document(http, f"{address}/exports/json", where=where, order_by="dataset_id"):
                yield Page([opendatasoft_mapping.unwrapped(row) for row in page.records], total)
            return
        yield from paging.counted(lambda start: (first, total) if start == begin else read(start), source.start)

    def identity(self, raw: Any) -> str:
        """See `opendatasoft_mapping`."""
        return opendatasoft_mapping.identity(fields.mapping(raw))

    def wanted(self, raw: Any, source: Source) -> bool:
        """See `opendatasoft_mapping`."""
        return opendatasoft_mapping.wanted(raw)

    def normalise(self, raw: Any, source: Source) -> Record:
        """See `opendatasoft_mapping`."""
        return Record(self.identity(raw), opendatasoft_mapping.dataset(raw, source))
