"""Loading tables: xloader reads a file that is elsewhere, or closed, by the gateway, and keeps no key to it."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.lib import jobs
from ckan.types import Context, DataDict
from ckanext.datastore.backend import DatastoreBackend
from ckanext.xloader import db as loader_db
from rq import get_current_job
from sqlalchemy.exc import OperationalError

from ckanext.pole.access import service, vault
from ckanext.pole.access.concealment import behind_door, door

__all__ = ["resource_show", "xloader_hook", "xloader_status", "xloader_submit"]

_LOADER = "ckanext.xloader.jobs.xloader_data_into_datastore"
#: Key of a context in which a job is queued: its address is noted there, and is not to open anything.
_QUEUING = "pole_queuing"


class _Discreet(logging.Filter):
    """Lines without signatures."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = service.without_signature(record.getMessage()), ()
        return True


_DISCREET = _Discreet()


@tk.chained_action
@tk.side_effect_free
def resource_show(next_action: Any, context: Context, data_dict: DataDict) -> Any:
    """As CKAN's; the program that loads tables gets an address that opens for it, for a few minutes.

    It goes wherever an address leads it, our own network too. So it gets none but ours: what is elsewhere is fetched
    by the gateway, with the guarded client. A file of our own is at an address of our own already.
    """
    shown = next_action(context, data_dict)
    job = None if context.get(_QUEUING) else get_current_job()
    if job is None or job.func_name != _LOADER:
        return shown
    address = shown.get("url") or ""
    if behind_door(address) != shown["id"]:
        # With `ignore_auth` it does not load but save: the resource keeps its address.
        if shown.get("url_type") == "upload" or not address or context.get("ignore_auth"):
            return shown
        address = door(vault.site(), shown["id"], address, shown.get("format"))
    # It writes down the address that it fetches: into the job's own log, a table, and into the program's.
    for name in (job.id, "ckanext.xloader.jobs"):
        logging.getLogger(name).addFilter(_DISCREET)
    return {**shown, "url": service.signed(address, shown["id"])}


@tk.chained_action
def xloader_hook(next_action: Any, context: Context, data_dict: DataDict) -> Any:
    """As xloader's; what it keeps of a job has neither the signed address nor its API token."""
    told = data_dict
    if isinstance(data_dict.get("error"), str):
        told = {**data_dict, "error": service.without_signature(data_dict["error"])}
    result = next_action(context, told)
    loader_db.init(tk.config)
    rows = sa.table("jobs", sa.column("api_key"), sa.column("error"))
    with loader_db.ENGINE.begin() as connection:
        # xloader writes its token beside each job and reads it nowhere.
        connection.execute(
            sa.update(rows)
            .where(rows.c.api_key.is_not(None))
            .values(api_key=None, error=sa.func.regexp_replace(rows.c.error, service.SIGNED, r"\1…", "g"))
        )
    return result


def count_anew(resource_id: str) -> None:
    """Forget how many rows a table has, which CKAN 2.12 keeps from the first look to the next write through its API.

    xloader 2.6 writes past that: a table would have the rows of its file before for ever, or none at all if somebody
    looked at it while it was being loaded.

    Args:
        resource_id: whose table has been loaded.
    """
    DatastoreBackend.get_active_backend().clear_table_stats(resource_id)


@tk.chained_action
def xloader_submit(next_action: Any, context: Context, data_dict: DataDict) -> Any:
    """As xloader's; a job that waits already is enough, and one that was lost holds up nothing.

    xloader 2.6 looks for its waiting jobs in a text that CKAN 2.12 does not write, and fails: saving a resource twice
    in a row would be an error. We look at the jobs themselves.
    """
    identity = data_dict.get("resource_id")
    holder: dict[str, Any] = context  # type: ignore[assignment]
    holder[_QUEUING] = True
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


@tk.chained_action
@tk.side_effect_free
def xloader_status(next_action: Any, context: Context, data_dict: DataDict) -> Any:
    """As xloader's; after a restart of PostgreSQL too, when the pool of xloader, which never looks, holds dead ends."""
    if loader_db.ENGINE is not None:
        # One that fails leaves the pool, and with it all that are older than the failure.
        with suppress(OperationalError), loader_db.ENGINE.connect() as connection:
            connection.execute(sa.text("SELECT 1"))
    return next_action(context, data_dict)


def _is_queued(resource_id: str) -> bool:
    for job in jobs.get_queue().get_jobs():
        given = job.args[0] if job.func_name == _LOADER and job.args else {}
        if isinstance(given, dict) and given.get("metadata", {}).get("resource_id") == resource_id:
            return True
    return False
