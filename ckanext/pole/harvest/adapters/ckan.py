"""A CKAN portal, read through `package_search`: Montréal, Données Québec, Toronto, open.canada.ca and their like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ckanext.pole.harvest.adapters import ckan_mapping, paging
from ckanext.pole.harvest.base import PoleHarvester
from ckanext.pole.harvest.phrases import N_
from ckanext.pole.harvest.records import BadRecord, Page, Record
from ckanext.pole.harvest.source import Source
from ckanext.pole.http.client import GuardedClient
from ckanext.pole.http.contents import JSON
from ckanext.pole.http.problems import ServerFailed, TooLarge, TooSlow

#: Records of the first page, which tells how heavy they are; CKAN silently cuts pages at 1,000.
PAGE_SIZE = 100
MOST = 1000
#: Bytes of an answer that the pages after it come near to: few questions to a portal, and none that is hard for it.
WEIGHT = 4 * 1024 * 1024
#: How a portal fails that was asked for more than it can give at once.
TOO_MUCH = (ServerFailed, TooLarge, TooSlow)


class CkanHarvester(PoleHarvester):
    """Pages of `package_search` sorted by id, so that a record added meanwhile moves no other."""

    source_type = "pole_ckan"
    source_title = N_("CKAN portal, in two languages")
    source_description = N_("Open data portal that runs CKAN, municipal or governmental, in French, English or both")

    def pages(self, http: GuardedClient, source: Source) -> Iterator[Page]:
        """Ask page after page until the announced count is reached.

        Light records come in larger pages, unless the operator gave a size; a portal that cannot give one gets the
        small ones back.
        """
        fixed, most = source.config.get("page_size"), MOST
        address = f"{source.url}/api/3/action/package_search"
        wanted = {"rows": int(fixed or PAGE_SIZE), "sort": "id asc", "fq": filters(source) or None}

        def read(start: int) -> tuple[list[Any], int]:
            nonlocal most
            try:
                got = http.get(address, params={**wanted, "start": start}, accept=JSON)
            except TOO_MUCH:
                if fixed or wanted["rows"] == PAGE_SIZE:
                    raise
                wanted["rows"] = most = PAGE_SIZE
                got = http.get(address, params={**wanted, "start": start}, accept=JSON)
            answer = got.json()
            result = answer.get("result") if isinstance(answer, dict) and answer.get("success") is True else None
            records, total = paging.listed(result, "results", "count", address)
            if records and not fixed:
                wanted["rows"] = min(most, page_size(len(got.body) / len(records)))
            return records, total

        return paging.counted(read, source.start)

    def identity(self, raw: Any) -> str:
        """CKAN's id, which survives a change of name."""
        if not isinstance(raw, dict) or not isinstance(raw.get("id"), str) or not raw["id"].strip():
            raise BadRecord(N_("The record has no identifier"), "id")
        return raw["id"].strip()

    def wanted(self, raw: Any, source: Source) -> bool:
        """See `ckan_mapping`."""
        return ckan_mapping.wanted(raw, source)

    def normalise(self, raw: Any, source: Source) -> Record:
        """See `ckan_mapping`."""
        found = ckan_mapping.dataset(raw, source)
        return Record(self.identity(raw), found, cross_key=ckan_mapping.cross_key(raw))


def page_size(weight: float) -> int:
    """How many records the next page may hold.

    Args:
        weight: bytes of a record.
    """
    return max(PAGE_SIZE, min(MOST, int(WEIGHT / weight)))


def filters(source: Source) -> str:
    """The `fq` of a source: the operator's own, and the organisations asked for (Laval on Données Québec)."""
    names = [str(name) for name in source.config.get("organizations") or ()]
    asked = f"organization:({' OR '.join(names)})" if len(names) > 1 else "".join(f"organization:{n}" for n in names)
    return " ".join(part for part in (str(source.config.get("fq") or ""), asked) if part)
