"""Where a directory's records come from: HSDS pages or packages, one feed a language, by the guarded client."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from ckanext.pole.directory import hsds_api, hsds_tabular
from ckanext.pole.directory.languages import merge_languages
from ckanext.pole.directory.sensitive import Raw, Rejected
from ckanext.pole.http.client import GuardedClient
from ckanext.pole.http.problems import BadBody

Item: TypeAlias = Raw[Any] | Rejected

PAGE_SIZE = 100
#: Zipped packages of whole directories; the readers bound what they hold once unzipped.
ZIP_TYPES = ("application/zip", "application/x-zip-compressed", "application/octet-stream")
#: Names of the children that a full service carries; a list may leave them out.
CHILDREN = ("organization", "service_at_locations", "phones", "schedules", "attributes")


def addresses(url: str, config: Mapping[str, Any]) -> dict[str, str]:
    """The address of each language's feed.

    Args:
        url: the source's address.
        config: `feeds` names an address a language; else `languages` says which
            ones stand under `<url>/<language>`; else the source is one feed in `language`.
    """
    if config.get("feeds"):
        return {lang: str(feed).rstrip("/") for lang, feed in config["feeds"].items()}
    languages = config.get("languages") or []
    if languages:
        return {lang: f"{url}/{lang}" for lang in languages}
    return {str(config.get("language") or "fr"): url}


def read(http: GuardedClient, url: str, config: Mapping[str, Any]) -> Iterator[Item]:
    """Read all feeds, joined by id, sealed until redaction.

    Raises:
        HttpProblem: a feed does not answer, or its list is cut short.
        DirectoryError: a feed is not what it should be.
    """
    feeds = {lang: _feed(http, address, lang) for lang, address in addresses(url, config).items()}
    if set(feeds) == {"fr", "en"}:
        return merge_languages(feeds["fr"], feeds["en"])
    return (item for feed in feeds.values() for item in feed)


def _feed(http: GuardedClient, address: str, lang: str) -> Iterable[Item]:
    if address.endswith(".zip"):
        answer = http.get(address, accept=ZIP_TYPES)
        return hsds_tabular.read(answer.body, lang)
    return hsds_api.read(_pages(http, address), lang)


def _pages(http: GuardedClient, address: str) -> Iterator[dict[str, Any]]:
    """Every page of `/services`, its items whole, until the announced total is there.

    Raises:
        BadBody: it is no page, or fewer or other services came than announced.
    """
    place = f"{address}/services"
    number, seen, total = 1, set[str](), 0
    while True:
        page = http.get_json(place, params={"page": number, "per_page": PAGE_SIZE, "full": "true"})
        try:
            contents, total, pages = page["contents"], int(page["total_items"]), int(page["total_pages"])
            seen.update(str(item["id"]) for item in contents)
        except (KeyError, TypeError, ValueError):
            raise BadBody("bad_json", place) from None
        yield {"contents": [_whole(http, place, item) for item in contents]}
        if number >= pages or not contents:
            break
        number += 1
    # A directory without a single service is a failure that answers 200.
    if not total or len(seen) != total:
        raise BadBody("truncated", place)


def _whole(http: GuardedClient, place: str, item: dict[str, Any]) -> dict[str, Any]:
    if any(name in item for name in CHILDREN):
        return item
    whole = http.get_json(f"{place}/{item['id']}")
    if not isinstance(whole, dict):
        raise BadBody("bad_json", place)
    return whole
