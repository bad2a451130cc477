"""A run without its writes: the whole source, compared page by page, and what would become of each dataset."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from ckan import model

from ckanext.pole.harvest import datasets, held, objects, options, updating
from ckanext.pole.harvest.changes import Deletions, Tally
from ckanext.pole.harvest.gathering import Gathering
from ckanext.pole.harvest.objects import Planned
from ckanext.pole.harvest.records import BadRecord, dataset_id
from ckanext.pole.harvest.source import Source
from ckanext.pole.http.problems import HttpProblem

#: Datasets of each kind that are told one by one; all of them are counted.
MOST = 100
COUNTS = ("pages", "records", "new", "changed", "same", "duplicates", "bad")


def rehearse(
    harvester: Any, source: Source, most: int = MOST, progress: Callable[[Tally], None] | None = None
) -> dict[str, Any]:
    """Read a whole source and say what a run would do; nothing is written.

    Args:
        harvester: the adapter.
        source: a saved one.
        most: how many datasets of each kind are told one by one.
        progress: told after each page.

    Returns:
        `counts`; `new` and `gone` (guid, title), `changed` (guid, title, old and new value by field, fields kept
        because a person changed them here) and `bad` (sentences), the first ones of each; `held`: how many of the gone
        would stay, with the code of the `reason`; `whole`; `problem`: why the source could not be read, or "".
    """
    source = replace(source, rehearsal=True)
    work = Gathering(harvester, source)
    context = datasets.context()
    found: dict[str, Any] = {"new": [], "changed": [], "bad": []}
    problem = ""
    try:
        with options.client(source) as http:
            for page in harvester.pages(http, source):
                plans, errors = work.compare(page)
                found["bad"] += errors[: most - len(found["bad"])]
                for plan in plans:
                    if len(told := found[plan.action]) < most:
                        told.append(_told(context, plan, source))
                # The next page is compared with what the database holds then, and holds nothing up meanwhile.
                model.Session.rollback()
                if progress is not None:
                    progress(work.tally)
    except HttpProblem as error:
        problem = options.message(error)
    except BadRecord as error:
        problem = str(error)
    work.tally.broken = bool(problem)
    plan, packages = work.deletions()
    missing = {guid: packages[guid] for guid in (*plan.guids, *plan.held)}
    counts = {name: getattr(work.tally, name) for name in COUNTS} | {"left_out": _left_out(work.tally)}
    return {
        **found,
        "counts": {**counts, "gone": len(missing)},
        "gone": _gone(missing, most),
        **_held(plan, source),
        "whole": work.tally.whole(),
        "problem": problem,
    }


def _told(context: Any, plan: Planned, source: Source) -> dict[str, Any]:
    record = plan.content["dataset"]
    told = {"guid": plan.guid, "title": datasets.some_title(record)}
    if plan.action == "new":
        return told
    last = objects.written_fields(source.id, [plan.guid]).get(plan.guid, {})
    change = updating.foreseen(context, dataset_id(source.id, plan.guid), record, source, last)
    return {**told, "fields": change.fields, "kept": change.kept}


def _left_out(tally: Tally) -> int:
    return len(tally.unwanted) - tally.duplicates


def _gone(missing: dict[str, str], most: int) -> list[dict[str, str]]:
    first = sorted(missing)[:most]
    ids = [missing[guid] for guid in first]
    rows = model.Session.execute(sa.select(model.Package.id, model.Package.title).where(model.Package.id.in_(ids)))
    titles = {row.id: row.title for row in rows}
    return [{"guid": guid, "title": titles.get(missing[guid]) or ""} for guid in first]


def _held(plan: Deletions, source: Source) -> dict[str, Any]:
    """What a run would keep: what it cannot trust or is too much at once, and what a person decided to keep."""
    kept = held.refused(source.id).intersection((*plan.guids, *plan.held))
    return {"held": len({*plan.held} | kept), "reason": plan.reason}
