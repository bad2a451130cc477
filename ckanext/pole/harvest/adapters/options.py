"""The settings that only some kinds of source have, and those whose values come from a list."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import ckan.plugins.toolkit as tk

from ckanext.pole.bilingual import values, vocabularies

#: Setting → its type.
KNOWN: Mapping[str, type] = {
    # CKAN: names of the organisations wanted.
    "organizations": list,
    # Opendatasoft: a filter in its own query language.
    "where": str,
    # ArcGIS Hub: `search` (its search API) or `feed` (its DCAT-US feed).
    "mode": str,
    # Socrata: the portal's domain if it is not the source's address, and where the discovery API is.
    "domain": str,
    "discovery_url": str,
    # DCAT-AP: the syntax of a document whose server does not say it.
    "rdf_syntax": str,
}
MODES = ("search", "feed")
RDF_SYNTAXES = ("xml", "turtle", "nt", "json-ld")
_NAME = re.compile(r"[\w-]{2,100}$", re.ASCII)
_DOMAIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?$", re.ASCII)


def check(key: str, value: Any) -> None:
    """Check one setting whose type is right.

    Raises:
        ValueError: in the person's language, what is wrong.
    """
    if key == "organizations" and not all(isinstance(name, str) and _NAME.match(name) for name in value):
        raise ValueError(
            tk._("Organisations are given by their names in the portal's addresses, such as ville-de-laval")
        )
    if key == "mode" and value not in MODES:
        raise ValueError(tk._("The mode must be one of: {names}").format(names=", ".join(MODES)))
    if key == "rdf_syntax" and value not in RDF_SYNTAXES:
        raise ValueError(tk._("The RDF syntax must be one of: {names}").format(names=", ".join(RDF_SYNTAXES)))
    if key == "domain" and not _DOMAIN.match(value):
        raise ValueError(tk._("The domain must be a host name such as data.calgary.ca"))
    if key == "discovery_url" and not _is_address(value):
        raise ValueError(tk._("The address of the discovery API must begin with https:// or http://"))
    if key == "license_id":
        _known("licences", [value], tk._("Unknown licence: {codes}"))
    if key == "places":
        _known("places", list(value), tk._("Unknown place: {codes}"))
    if key == "languages" and not (value and all(lang in values.LANGUAGES for lang in value)):
        raise ValueError(tk._("The languages must be fr, en or both"))


def _known(vocabulary: str, codes: list[Any], message: str) -> None:
    unknown = sorted(str(code) for code in codes if code not in vocabularies.load(vocabulary).terms)
    if unknown:
        raise ValueError(message.format(codes=", ".join(unknown)))


def _is_address(value: str) -> bool:
    parts = urlsplit(value)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
