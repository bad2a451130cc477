"""Verbs of the harvest slice that decide: retry, approve or refuse deletions, stop and resume."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.types import Context
from ckanext.harvest import queue
from ckanext.harvest.logic import HarvestJobExists
from ckanext.harvest.model import HarvestJob

from ckanext.pole.harvest import asked, datasets, held, indexing, objects, runs
from ckanext.pole.harvest.model import deletion, now, quarantine, run

__all__ = [
    "pole_harvest_held_deletion_decide",
    "pole_harvest_quarantine_retry",
    "pole_harvest_run_resume",
    "pole_harvest_run_stop",
]


def pole_harvest_quarantine_retry(context: Context, data_dict: dict[str, Any]) -> dict[str, Any]:
    """Try records of quarantine again: a run starts, in which they count as new ones.

    Args:
        context: CKAN's.
        data_dict: `source_id`; `id` of one row, or all of the source's.

    Returns:
        How many are tried again, and the job that does it (None if one is at work: the next one will).
    """
    source = asked.the_source(data_dict)
    tk.check_access("pole_harvest_quarantine_retry", context, {"source_id": source.id})
    wanted = sa.update(quarantine).where(quarantine.c.source_id == source.id).values(digest="")
    if data_dict.get("id"):
        wanted = wanted.where(quarantine.c.id == data_dict["id"])
    number = len(model.Session.execute(wanted.returning(quarantine.c.id)).all())
    if data_dict.get("id") and not number:
        raise tk.ObjectNotFound(tk._("This record is not in quarantine"))
    model.Session.commit()
    job = None
    if number:
        with suppress(HarvestJobExists):
            job = tk.get_action("harvest_job_create")(_as_site(context), {"source_id": source.id, "run": True})["id"]
    return {"retried": number, "job_id": job}


def pole_harvest_held_deletion_decide(context: Context, data_dict: dict[str, Any]) -> dict[str, Any]:
    """Delete what is gone at its source, or keep it.

    Args:
        context: CKAN's.
        data_dict: `source_id`; `ids` (or `id`) of held deletions; `decision`: `approve` or `refuse`.

    Returns:
        How many were `approved` and `refused`; one that was decided meanwhile counts in neither.
    """
    source = asked.the_source(data_dict)
    tk.check_access("pole_harvest_held_deletion_decide", context, {"source_id": source.id})
    decision = data_dict.get("decision")
    if decision not in ("approve", "refuse"):
        raise tk.ValidationError({"decision": [tk._("Approve or refuse")]})
    ids = data_dict.get("ids") or [data_dict.get("id")]
    ids = [ids] if isinstance(ids, str) else [str(id_) for id_ in ids if id_]
    if not ids:
        raise tk.ValidationError({"ids": [tk._("Choose at least one record")]})
    user = model.User.get(context.get("user"))
    rows = [
        held.decide(id_, held.APPROVED if decision == "approve" else held.REFUSED, user.id if user else "")
        for id_ in ids
        if _belongs(id_, source.id)
    ]
    decided = [row for row in rows if row is not None]
    if decision == "approve":
        _delete(decided)
    model.Session.commit()
    if decision == "approve":
        indexing.done([row.package_id for row in decided])
    return {"approved": len(decided) * (decision == "approve"), "refused": len(decided) * (decision == "refuse")}


def pole_harvest_run_stop(context: Context, data_dict: dict[str, Any]) -> dict[str, Any]:
    """Stop a run after the page or the batch in hand; what it planned waits.

    Args:
        context: CKAN's.
        data_dict: `id` of the run, or `source_id` for its last one.
    """
    row = asked.the_run(data_dict)
    tk.check_access("pole_harvest_run_stop", context, {"source_id": row.source_id})
    if row.state in runs.OVER:
        raise tk.ValidationError({"state": [tk._("This run is over")]})
    values: dict[str, Any] = {"stop_asked": True}
    if row.state == runs.WRITING:
        values["state"] = runs.STOPPED
    model.Session.execute(sa.update(run).where(run.c.id == row.id).values(**values))
    model.Session.commit()
    return asked.shown_run(runs.get(row.id))


def pole_harvest_run_resume(context: Context, data_dict: dict[str, Any]) -> dict[str, Any]:
    """Go on with a run that was stopped: it reads its source to the end, and writes what it planned.

    Args:
        context: CKAN's.
        data_dict: `id` of the run, or `source_id` for its last one.
    """
    row = asked.the_run(data_dict)
    tk.check_access("pole_harvest_run_resume", context, {"source_id": row.source_id})
    if row.state != runs.STOPPED and not row.stop_asked:
        raise tk.ValidationError({"state": [tk._("This run is not stopped")]})
    job: Any = model.Session.get(HarvestJob, row.id)
    if job is None or job.status == "Finished":
        raise tk.ValidationError({"state": [tk._("This run is over")]})
    state = runs.WRITING if row.read_until else runs.READING
    model.Session.execute(sa.update(run).where(run.c.id == row.id).values(stop_asked=False, state=state))
    model.Session.commit()
    if state == runs.READING:
        publisher: Any = queue.get_gather_publisher()
        publisher.send({"harvest_job_id": row.id})
    return asked.shown_run(runs.get(row.id))


def _delete(rows: list[Any]) -> None:
    """Delete the datasets of approved deletions, uncommitted."""
    for row in rows:
        found = datasets.remove(row.package_id)
        objects.retire(row.source_id, [row.guid])
        if found is not None:
            runs.add_changes(
                [
                    {
                        "run_id": row.run_id, "source_id": row.source_id, "guid": row.guid,
                        "package_id": row.package_id, "action": "delete", "title": str(found["title"] or ""),
                        "fields": {}, "kept": [], "at": now(),
                    }
                ]
            )  # fmt: skip
            runs.count(row.run_id, deleted=1)
    indexing.note([row.package_id for row in rows])


def _belongs(row_id: str, source_id: str) -> bool:
    found = model.Session.execute(sa.select(deletion.c.source_id).where(deletion.c.id == row_id)).scalar()
    return found == source_id


def _as_site(context: Context) -> Context:
    return {"ignore_auth": True, "user": context.get("user", ""), "model": model, "session": model.Session}  # type: ignore[return-value,typeddict-item]
