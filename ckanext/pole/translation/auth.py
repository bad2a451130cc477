"""Who may see what is left to translate, and who may translate it."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan import authz
from ckan.types import AuthResult, Context

__all__ = ["pole_translation_confirm", "pole_translation_report"]


def pole_translation_report(context: Context, data_dict: dict[str, Any]) -> AuthResult:
    """Those who may edit the organisation's datasets: it names private ones too."""
    allowed = authz.has_user_permission_for_group_or_org(
        str(tk.get_or_bust(data_dict, "id")), str(context.get("user") or ""), "update_dataset"
    )
    return {"success": True} if allowed else {"success": False, "msg": tk._("Only its editors see this report")}


def pole_translation_confirm(context: Context, data_dict: dict[str, Any]) -> AuthResult:
    """Those who may edit the dataset."""
    tk.check_access("package_update", context, {"id": str(tk.get_or_bust(data_dict, "id"))})
    return {"success": True}
