"""Reading tables of closed data: noted, allowed or not."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import Context, DataDict
from flask import g, has_request_context

from ckanext.pole.access import doors

__all__ = ["datastore_info", "datastore_search"]


@tk.chained_action
@tk.side_effect_free
def datastore_search(next_action: Any, context: Context, data_dict: DataDict) -> Any:
    """As CKAN's; reading rows of closed data is noted."""
    # The columns alone, which pages ask for, are no rows.
    if str(data_dict.get("limit", "")) == "0":
        return next_action(context, data_dict)
    return _noted(next_action, context, data_dict, data_dict.get("resource_id") or data_dict.get("id"))


@tk.chained_action
@tk.side_effect_free
def datastore_info(next_action: Any, context: Context, data_dict: DataDict) -> Any:
    """As CKAN's; a refusal is noted."""
    return _noted(next_action, context, data_dict, data_dict.get("id") or data_dict.get("resource_id"), reading=False)


def _noted(next_action: Any, context: Context, data_dict: DataDict, table: Any, *, reading: bool = True) -> Any:
    asked = dict(data_dict)  # CKAN takes the alias's place
    try:
        result = next_action(context, data_dict)
    except tk.NotAuthorized:
        _note(context, table, "deny")
        raise
    if reading:
        _note(context, (result or {}).get("resource_id") or asked.get("resource_id"), "allow")
    return result


def _note(context: Context, table: Any, outcome: str) -> None:
    """Once a request and table: a dump reads a table in many pieces."""
    if not has_request_context() or not isinstance(table, str) or "\0" in table:
        return
    resource = model.Resource.get(_real(table))
    if resource is None or not doors.is_closed(resource):
        return
    done: set[tuple[str, str]] = g.setdefault("pole_tables_noted", set())
    if (resource.id, outcome) in done:
        return
    done.add((resource.id, outcome))
    user = context.get("user") or ""
    decision = doors.decide(resource, user)
    doors.note("data.read", resource, user, outcome=outcome, code=decision.code, channel="datastore", decision=decision)


def _real(table: str) -> str:
    from ckanext.datastore.backend import DatastoreBackend

    if model.Resource.get(table) is not None:
        return table
    exists, real = DatastoreBackend.get_active_backend().resource_id_from_alias(table)
    return real if exists and real else table
