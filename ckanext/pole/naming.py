"""What things are called here: the site in either language, CKAN's groups and organisations in words of the house."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from flask import g

from ckanext.pole import settings
from ckanext.pole.bilingual.helpers import pole_lang
from ckanext.pole.bilingual.said import N_, said

__all__ = ["humanize_entity_type"]

#: Purposes for which CKAN says just "Groups" or "Organizations".
_PLURAL = ("breadcrumb", "content tab", "facet label", "main nav", "page title")
#: CKAN's purposes → what a page says of a theme, where CKAN speaks of a group.
_OF_A_THEME = {
    "add association link": N_("Add to this theme"),
    "add link": N_("Add a theme"),
    "create label": N_("Create the theme"),
    "create title": N_("Create a theme"),
    "delete confirmation": N_("Do you really want to delete this theme?"),
    "description placeholder": N_("A few words about the theme…"),
    "edit label": N_("Edit the theme"),
    "form label": N_("The theme"),
    "my label": N_("My themes"),
    "name placeholder": N_("My theme"),
    "no any objects": N_("There is no theme yet."),
    "no associated label": N_("This dataset belongs to no theme."),
    "no description": N_("This theme has no description"),
    "save label": N_("Save the theme"),
    "search placeholder": N_("Name of a theme"),
    "update label": N_("Update the theme"),
    "user not member": N_("This person is a member of no theme."),
    "you not member": N_("You are a member of no theme."),
}


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
    if entity_type == object_type and purpose in _PLURAL:
        if entity_type == "group":
            return tk._("Themes")
        if entity_type == "organization":
            return tk._("Partners")
    if entity_type == object_type == "group" and purpose in _OF_A_THEME:
        return said(_OF_A_THEME, purpose)
    return next_helper(entity_type, object_type, purpose)
