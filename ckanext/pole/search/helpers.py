"""Template helpers of the page of results; they say nothing where the `pole_search` plugin is not loaded."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckan.common import g
from markupsafe import Markup, escape

from ckanext.pole.bilingual.helpers import pole_lang
from ckanext.pole.search import marks

__all__ = [
    "pole_area",
    "pole_asked",
    "pole_excerpt",
    "pole_loose",
    "pole_marked",
    "pole_respelled",
    "pole_suggest_url",
]


def pole_marked(text: str | None, lang: str, question: str | None = None) -> Markup:
    """A text, escaped, with the words that answer the question in `<mark>`.

    Args:
        text: plain text.
        lang: its language.
        question: the page's question by default.
    """
    question = _question() if question is None else question
    if not text or not question:
        return escape(text or "")
    found = marks.pieces(text, lang[:2], marks.wanted(question, pole_lang()))
    return Markup("").join(
        Markup("<mark>{}</mark>").format(piece.text) if piece.marked else escape(piece.text) for piece in found
    )


def pole_excerpt(text: str | None, lang: str, length: int = 180) -> Markup:
    """A short piece of a text in Markdown, where it answers the page's question, with the words that do marked."""
    question = _question()
    plain = _plain(text or "")
    if not question:
        return escape(marks.cut(plain, length))
    return pole_marked(marks.excerpt(plain, lang[:2], marks.wanted(question, pole_lang()), length), lang, question)


def pole_loose() -> bool:
    """Whether no dataset answered the whole question of this page."""
    return bool(getattr(g, "pole_loose", False))


def pole_respelled(question: str | None) -> str | None:
    """The question as it may have been meant."""
    if not question or not p.plugin_loaded("pole_search"):
        return None
    return tk.get_action("pole_spelling_suggest")({}, {"q": question})["question"]


def pole_suggest_url(what: str = "title") -> str:
    """The address that suggests titles, or keywords (`keyword`); empty where there is none."""
    if not p.plugin_loaded("pole_search"):
        return ""
    return tk.h.url_for("api.action", ver=3, logic_function=f"pole_{what}_suggest", locale="default")


def pole_area() -> dict[str, str] | None:
    """The area of the map that the page's search is limited to; None where there is no search by map.

    Returns:
        `bbox`: west, south, east, north in degrees, empty where no area is chosen.
    """
    return {"bbox": tk.request.args.get("ext_bbox", "")} if p.plugin_loaded("spatial_query") else None


def pole_asked(without: Collection[str] = ("page",)) -> list[tuple[str, str]]:
    """The page's own parameters, for a form that changes one of them and keeps the others."""
    return [(name, value) for name, value in tk.request.args.items(multi=True) if name not in without and value]


@lru_cache(maxsize=512)
def _plain(text: str) -> str:
    """A text without its Markdown, which takes most of a card's time: kept for the texts that are shown again."""
    return str(tk.h.markdown_extract(text, extract_length=0))


def _question() -> str:
    return (tk.request.args.get("q") or "").strip()[:300] if tk.request else ""
