"""Who may look at a harvest and steer it: whoever may edit its source in ckanext-harvest."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import AuthResult, Context

__all__ = [
    "pole_harvest_held_deletion_decide",
    "pole_harvest_held_deletions_list",
    "pole_harvest_preview",
    "pole_harvest_quarantine_list",
    "pole_harvest_quarantine_retry",
    "pole_harvest_rehearse",
    "pole_harvest_report",
    "pole_harvest_run_list",
    "pole_harvest_run_resume",
    "pole_harvest_run_stop",
]


def _may_edit_source(context: Context, data_dict: dict[str, Any]) -> AuthResult:
    """By the source's id in `source_id`; without one (a source that is not saved yet), who may create one."""
    if data_dict.get("source_id"):
        tk.check_access("harvest_source_update", context, {"id": data_dict["source_id"]})
    else:
        tk.check_access("harvest_source_create", context, {"owner_org": data_dict.get("owner_org")})
    return {"success": True}


pole_harvest_preview = _may_edit_source
pole_harvest_rehearse = _may_edit_source
pole_harvest_report = _may_edit_source
pole_harvest_run_list = _may_edit_source
pole_harvest_quarantine_list = _may_edit_source
pole_harvest_quarantine_retry = _may_edit_source
pole_harvest_held_deletions_list = _may_edit_source
pole_harvest_held_deletion_decide = _may_edit_source
pole_harvest_run_stop = _may_edit_source
pole_harvest_run_resume = _may_edit_source
