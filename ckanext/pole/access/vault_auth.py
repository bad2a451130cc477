"""Who may see where closed data really are: those who may edit them."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
from ckan.types import AuthResult, Context, DataDict

__all__ = ["pole_location_show", "pole_location_update"]


def pole_location_show(context: Context, data_dict: DataDict) -> AuthResult:
    """The dataset's editors."""
    return _editors(context, data_dict)


def pole_location_update(context: Context, data_dict: DataDict) -> AuthResult:
    """The dataset's editors."""
    return _editors(context, data_dict)


def _editors(context: Context, data_dict: DataDict) -> AuthResult:
    try:
        tk.check_access("resource_update", {"user": context.get("user", "")}, {"id": data_dict["id"]})
    except (tk.NotAuthorized, tk.ObjectNotFound):
        return {"success": False, "msg": tk._("Only those who edit the dataset see where its data are")}
    return {"success": True}
