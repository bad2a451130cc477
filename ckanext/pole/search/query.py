"""How a question is asked: in both languages, the page's first."""

from __future__ import annotations

from typing import Any

OTHER = {"fr": "en", "en": "fr"}


def fields(lang: str) -> str:
    """Solr's `qf`: where the words of a question are looked for, and how much each place counts."""
    other = OTHER[lang]
    return (
        f"name^4 title_{lang}^8 title_{other}^5 text_{lang}^2 text_{other} "
        f"keywords_{lang}^4 keywords_{other}^3 title^2 text"
    )


def ask(params: dict[str, Any], lang: str) -> dict[str, Any]:
    """Complete the parameters of a search, leaving alone what the caller chose.

    Args:
        params: of `package_search`; changed.
        lang: the page's language.
    """
    question = (params.get("q") or "").strip()
    if question and question != "*:*" and not params.get("qf"):
        params["qf"] = fields(lang)
    sort = params.get("sort")
    if isinstance(sort, str):
        params["sort"] = sort.replace("title_string", f"title_sort_{lang}")
    return params
