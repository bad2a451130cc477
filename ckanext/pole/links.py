"""Template helpers for addresses: this page in the other language, its other pages, and the API calls behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote_plus, urlencode, urlsplit

import ckan.plugins as p
import ckan.plugins.toolkit as tk

from ckanext.pole.bilingual.helpers import pole_lang

__all__ = [
    "pole_activity_url",
    "pole_api_text",
    "pole_api_url",
    "pole_languages",
    "pole_page_url",
    "pole_question_url",
    "pole_rdf_url",
    "pole_search_api",
    "pole_url_without",
]


def pole_languages() -> list[dict[str, Any]]:
    """The site's languages, each with this very page's address in it: path and query stay."""
    default = tk.config["ckan.locale_default"]
    here = pole_lang()
    found = []
    for locale in tk.h.get_available_locales():
        code = str(locale.short_name)
        prefix = "default" if code == default else code
        found.append(
            {
                "code": code.replace("_", "-"),
                "name": (locale.display_name or locale.english_name or code).capitalize(),
                "url": tk.h.url_for(tk.h.current_url(), locale=prefix),
                "absolute": tk.h.url_for(tk.h.current_url(), locale=prefix, qualified=True),
                "current": code.startswith(here),
                "default": code == default,
            }
        )
    return found


def pole_api_url(action: str, **params: Any) -> str:
    """The address of an action that answers the same as the page."""
    path = tk.h.url_for("api.action", ver=3, logic_function=action, locale="default", qualified=True)
    given = {name: value for name, value in params.items() if value not in (None, "")}
    return f"{path}?{urlencode(given)}" if given else path


def pole_api_text(url: str) -> str:
    """The address of a call as people read it: without the host, its signs as written."""
    parts = urlsplit(url)
    return f"{parts.path}?{unquote_plus(parts.query)}" if parts.query else parts.path


def pole_search_api(query: str, fields: Mapping[str, Iterable[str]] | None, sort: str | None) -> str:
    """The `package_search` call behind a page of results."""
    pairs = [(name, value.replace('"', '\\"')) for name, values_ in (fields or {}).items() for value in values_]
    chosen = " ".join(f'+{name}:"{value}"' for name, value in pairs)
    return pole_api_url("package_search", q=query, fq=chosen, sort=sort)


def pole_page_url(number: int) -> str:
    """This page's address with another page number."""
    return _here(page=[str(number)])


def pole_url_without(*names: str) -> str:
    """This page's address without some parameters of its query, and from its first page."""
    return _here(page=None, **dict.fromkeys(names))


def pole_question_url(question: str) -> str:
    """This page's address with another question, from its first page."""
    return _here(page=None, q=[question])


def pole_activity_url(kind: str, name: str) -> str:
    """The address of a record's history; empty where nobody keeps one."""
    return tk.h.url_for(f"activity.{kind}_activity", id=name) if p.plugin_loaded("activity") else ""


def pole_rdf_url(dataset_id: str) -> str:
    """The address of a dataset's RDF; empty where ckanext-dcat is not loaded."""
    return tk.h.url_for("dcat.read_dataset", _id=dataset_id, _format="ttl") if p.plugin_loaded("dcat") else ""


def _here(**changes: list[str] | None) -> str:
    query = {**tk.request.args.to_dict(flat=False), **changes}
    path = urlsplit(tk.h.current_url()).path
    kept = {name: all_ for name, all_ in query.items() if all_}
    return tk.h.url_for(f"{path}?{urlencode(kept, doseq=True)}" if kept else path)
