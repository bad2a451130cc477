"""Where a directory's records come from, by the guarded client: one feed a language, sealed until redaction."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from ckanext.pole.directory import airs, feed_hsds, feed_search, icarol
from ckanext.pole.directory.errors import DirectoryError
from ckanext.pole.directory.languages import merge_languages
from ckanext.pole.directory.sensitive import Raw, Rejected
from ckanext.pole.directory.streams import as_file
from ckanext.pole.http.client import GuardedClient
from ckanext.pole.http.contents import XML

Item: TypeAlias = Raw[Any] | Rejected

HSDS, AIRS, ICAROL, SEARCH = "hsds", "airs", "icarol_csv", "icarol_api"
#: The formats that a source's `format` may name.
FORMATS = (HSDS, AIRS, ICAROL, SEARCH)
CSV_TYPES = ("text/csv", "application/csv", "text/plain", "application/octet-stream", "application/vnd.ms-excel")
KEY_HEADER = "X-API-Key"


def addresses(url: str, config: Mapping[str, Any]) -> dict[str, str]:
    """The address of each language's feed.

    Args:
        url: the source's address.
        config: `feeds` names an address a language; else `languages` says which
            ones stand under `<url>/<language>` (the search API has one address
            for all); else the source is one feed in `language`.
    """
    if config.get("feeds"):
        return {lang: str(feed).rstrip("/") for lang, feed in config["feeds"].items()}
    if config.get("format") == SEARCH:
        return dict.fromkeys(config.get("languages") or ("fr", "en"), url)
    languages = config.get("languages") or []
    if languages:
        return {lang: f"{url}/{lang}" for lang in languages}
    return {str(config.get("language") or "fr"): url}


def read(http: GuardedClient, url: str, config: Mapping[str, Any]) -> Iterator[Item]:
    """Read all feeds, joined by id.

    Args:
        http: the client.
        url: the source's address.
        config: the source's settings; `format` names one of `FORMATS`, HSDS by default.

    Raises:
        HttpProblem: a feed does not answer, or its list is cut short.
        DirectoryError: a feed is not what it should be; `missing_key` if the environment lacks the key.
    """
    open_feed = _FEEDS[str(config.get("format") or HSDS)]
    feeds = {lang: open_feed(http, address, lang, config) for lang, address in addresses(url, config).items()}
    if set(feeds) == {"fr", "en"}:
        return merge_languages(feeds["fr"], feeds["en"])
    return (item for feed in feeds.values() for item in feed)


def key_of(config: Mapping[str, Any]) -> str:
    """The provider's key, from the environment variable that the settings name; "" if they name none.

    Raises:
        DirectoryError: the variable is not set.
    """
    name = str(config.get("api_key_env") or "")
    if not name:
        return ""
    key = os.environ.get(name, "").strip()
    if not key:
        raise DirectoryError("missing_key", name)
    return key


def headers_of(config: Mapping[str, Any]) -> dict[str, str]:
    """The header that carries the key, none without a key."""
    key = key_of(config)
    return {KEY_HEADER: key} if key else {}


def _hsds(http: GuardedClient, address: str, lang: str, config: Mapping[str, Any]) -> Iterable[Item]:
    if address.endswith(".zip"):
        return feed_hsds.package(http, address, lang, headers_of(config))
    return feed_hsds.api(http, address, lang, headers_of(config))


def _airs(http: GuardedClient, address: str, lang: str, config: Mapping[str, Any]) -> Iterator[Item]:
    """One XML file a language, parsed as it arrives."""
    prefixes = tuple(config.get("inactive_prefixes") or ("DEL",))
    with http.stream(address, accept=XML, headers=headers_of(config)) as stream, as_file(stream) as body:
        yield from airs.read(body, lang, inactive_prefixes=prefixes)


def _icarol(http: GuardedClient, address: str, lang: str, config: Mapping[str, Any]) -> Iterator[Item]:
    """One CSV a language, or one whose rows each name theirs."""
    with http.stream(address, accept=CSV_TYPES, headers=headers_of(config)) as stream, as_file(stream) as body:
        yield from icarol.read(body, lang)


def _search(http: GuardedClient, address: str, lang: str, config: Mapping[str, Any]) -> Iterable[Item]:
    return feed_search.read(http, address, lang, config, key_of(config))


_FEEDS: dict[str, Callable[[GuardedClient, str, str, Mapping[str, Any]], Iterable[Item]]] = {
    HSDS: _hsds,
    AIRS: _airs,
    ICAROL: _icarol,
    SEARCH: _search,
}
