"""What things are called here: the site in either language, CKAN's groups and organisations in words of the house."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from flask import g

from ckanext.pole import settings
from ckanext.pole.bilingual.helpers import pole_lang

__all__ = ["humanize_entity_type"]

#: Purposes for which CKAN says just "Groups" or "Organizations".
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
    if entity_type == object_type and purpose in _PLURAL:
        if entity_type == "group":
            return tk._("Themes")
        if entity_type == "organization":
            return tk._("Partners")
    if entity_type == object_type == "group" and (said := _of_a_theme(purpose)):
        return said
    return next_helper(entity_type, object_type, purpose)


def _of_a_theme(purpose: str) -> str | None:
    return {
        "add association link": tk._("Add to this theme"),
        "add link": tk._("Add a theme"),
        "create label": tk._("Create the theme"),
        "create title": tk._("Create a theme"),
        "delete confirmation": tk._("Do you really want to delete this theme?"),
        "description placeholder": tk._("A few words about the theme…"),
        "edit label": tk._("Edit the theme"),
        "form label": tk._("The theme"),
        "my label": tk._("My themes"),
        "name placeholder": tk._("My theme"),
        "no any objects": tk._("There is no theme yet."),
        "no associated label": tk._("This dataset belongs to no theme."),
        "no description": tk._("This theme has no description"),
        "save label": tk._("Save the theme"),
        "search placeholder": tk._("Name of a theme"),
        "update label": tk._("Update the theme"),
        "user not member": tk._("This person is a member of no theme."),
        "you not member": tk._("You are a member of no theme."),
    }.get(purpose)
