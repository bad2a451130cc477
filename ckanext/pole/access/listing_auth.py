"""Rights that CKAN and ckanext-harvest give to everybody, and that tell of closed data (ACCESS.md C)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import AuthResult, Context, DataDict

__all__ = ["task_status_show"]

_HARVEST = ("harvest_object_list", "harvest_object_show")


def _editor(context: Context, kind: str, identity: str) -> AuthResult:
    try:
        tk.check_access(kind, {"user": context.get("user") or ""}, {"id": identity})
    except (tk.NotAuthorized, tk.ObjectNotFound):
        return {"success": False, "msg": tk._("Only those who edit the data see this")}
    return {"success": True}


@tk.chained_auth_function
@tk.auth_allow_anonymous_access
def task_status_show(next_auth: Any, context: Context, data_dict: DataDict | None = None) -> AuthResult:
    """The messages of a loader quote addresses: they are for those who edit the resource."""
    asked = data_dict or {}
    task = model.TaskStatus.get(asked["id"]) if asked.get("id") else None
    identity = task.entity_id if task is not None else asked.get("entity_id")
    if not identity or not isinstance(identity, str):
        return {"success": False, "msg": tk._("Only those who edit the data see this")}
    return _editor(context, "resource_update", identity)


def _harvested(name: str) -> Callable[..., Any]:
    def chained(next_auth: Any, context: Context, data_dict: DataDict | None = None) -> AuthResult:
        """What a source gave, as it came: for those who edit the source."""
        from ckanext.harvest.model import HarvestObject

        found = model.Session.get(HarvestObject, str((data_dict or {}).get("id") or ""))
        source = str(found.harvest_source_id if found is not None else (data_dict or {}).get("source_id") or "")
        return _editor(context, "package_update", source)

    chained.__name__ = name
    return tk.chained_auth_function(tk.auth_allow_anonymous_access(chained))


def of_plugins() -> dict[str, Callable[..., Any]]:
    """The chained rights of the plugins that this site has."""
    return {name: _harvested(name) for name in _HARVEST} if p.plugin_loaded("harvest") else {}
