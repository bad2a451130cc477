"""An HSDS feed: pages of `/services` made whole, the wider classes of `/taxonomy_terms`, or a zipped package."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from ckanext.pole.directory import hsds_api, hsds_records, hsds_tabular
from ckanext.pole.directory.sensitive import Raw, Rejected
from ckanext.pole.http.client import GuardedClient
from ckanext.pole.http.contents import JSON
from ckanext.pole.http.problems import BadBody

Item: TypeAlias = Raw[Any] | Rejected
Headers: TypeAlias = Mapping[str, str]

PAGE_SIZE = 100
TERMS_PAGE_SIZE = 500
#: Zipped packages of whole directories; the readers bound what they hold once unzipped.
ZIP_TYPES = ("application/zip", "application/x-zip-compressed", "application/octet-stream")
#: Names of the children that a full service carries; a list may leave them out.
CHILDREN = ("organization", "service_at_locations", "phones", "schedules", "attributes")
#: `/taxonomy_terms` is optional in HSDS: these answers say that it is not there.
_ABSENT = (400, 404, 405, 501)


def package(http: GuardedClient, address: str, lang: str, headers: Headers) -> Iterable[Item]:
    """Read a zipped tabular package."""
    return hsds_tabular.read(http.get(address, accept=ZIP_TYPES, headers=headers).body, lang)


def api(http: GuardedClient, address: str, lang: str, headers: Headers) -> Iterator[Item]:
    """Read all services, then the classes above theirs, which services do not carry.

    Raises:
        HttpProblem: the API does not answer; `BadBody` if it is no page, or the list is cut short.
    """
    used: dict[str, None] = {}
    above: dict[str, None] = {}
    for item in hsds_api.read(_pages(http, address, headers, above), lang):
        if isinstance(item, Raw) and item.kind == "taxonomy_term":
            used[item.source_id] = None
        yield item
    if not used:
        return
    terms = _terms(http, f"{address}/taxonomy_terms", headers)
    for key in _ancestors(terms, [*used, *above]):
        if key not in used:
            yield hsds_records.taxonomy_term(terms[key], lang)


def _pages(http: GuardedClient, address: str, headers: Headers, above: dict[str, None]) -> Iterator[dict[str, Any]]:
    """Every page of `/services`, its items whole, until the announced total is there; notes the parents of terms."""
    place = f"{address}/services"
    number, seen, total = 1, set[str](), 0
    while True:
        page = http.get_json(place, params={"page": number, "per_page": PAGE_SIZE, "full": "true"}, headers=headers)
        try:
            contents, total, pages = page["contents"], int(page["total_items"]), int(page["total_pages"])
            seen.update(str(item["id"]) for item in contents)
        except (KeyError, TypeError, ValueError):
            raise BadBody("bad_json", place) from None
        whole = [_whole(http, place, item, headers) for item in contents]
        for item in whole:
            for link in item.get("attributes") or ():
                term = link.get("taxonomy_term") if isinstance(link, Mapping) else None
                if isinstance(term, Mapping) and term.get("parent_id"):
                    above[str(term["parent_id"])] = None
        yield {"contents": whole}
        if number >= pages or not contents:
            break
        number += 1
    # A directory without a single service is a failure that answers 200.
    if not total or len(seen) != total:
        raise BadBody("truncated", place)


def _whole(http: GuardedClient, place: str, item: dict[str, Any], headers: Headers) -> dict[str, Any]:
    if any(name in item for name in CHILDREN):
        return item
    whole = http.get_json(f"{place}/{item['id']}", headers=headers)
    if not isinstance(whole, dict):
        raise BadBody("bad_json", place)
    return whole


def _terms(http: GuardedClient, place: str, headers: Headers) -> dict[str, dict[str, Any]]:
    """The classes by id, none if the API does not list them.

    Raises:
        BadBody: the answer is no page.
    """
    found: dict[str, dict[str, Any]] = {}
    number = 1
    while True:
        answer = http.get(
            place,
            params={"page": number, "per_page": TERMS_PAGE_SIZE},
            headers=headers,
            accept=JSON,
            allow_status=_ABSENT,
        )
        if answer.status in _ABSENT:
            return found
        page = answer.json()
        try:
            contents, pages = page["contents"], int(page["total_pages"])
            fresh = {str(term["id"]): term for term in contents}
        except (KeyError, TypeError, ValueError):
            raise BadBody("bad_json", place) from None
        new = fresh.keys() - found.keys()
        found.update(fresh)
        # A server that ignores `page` would repeat its first page without end.
        if number >= pages or not new:
            return found
        number += 1


def _ancestors(terms: Mapping[str, Mapping[str, Any]], keys: Iterable[str]) -> list[str]:
    """The ids of the listed terms among `keys` and of all above them; some sources name the parent by its code."""
    by_code = {str(term["code"]): key for key, term in terms.items() if term.get("code")}
    found: dict[str, None] = {}
    waiting = list(keys)
    while waiting:
        named = waiting.pop()
        key = named if named in terms else by_code.get(named, "")
        if not key or key in found:
            continue
        found[key] = None
        if parent := terms[key].get("parent_id"):
            waiting.append(str(parent))
    return sorted(found)
