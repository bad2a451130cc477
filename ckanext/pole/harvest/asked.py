"""What the verbs of the harvest are asked about: a source, one of its runs, a number; and how they answer."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckanext.harvest.model import HarvestObject, HarvestSource

from ckanext.pole.harvest import runs
from ckanext.pole.harvest.model import now, run

#: More than this nobody is answered at once.
MOST = 1000


def the_source(data_dict: dict[str, Any]) -> Any:
    """The source by id or name.

    Raises:
        ObjectNotFound: there is none.
    """
    wanted = str(tk.get_or_bust(data_dict, "source_id"))
    package = model.Package.get(wanted)
    row = model.Session.get(HarvestSource, package.id if package is not None else wanted)
    if row is None:
        raise tk.ObjectNotFound(tk._("No such harvest source"))
    return row


def the_run(data_dict: dict[str, Any]) -> Any:
    """The run by `id`, or the last one of `source_id`.

    Raises:
        ObjectNotFound: there is none.
    """
    if data_dict.get("id"):
        row = runs.get(str(data_dict["id"]))
    else:
        source = the_source(data_dict)
        row = model.Session.execute(
            sa.select(run).where(run.c.source_id == source.id).order_by(run.c.started.desc()).limit(1)
        ).first()
    if row is None:
        raise tk.ObjectNotFound(tk._("No such run"))
    return row


def shown_run(row: Any) -> dict[str, Any]:
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
    found = {**plain(row), "planned": planned, "left": left, "remaining": None}
    passed = (now() - row.started).total_seconds()
    if row.state == runs.READING and row.expected and row.records:
        found["remaining"] = round(passed * max(0, row.expected - row.records) / row.records)
    elif row.state == runs.WRITING and row.read_until and planned > left:
        found["remaining"] = round((now() - row.read_until).total_seconds() * left / (planned - left))
    return found


def plain(row: Any) -> dict[str, Any]:
    """A row of ours as JSON has it."""
    return {key: value.isoformat() if hasattr(value, "isoformat") else value for key, value in row._mapping.items()}


def number(data_dict: dict[str, Any], key: str, default: int, most: int = MOST, least: int = 1) -> int:
    """A number of the question.

    Raises:
        ValidationError: it is none, or out of bounds.
    """
    try:
        found = int(data_dict.get(key, default))
    except (TypeError, ValueError):
        found = least - 1
    if not least <= found <= most:
        raise tk.ValidationError({key: [tk._("Give a number from {least} to {most}").format(least=least, most=most)]})
    return found
