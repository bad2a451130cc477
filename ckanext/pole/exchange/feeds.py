"""Feeds in the language of their address: `/feeds/dataset.atom` in French, `/en/feeds/dataset.atom` in English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.views.feed import CKANFeed

from ckanext.pole.bilingual import values
from ckanext.pole.bilingual.helpers import pole_lang, pole_show

#: Keyword of `add_item` under which what is ours of an entry travels; feedgen knows nothing of it.
ENTRY = "pole_entry"


class PoleFeed(CKANFeed):
    """CKAN's feed; it says its language, and each entry shows the text that a page would, with its real language."""

    def __init__(self, feed_title: str, feed_link: str, feed_description: str, **named: Any) -> None:
        """CKAN's arguments; what it says of a feed in English is said in the page's language."""
        title = " – ".join(filter(None, (tk.g.site_title, _subject())))
        described = tk._("New and updated datasets: {subject}").format(subject=title)
        super().__init__(title, feed_link, described, **{**named, "language": pole_lang()})

    def add_item(self, **item: Any) -> None:
        """Add an entry: it leads to the page of its dataset, and a text in the other language says so, as there."""
        entry: dict[str, Any] = item.pop(ENTRY)
        item["link"] = entry["page"]
        for field in ("title", "description"):
            text: values.Shown = entry[field]
            if text.text:
                item[field] = text.text + _note(text) if field == "title" else text.text
        super().add_item(**item)


def entry(dataset: Mapping[str, Any]) -> dict[str, Any]:
    """What an entry needs besides CKAN's fields: its texts in the page's language, and its page."""
    page = tk.h.url_for("dataset.read", id=dataset["name"], qualified=True)
    shown = {"title": pole_show(dataset, "title"), "description": pole_show(dataset, "notes"), "page": page}
    return {ENTRY: shown}


def _subject() -> str:
    """What the feed is about: a partner, a theme, a keyword, a question; empty if it is about everything."""
    _, _, kind = (tk.request.endpoint or "").partition(".")
    about = (tk.request.view_args or {}).get("id", "")
    if kind in ("group", "organization"):
        return pole_show(tk.get_action(f"{kind}_show")({}, {"id": about, "include_users": False}), "title").text
    if kind == "tag":
        return str(about)
    return tk.request.args.get("q", "") if kind == "custom" else ""


def _note(shown: values.Shown) -> str:
    if shown.machine:
        return f" ({tk._('machine translation')})"
    if shown.fallback:
        return f" ({tk._('in French only') if shown.lang == 'fr' else tk._('in English only')})"
    return ""
