"""Who may ask the directories: anybody; what they get is decided a directory at a time."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
from ckan.types import AuthResult, Context, DataDict

__all__ = ["pole_directory_counts", "pole_directory_entry_show", "pole_directory_search"]


@tk.auth_allow_anonymous_access
def pole_directory_search(context: Context, data_dict: DataDict | None = None) -> AuthResult:
    """Anybody: a directory that is closed to the caller is left out of the answer."""
    return {"success": True}


@tk.auth_allow_anonymous_access
def pole_directory_counts(context: Context, data_dict: DataDict | None = None) -> AuthResult:
    """Anybody: a summary that is closed to the caller is left out of the answer."""
    return {"success": True}


@tk.auth_allow_anonymous_access
def pole_directory_entry_show(context: Context, data_dict: DataDict | None = None) -> AuthResult:
    """Whoever may read the table that the entry comes from."""
    resource_id = (data_dict or {}).get("resource_id") or ""
    try:
        tk.check_access("resource_show", {"user": context.get("user") or ""}, {"id": resource_id})
    except (tk.NotAuthorized, tk.ObjectNotFound) as error:
        return {"success": False, "msg": getattr(error, "message", None) or tk._("This directory is not open to you")}
    return {"success": True}
