"""Who may see whether somebody has a second factor, and who may take it off."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan import authz, model
from ckan.types import AuthResult, Context

__all__ = ["pole_second_factor_remove", "pole_second_factor_show"]


def pole_second_factor_show(context: Context, data_dict: dict[str, Any]) -> AuthResult:
    """The person herself, and who runs the portal."""
    asking = str(context.get("user") or "")
    user = model.User.get(str(data_dict.get("id") or asking)) if asking else None
    if user is not None and (user.name == asking or authz.is_sysadmin(asking)):
        return {"success": True}
    return {"success": False, "msg": tk._("This is for the person herself, and for who runs the portal")}


@tk.auth_sysadmins_check
def pole_second_factor_remove(context: Context, data_dict: dict[str, Any]) -> AuthResult:
    """Who runs the portal, of others; oneself gives a code on one's page, or whoever holds a token could do without."""
    asking = str(context.get("user") or "")
    user = model.User.get(str(data_dict.get("id") or ""))
    if asking and authz.is_sysadmin(asking) and user is not None and user.name != asking:
        return {"success": True}
    return {"success": False, "msg": tk._("Only another person who runs the portal may take it off")}
