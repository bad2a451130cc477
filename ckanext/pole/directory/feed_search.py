"""The calls of the 211 search API: `POST {Dataset, Lang, Term, PageIndex, PageSize}` → `{RecordCount, Records}`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ckanext.pole.directory import search_api
from ckanext.pole.directory.sensitive import Raw, Rejected
from ckanext.pole.http.client import GuardedClient
from ckanext.pole.http.problems import BadBody

PAGE_SIZE = 500
#: A list that does not end is a fault of the source.
MAX_RECORDS = 500_000


def read(
    http: GuardedClient, url: str, language: str, config: Mapping[str, Any], key: str
) -> Iterator[Raw[Any] | Rejected]:
    """Ask for every record in one language.

    Args:
        http: the client.
        url: address of the search.
        language: "fr" or "en".
        config: `dataset`, `search` (parameters of the provider), `page_size`, `unflagged_is_public`.
        key: sent as the parameter `key`, which reports and logs mask; "" sends none.

    Raises:
        HttpProblem: `BadBody` if the answer is no page, or fewer or other records came than announced.
    """
    records = _records(http, url, language, config, key)
    return search_api.read(records, language, unflagged_is_public=bool(config.get("unflagged_is_public")))


def _records(
    http: GuardedClient, url: str, language: str, config: Mapping[str, Any], key: str
) -> Iterator[dict[str, Any]]:
    seen: set[str] = set()
    announced: int | None = None
    index = 0
    while True:
        answer = http.post_json(
            url,
            {
                "SearchType": "coverage",
                "Search": "term",
                "Term": "*",
                **(config.get("search") or {}),
                "Dataset": config.get("dataset") or "",
                "Lang": language,
                "Fields": ",".join(search_api.FIELDS),
                "PageIndex": index,
                "PageSize": config.get("page_size") or PAGE_SIZE,
            },
            params={"key": key or None},
            repeatable=True,  # it only reads
        )
        try:
            total, records = int(answer["RecordCount"]), answer["Records"]
            ids = [str(record["id"]) for record in records]
        except (KeyError, TypeError, ValueError):
            raise BadBody("bad_json", url) from None
        if announced is None:
            announced = total
        fresh = set(ids) - seen
        seen |= fresh
        # A page that repeats, or a list that grows while it is read, cannot be trusted to be whole.
        if total != announced or len(fresh) != len(ids) or len(seen) > min(total, MAX_RECORDS):
            raise BadBody("truncated", url)
        yield from records
        index += 1
        if not ids or len(seen) >= total:
            break
    if not announced or len(seen) != announced:
        raise BadBody("truncated", url)
