"""Who may ask for suggestions: whoever may search; each sees what he may see."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
from ckan.types import AuthResult, Context, DataDict

__all__ = ["pole_keyword_suggest", "pole_spelling_suggest", "pole_title_suggest"]


@tk.auth_allow_anonymous_access
def pole_keyword_suggest(context: Context, data_dict: DataDict | None) -> AuthResult:
    """As CKAN's search."""
    return {"success": True}


@tk.auth_allow_anonymous_access
def pole_title_suggest(context: Context, data_dict: DataDict | None) -> AuthResult:
    """As CKAN's search."""
    return {"success": True}


@tk.auth_allow_anonymous_access
def pole_spelling_suggest(context: Context, data_dict: DataDict | None) -> AuthResult:
    """As CKAN's search."""
    return {"success": True}
