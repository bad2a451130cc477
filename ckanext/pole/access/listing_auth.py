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
    except (tk.NotAuthorized, tk.ObjectNotFound, tk.ValidationError):  # the last: nothing is named
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
        return _editor(context, "package_update", _source(data_dict or {}))

    chained.__name__ = name
    return tk.chained_auth_function(tk.auth_allow_anonymous_access(chained))


def _source(asked: DataDict) -> str:
    """The source that is asked about: by its id, a record's, or that of the dataset which a record became."""
    from ckanext.harvest.model import HarvestObject

    named = {name: str(asked[name]) for name in ("id", "dataset_id", "source_id") if asked.get(name)}
    if "id" in named:
        record = model.Session.get(HarvestObject, named["id"])
    elif "dataset_id" in named:
        records = model.Session.query(HarvestObject).filter_by(package_id=named["dataset_id"], current=True)
        record = records.first()
    else:
        return named.get("source_id", "")
    return str(record.harvest_source_id) if record is not None else named.get("source_id", "")


def of_plugins() -> dict[str, Callable[..., Any]]:
    """The chained rights of the plugins that this site has."""
    return {name: _harvested(name) for name in _HARVEST} if p.plugin_loaded("harvest") else {}
