"""Verbs of the harvest slice: preview, report, quarantine, held deletions, stop and resume."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.types import Context
from ckanext.harvest import queue
from ckanext.harvest.logic import HarvestJobExists
from ckanext.harvest.model import HarvestJob, HarvestObject, HarvestSource

from ckanext.pole.harvest import datasets, held, indexing, objects, previewing, reasons, recovery, rehearsing, runs
from ckanext.pole.harvest.model import change, deletion, now, quarantine, run
from ckanext.pole.harvest.source import Source

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

MOST = 1000


@tk.side_effect_free
def pole_harvest_preview(context: Context, data_dict: dict[str, Any]) -> dict[str, Any]:
    """The first records of a source, mapped beside the raw ones; nothing is written.

    Args:
        context: CKAN's.
        data_dict: `source_id`, or `url`, `source_type`, `config` (JSON) and `owner_org` of one that is not saved yet;
            `limit`, 20 if absent.

    Returns:
        As `previewing.preview`.
    """
    tk.check_access("pole_harvest_preview", context, data_dict)
    if data_dict.get("source_id"):
        row = _source(data_dict)
        source, kind = Source.of(row), row.type
    else:
        url, kind = tk.get_or_bust(data_dict, ["url", "source_type"])
        source = Source("", str(url).strip().rstrip("/"), str(data_dict.get("owner_org") or ""), {})
    harvester: Any = queue.get_harvester(kind)
    if not recovery.is_ours(harvester):
        raise tk.ValidationError({"source_type": [tk._("This kind of source has no preview")]})
    if not data_dict.get("source_id"):
        try:
            config = json.loads(harvester.validate_config(data_dict.get("config") or ""))
        except ValueError as error:
            raise tk.ValidationError({"config": [str(error)]}) from None
        source = Source("", source.url, source.owner_org, config)
    return previewing.preview(harvester, source, _number(data_dict, "limit", previewing.FIRST, 100))


@tk.side_effect_free
def pole_harvest_rehearse(context: Context, data_dict: dict[str, Any]) -> dict[str, Any]:
    """What a run of a source would do, all of it, without doing any: the source is read to its end.

    Args:
        context: CKAN's; `progress` in it is told of each page.
        data_dict: `source_id`; `limit` (100) of the datasets told one by one.

    Returns:
        As `rehearsing.rehearse`.
    """
    row = _source(data_dict)
    tk.check_access("pole_harvest_rehearse", context, {"source_id": row.id})
    harvester: Any = queue.get_harvester(row.type)
    if not recovery.is_ours(harvester):
        raise tk.ValidationError({"source_type": [tk._("This kind of source has no preview")]})
    limit = _number(data_dict, "limit", rehearsing.MOST)
    return rehearsing.rehearse(harvester, Source.of(row), limit, context.get("progress"))  # type: ignore[arg-type]


@tk.side_effect_free
def pole_harvest_run_list(context: Context, data_dict: dict[str, Any]) -> list[dict[str, Any]]:
    """The runs of a source, the last one first.

    Args:
        context: CKAN's.
        data_dict: `source_id`; `limit`, 20 if absent.
    """
    source = _source(data_dict)
    tk.check_access("pole_harvest_run_list", context, {"source_id": source.id})
    rows = model.Session.execute(
        sa.select(run)
        .where(run.c.source_id == source.id)
        .order_by(run.c.started.desc())
        .limit(_number(data_dict, "limit", 20))
    )
    return [_run(row) for row in rows]


@tk.side_effect_free
def pole_harvest_report(context: Context, data_dict: dict[str, Any]) -> dict[str, Any]:
    """A run and what it changed, field by field.

    Args:
        context: CKAN's.
        data_dict: `id` of the run (that of ckanext-harvest's job), or `source_id` for its last one; `limit` (100) and
            `offset` of the changes.

    Returns:
        The run, with `changes` (dataset, action, old and new value by field, fields kept because a person changed
        them here), `changes_total`, `remaining` seconds as far as can be told.
    """
    row = _asked_run(data_dict)
    tk.check_access("pole_harvest_report", context, {"source_id": row.source_id})
    total = model.Session.execute(sa.select(sa.func.count()).where(change.c.run_id == row.id)).scalar()
    found = model.Session.execute(
        sa.select(change)
        .where(change.c.run_id == row.id)
        .order_by(change.c.id)
        .limit(_number(data_dict, "limit", 100))
        .offset(_number(data_dict, "offset", 0, 10**9, least=0))
    )
    return {**_run(row), "changes": [_plain(item) for item in found], "changes_total": total}


@tk.side_effect_free
def pole_harvest_quarantine_list(context: Context, data_dict: dict[str, Any]) -> list[dict[str, Any]]:
    """Records of a source that could not be used, with the reason of each.

    Args:
        context: CKAN's.
        data_dict: `source_id`; `limit` (100), `offset`.
    """
    source = _source(data_dict)
    tk.check_access("pole_harvest_quarantine_list", context, {"source_id": source.id})
    columns = [column for column in quarantine.c if column.name not in ("content", "digest")]
    rows = model.Session.execute(
        sa.select(*columns)
        .where(quarantine.c.source_id == source.id)
        .order_by(quarantine.c.last_seen.desc(), quarantine.c.guid)
        .limit(_number(data_dict, "limit", 100))
        .offset(_number(data_dict, "offset", 0, 10**9, least=0))
    )
    return [{**_plain(row), "sentence": reasons.sentence(row.reason)} for row in rows]


def pole_harvest_quarantine_retry(context: Context, data_dict: dict[str, Any]) -> dict[str, Any]:
    """Try records of quarantine again: a run starts, in which they count as new ones.

    Args:
        context: CKAN's.
        data_dict: `source_id`; `id` of one row, or all of the source's.

    Returns:
        How many are tried again, and the job that does it (None if one is at work: the next one will).
    """
    source = _source(data_dict)
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


@tk.side_effect_free
def pole_harvest_held_deletions_list(context: Context, data_dict: dict[str, Any]) -> list[dict[str, Any]]:
    """Records gone at their source that are kept until a person decides.

    Args:
        context: CKAN's.
        data_dict: `source_id`; `state` (`held`; "" for those that were decided too); `limit` (100), `offset`.
    """
    source = _source(data_dict)
    tk.check_access("pole_harvest_held_deletions_list", context, {"source_id": source.id})
    state = data_dict.get("state", held.HELD)
    rows = model.Session.execute(
        sa.select(deletion, model.Package.title, model.Package.name)
        .outerjoin(model.Package, model.Package.id == deletion.c.package_id)
        .where(deletion.c.source_id == source.id, *([deletion.c.state == state] if state else []))
        .order_by(deletion.c.created, deletion.c.guid)
        .limit(_number(data_dict, "limit", 100))
        .offset(_number(data_dict, "offset", 0, 10**9, least=0))
    )
    return [{**_plain(row), "sentence": reasons.sentence(row.reason)} for row in rows]


def pole_harvest_held_deletion_decide(context: Context, data_dict: dict[str, Any]) -> dict[str, Any]:
    """Delete what is gone at its source, or keep it.

    Args:
        context: CKAN's.
        data_dict: `source_id`; `ids` (or `id`) of held deletions; `decision`: `approve` or `refuse`.

    Returns:
        How many were `approved` and `refused`; one that was decided meanwhile counts in neither.
    """
    source = _source(data_dict)
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
    row = _asked_run(data_dict)
    tk.check_access("pole_harvest_run_stop", context, {"source_id": row.source_id})
    if row.state in runs.OVER:
        raise tk.ValidationError({"state": [tk._("This run is over")]})
    values: dict[str, Any] = {"stop_asked": True}
    if row.state == runs.WRITING:
        values["state"] = runs.STOPPED
    model.Session.execute(sa.update(run).where(run.c.id == row.id).values(**values))
    model.Session.commit()
    return _run(runs.get(row.id))


def pole_harvest_run_resume(context: Context, data_dict: dict[str, Any]) -> dict[str, Any]:
    """Go on with a run that was stopped: it reads its source to the end, and writes what it planned.

    Args:
        context: CKAN's.
        data_dict: `id` of the run, or `source_id` for its last one.
    """
    row = _asked_run(data_dict)
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
    return _run(runs.get(row.id))


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


def _source(data_dict: dict[str, Any]) -> Any:
    """The source by id or name.

    Raises:
        ObjectNotFound: there is none.
    """
    wanted = tk.get_or_bust(data_dict, "source_id")
    package = model.Package.get(wanted)
    row = model.Session.get(HarvestSource, package.id if package is not None else wanted)
    if row is None:
        raise tk.ObjectNotFound(tk._("No such harvest source"))
    return row


def _asked_run(data_dict: dict[str, Any]) -> Any:
    if data_dict.get("id"):
        row = runs.get(str(data_dict["id"]))
    else:
        source = _source(data_dict)
        row = model.Session.execute(
            sa.select(run).where(run.c.source_id == source.id).order_by(run.c.started.desc()).limit(1)
        ).first()
    if row is None:
        raise tk.ObjectNotFound(tk._("No such run"))
    return row


def _run(row: Any) -> dict[str, Any]:
    """A run as callers read it, with how far it is."""
    planned, left = (
        model.Session.execute(
            sa.select(
                sa.func.count(), sa.func.count().filter(HarvestObject.state.not_in(runs.DONE))
            ).where(HarvestObject.harvest_job_id == row.id)
        ).one()
        if row.state not in runs.OVER
        else (row.written + row.deleted + row.failed, 0)
    )  # fmt: skip
    found = {**_plain(row), "planned": planned, "left": left, "remaining": None}
    passed = (now() - row.started).total_seconds()
    if row.state == runs.READING and row.expected and row.records:
        found["remaining"] = round(passed * max(0, row.expected - row.records) / row.records)
    elif row.state == runs.WRITING and row.read_until and planned > left:
        found["remaining"] = round((now() - row.read_until).total_seconds() * left / (planned - left))
    return found


def _plain(row: Any) -> dict[str, Any]:
    return {key: value.isoformat() if hasattr(value, "isoformat") else value for key, value in row._mapping.items()}


def _number(data_dict: dict[str, Any], key: str, default: int, most: int = MOST, least: int = 1) -> int:
    try:
        number = int(data_dict.get(key, default))
    except (TypeError, ValueError):
        number = least - 1
    if not least <= number <= most:
        raise tk.ValidationError({key: [tk._("Give a number from {least} to {most}").format(least=least, most=most)]})
    return number


def _as_site(context: Context) -> Context:
    return {"ignore_auth": True, "user": context.get("user", ""), "model": model, "session": model.Session}  # type: ignore[return-value,typeddict-item]
