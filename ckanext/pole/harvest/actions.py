"""Verbs of the harvest slice that look: preview, rehearsal, runs, report, quarantine, held deletions."""

from __future__ import annotations

import json
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.types import Context
from ckanext.harvest import queue

from ckanext.pole.harvest import asked, held, previewing, reasons, recovery, rehearsing
from ckanext.pole.harvest.model import change, deletion, quarantine, run
from ckanext.pole.harvest.source import Source

__all__ = [
    "pole_harvest_held_deletions_list",
    "pole_harvest_preview",
    "pole_harvest_quarantine_list",
    "pole_harvest_rehearse",
    "pole_harvest_report",
    "pole_harvest_run_list",
]


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
        row = asked.the_source(data_dict)
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
    return previewing.preview(harvester, source, asked.number(data_dict, "limit", previewing.FIRST, 100))


@tk.side_effect_free
def pole_harvest_rehearse(context: Context, data_dict: dict[str, Any]) -> dict[str, Any]:
    """What a run of a source would do, all of it, without doing any: the source is read to its end.

    Args:
        context: CKAN's; `progress` in it is told of each page.
        data_dict: `source_id`; `limit` (100) of the datasets told one by one.

    Returns:
        As `rehearsing.rehearse`.
    """
    row = asked.the_source(data_dict)
    tk.check_access("pole_harvest_rehearse", context, {"source_id": row.id})
    harvester: Any = queue.get_harvester(row.type)
    if not recovery.is_ours(harvester):
        raise tk.ValidationError({"source_type": [tk._("This kind of source has no preview")]})
    limit = asked.number(data_dict, "limit", rehearsing.MOST)
    return rehearsing.rehearse(harvester, Source.of(row), limit, context.get("progress"))  # type: ignore[arg-type]


@tk.side_effect_free
def pole_harvest_run_list(context: Context, data_dict: dict[str, Any]) -> list[dict[str, Any]]:
    """The runs of a source, the last one first.

    Args:
        context: CKAN's.
        data_dict: `source_id`; `limit`, 20 if absent.
    """
    source = asked.the_source(data_dict)
    tk.check_access("pole_harvest_run_list", context, {"source_id": source.id})
    rows = model.Session.execute(
        sa.select(run)
        .where(run.c.source_id == source.id)
        .order_by(run.c.started.desc())
        .limit(asked.number(data_dict, "limit", 20))
    )
    return [asked.shown_run(row) for row in rows]


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
    row = asked.the_run(data_dict)
    tk.check_access("pole_harvest_report", context, {"source_id": row.source_id})
    total = model.Session.execute(sa.select(sa.func.count()).where(change.c.run_id == row.id)).scalar()
    found = model.Session.execute(
        sa.select(change)
        .where(change.c.run_id == row.id)
        .order_by(change.c.id)
        .limit(asked.number(data_dict, "limit", 100))
        .offset(asked.number(data_dict, "offset", 0, 10**9, least=0))
    )
    return {**asked.shown_run(row), "changes": [asked.plain(item) for item in found], "changes_total": total}


@tk.side_effect_free
def pole_harvest_quarantine_list(context: Context, data_dict: dict[str, Any]) -> list[dict[str, Any]]:
    """Records of a source that could not be used, with the reason of each.

    Args:
        context: CKAN's.
        data_dict: `source_id`; `limit` (100), `offset`.
    """
    source = asked.the_source(data_dict)
    tk.check_access("pole_harvest_quarantine_list", context, {"source_id": source.id})
    columns = [column for column in quarantine.c if column.name not in ("content", "digest")]
    rows = model.Session.execute(
        sa.select(*columns)
        .where(quarantine.c.source_id == source.id)
        .order_by(quarantine.c.last_seen.desc(), quarantine.c.guid)
        .limit(asked.number(data_dict, "limit", 100))
        .offset(asked.number(data_dict, "offset", 0, 10**9, least=0))
    )
    return [{**asked.plain(row), "sentence": reasons.sentence(row.reason)} for row in rows]


@tk.side_effect_free
def pole_harvest_held_deletions_list(context: Context, data_dict: dict[str, Any]) -> list[dict[str, Any]]:
    """Records gone at their source that are kept until a person decides.

    Args:
        context: CKAN's.
        data_dict: `source_id`; `state` (`held`; "" for those that were decided too); `limit` (100), `offset`.
    """
    source = asked.the_source(data_dict)
    tk.check_access("pole_harvest_held_deletions_list", context, {"source_id": source.id})
    state = data_dict.get("state", held.HELD)
    rows = model.Session.execute(
        sa.select(deletion, model.Package.title, model.Package.name)
        .outerjoin(model.Package, model.Package.id == deletion.c.package_id)
        .where(deletion.c.source_id == source.id, *([deletion.c.state == state] if state else []))
        .order_by(deletion.c.created, deletion.c.guid)
        .limit(asked.number(data_dict, "limit", 100))
        .offset(asked.number(data_dict, "offset", 0, 10**9, least=0))
    )
    return [{**asked.plain(row), "sentence": reasons.sentence(row.reason)} for row in rows]
