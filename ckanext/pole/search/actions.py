"""Verbs of the search: a question asked again more loosely, titles and spellings to suggest."""

from __future__ import annotations

import logging
from typing import Any

import ckan.plugins.toolkit as tk
import pysolr
from ckan.common import g
from ckan.lib.search.common import SearchError, SearchQueryError, SolrConnectionError, make_connection
from ckan.types import Action, Context, DataDict
from flask import has_request_context

from ckanext.pole.bilingual.helpers import pole_lang
from ckanext.pole.bilingual.vocabularies import fold
from ckanext.pole.search import away, query, spelling, words
from ckanext.pole.search.answer import Answer

__all__ = ["package_search", "pole_keyword_suggest", "pole_spelling_suggest", "pole_title_suggest"]

log = logging.getLogger(__name__)
#: Titles that a list under the search box shows at most.
TITLES = 8
#: Keywords that are offered at most, and among how many of a language's most used ones they are looked for.
KEYWORDS, USED = 8, 2000


@tk.chained_action
@tk.side_effect_free
def package_search(original: Action, context: Context, data_dict: DataDict) -> dict[str, Any]:
    """CKAN's own search; a question that no dataset answers whole is asked again, for any part of it.

    The answer then says so: `pole_loose` is true, and the page tells the reader.

    Returns:
        CKAN's dict, which becomes JSON quickly.

    Raises:
        SearchError: Solr cannot read the question; what was sent to it, the reader's labels in it, is not told.
        SolrConnectionError: Solr is away; that is no fault of the question.
    """
    found = _searched(original, context, data_dict)
    if found["count"] or data_dict.get("mm") or not query.plain(data_dict):
        return Answer(found)
    found = _searched(original, context, {**data_dict, "mm": query.LOOSE})
    if found["count"]:
        found["pole_loose"] = True
        if has_request_context():
            g.pole_loose = True
    return Answer(found)


def _searched(original: Action, context: Context, data_dict: DataDict) -> dict[str, Any]:
    try:
        return original(context, data_dict)
    except (SearchError, SolrConnectionError) as error:
        away.keep_nothing()
        if not away.is_away(error):
            if isinstance(error, SearchQueryError) or not isinstance(error.__context__, pysolr.SolrError):
                raise  # CKAN says itself what is wrong
            said = tk._("The search cannot read this question. Check its quotes, brackets and colons.")
            raise SearchError(said) from None
        away.note()
        raise SolrConnectionError("Solr is away") from error


@tk.side_effect_free
def pole_title_suggest(context: Context, data_dict: DataDict) -> list[dict[str, str]]:
    """Titles of datasets with words that begin like those typed; only of datasets that the person may see.

    Args:
        context: CKAN's.
        data_dict: `q`, what was typed; `lang`, `fr` or `en` (default: the page's).

    Returns:
        At most eight dicts of `name`, `title` and the title's `lang`.
    """
    tk.check_access("pole_title_suggest", context, data_dict)
    wished = str(data_dict.get("lang") or "")
    lang = wished if wished in words.OTHER else pole_lang()
    typed = [words.fold(token.text) for token in words.tokens(str(data_dict.get("q") or "")[:200])]
    if not typed or len("".join(typed)) < 2:
        return []
    other = words.OTHER[lang]
    clauses = [f"+(title_typed_{lang}:{word}*^2 OR title_typed_{other}:{word}*)" for word in typed if word.isalnum()]
    found = tk.get_action("package_search")(
        {**context, "ignore_auth": False},
        {
            "q": " ".join(clauses),
            "fq": "dataset_type:dataset",
            "fl": ["name", f"title_{lang}", f"title_{other}", "title"],
            "rows": TITLES,
            "facet": "false",
        },
    )["results"]
    return [_titled(item, lang, other) for item in found]


@tk.side_effect_free
def pole_keyword_suggest(context: Context, data_dict: DataDict) -> list[str]:
    """Keywords of a language with a word that begins like what was typed, the most used first.

    They are those of datasets that the person may see: who describes a dataset takes up the words that others use.

    Args:
        context: CKAN's.
        data_dict: `q`, what was typed (two letters at least); `lang`, `fr` or `en` (default: the page's).
    """
    tk.check_access("pole_keyword_suggest", context, data_dict)
    wished = str(data_dict.get("lang") or "")
    field = f"keywords_{wished if wished in words.OTHER else pole_lang()}"
    typed = fold(str(data_dict.get("q") or "")[:100])
    if len(typed) < 2:
        return []
    asked = {"q": "*:*", "fq": "dataset_type:dataset", "rows": 0, "facet.field": [field], "facet.limit": USED}
    used = tk.get_action("package_search")({**context, "ignore_auth": False}, asked)["facets"].get(field, {})
    found = [word for word in used if f" {typed}" in f" {fold(word)}"]
    return sorted(found, key=lambda word: (-used[word], fold(word)))[:KEYWORDS]


@tk.side_effect_free
def pole_spelling_suggest(context: Context, data_dict: DataDict) -> dict[str, str | None]:
    """A question with its misspelt words mended, where that finds something.

    Args:
        context: CKAN's.
        data_dict: `q`, the question.

    Returns:
        `question`: the mended question, or None.
    """
    tk.check_access("pole_spelling_suggest", context, data_dict)
    question = str(data_dict.get("q") or "")[:200]
    asked = spelling.asked(question)
    mended = spelling.mend(question, _near(asked)) if asked else None
    if mended and not _finds(context, mended):
        mended = None
    return {"question": mended}


def _finds(context: Context, question: str) -> bool:
    asked = {"q": question, "rows": 0, "facet": "false", "mm": query.LOOSE}
    return bool(tk.get_action("package_search")({**context}, asked)["count"])


def _titled(item: dict[str, Any], lang: str, other: str) -> dict[str, str]:
    for code in (lang, other):
        if item.get(f"title_{code}"):
            return {"name": item["name"], "title": item[f"title_{code}"], "lang": code}
    return {"name": item["name"], "title": item.get("title") or item["name"], "lang": lang}


def _near(asked: str) -> list[Any]:
    try:
        answer = make_connection().search("*:*", search_handler="spell", **{"spellcheck.q": asked})
    except pysolr.SolrError as error:
        # A Solr without our configset knows no such handler: the page goes on without the suggestion.
        log.warning("Solr suggests no spelling: %s", error)
        return []
    return list((answer.spellcheck or {}).get("suggestions") or [])
