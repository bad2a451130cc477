"""Reading tables of closed data: noted, allowed or not; and loading them through the gateway."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.lib import jobs
from ckan.types import Context, DataDict
from flask import g, has_request_context
from rq import get_current_job

from ckanext.pole.access import doors, service
from ckanext.pole.access.concealment import behind_door

__all__ = ["datastore_info", "datastore_search", "resource_show", "xloader_submit"]

_LOADER = "ckanext.xloader.jobs.xloader_data_into_datastore"


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


@tk.chained_action
@tk.side_effect_free
def resource_show(next_action: Any, context: Context, data_dict: DataDict) -> Any:
    """As CKAN's; the program that loads tables gets an address that opens for it, for a few minutes."""
    shown = next_action(context, data_dict)
    job = get_current_job()
    if job is not None and job.func_name == _LOADER and behind_door(shown.get("url") or "") == shown["id"]:
        shown = {**shown, "url": service.signed(shown["url"], shown["id"])}
    return shown


@tk.chained_action
def xloader_submit(next_action: Any, context: Context, data_dict: DataDict) -> Any:
    """As xloader's; a job that waits already is enough, and one that was lost holds up nothing.

    xloader 2.6 looks for its waiting jobs in a text that CKAN 2.12 does not write, and fails: saving a resource twice
    in a row would be an error. We look at the jobs themselves.
    """
    identity = data_dict.get("resource_id")
    tasks = sa.table("task_status", sa.column("entity_id"), sa.column("task_type"), sa.column("state"))
    waiting = [tasks.c.entity_id == str(identity), tasks.c.task_type == "xloader", tasks.c.state == "pending"]
    # xloader writes its task on a connection of its own as well: in ours it would wait for itself.
    with model.ensure_engine().begin() as connection:
        if connection.execute(sa.select(sa.literal(1)).select_from(tasks).where(*waiting)).first() is None:
            return next_action(context, data_dict)
        if _is_queued(str(identity)):
            tk.check_access("xloader_submit", context, data_dict)
            return False
        connection.execute(sa.update(tasks).where(*waiting).values(state="lost"))
    for known in list(model.Session.identity_map.values()):
        if isinstance(known, model.TaskStatus):
            model.Session.expire(known)
    return next_action(context, data_dict)


def _is_queued(resource_id: str) -> bool:
    for job in jobs.get_queue().get_jobs():
        given = job.args[0] if job.func_name == _LOADER and job.args else {}
        if isinstance(given, dict) and given.get("metadata", {}).get("resource_id") == resource_id:
            return True
    return False
