"""How a question is asked: in both languages, the page's first."""

from __future__ import annotations

import re
from typing import Any

OTHER = {"fr": "en", "en": "fr"}
#: How many words of a question may be missing: none of two, one of three or four, four in ten of five and more.
#: Measured on tests/search (French variants, cross-language, noise): 0.93, 0.76, 0.88; one word of two may be missing:
#: 0.97, 0.79, 0.67; vanilla CKAN 2.12: 0.70, 0.03, 0.83.
MM = "2<-1 4<60%"
#: CKAN's dismax cuts a question at its spaces before any field sees it, so that no phrase would ever be a concept; and
#: CKAN asks for every word (q.op), which leaves `mm` without effect in the fields that see the question whole.
PARSER = "{!edismax q.op=OR}"
_LONE_DASH = re.compile(r"\s[-‐-―]+(?=\s)")


def fields(lang: str) -> str:
    """Solr's `qf`: where the words of a question are looked for, and how much each place counts."""
    other = OTHER[lang]
    family = "family_fr^1.5 " if lang == "fr" else ""
    return f"name^4 title_{lang}^8 text_{lang}^3 title_{other} {family}concepts_title^4 concepts^2"


def ask(params: dict[str, Any], lang: str) -> dict[str, Any]:
    """Complete the parameters of a search, leaving alone what the caller chose.

    Args:
        params: of `package_search`; changed.
        lang: the page's language.
    """
    question = (params.get("q") or "").strip()
    # A question with a colon is Lucene's own syntax, one with {! names a parser, and `defType` is the caller's choice.
    plain = question and question != "*:*" and ":" not in question and "{!" not in question
    if plain and not params.get("qf") and not params.get("defType"):
        params["qf"] = fields(lang)
        params.setdefault("mm", MM)
        # A lone dash between words would read as "without".
        words = _LONE_DASH.sub(" ", question)
        if (params.get("extras") or {}).get("ext_bbox"):
            # ckanext-spatial asks for edismax itself, to rank by overlap; every word counts then.
            params["defType"], params["q"] = "edismax", words
        else:
            # Lucene's parser, which hands the question over to the one that the local parameters name.
            params["defType"], params["q"] = "lucene", PARSER + words
    sort = params.get("sort")
    if isinstance(sort, str):
        params["sort"] = sort.replace("title_string", f"title_sort_{lang}")
    return params
