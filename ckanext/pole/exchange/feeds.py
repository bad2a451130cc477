"""Feeds in the language of their address: `/feeds/dataset.atom` in French, `/en/feeds/dataset.atom` in English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.views.feed import CKANFeed

from ckanext.pole.bilingual import values
from ckanext.pole.bilingual.helpers import pole_lang, pole_show

#: Keyword of `add_item` under which an entry's texts travel; feedgen knows nothing of it.
TEXTS = "pole_texts"


class PoleFeed(CKANFeed):
    """CKAN's feed; it says its language, and each entry shows the text that a page would, with its real language."""

    def __init__(self, *given: Any, **named: Any) -> None:
        named["language"] = pole_lang()
        super().__init__(*given, **named)

    def add_item(self, **item: Any) -> None:
        """Add an entry; a text in the other language says so, as on a page."""
        shown: dict[str, values.Shown] = item.pop(TEXTS, {})
        for field, text in shown.items():
            if text.text:
                item[field] = text.text + _note(text) if field == "title" else text.text
        super().add_item(**item)


def texts(dataset: Mapping[str, Any]) -> dict[str, Any]:
    """What an entry needs besides CKAN's fields: title and description as the page's language shows them."""
    return {TEXTS: {"title": pole_show(dataset, "title"), "description": pole_show(dataset, "notes")}}


def _note(shown: values.Shown) -> str:
    if shown.machine:
        return f" ({tk._('machine translation')})"
    if shown.fallback:
        return f" ({tk._('in French only') if shown.lang == 'fr' else tk._('in English only')})"
    return ""
