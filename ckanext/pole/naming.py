"""What things are called here: the site in either language, CKAN's organisations where they are partners."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from flask import g

from ckanext.pole import settings
from ckanext.pole.bilingual.helpers import pole_lang

__all__ = ["humanize_entity_type"]

#: Purposes for which CKAN says just "Organizations". What it says of groups is renamed in the catalogues (`renamed` in
#: i18n/upstream.json); this is not, for partners are organisations elsewhere.
_PLURAL = ("breadcrumb", "content tab", "facet label", "main nav", "page title")


def of_the_site() -> None:
    """Before each request: the templates' `g.site_title` in the language of the page."""
    title = settings.site_title_en()
    if title and pole_lang() == "en":
        g.site_title = title


@tk.chained_helper
def humanize_entity_type(next_helper: Any, entity_type: str, object_type: str, purpose: str) -> str | None:
    """CKAN's own word, unless the house has another one.

    Args:
        next_helper: CKAN's.
        entity_type: `group`, `organization`, `package` or `activity`.
        object_type: the type of that; the same where the site has no type of its own.
        purpose: where the word is to stand.
    """
    if entity_type == object_type == "organization" and purpose in _PLURAL:
        return tk._("Partners")
    return next_helper(entity_type, object_type, purpose)
