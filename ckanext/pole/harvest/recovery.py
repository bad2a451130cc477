"""What a crash left behind, found in the database: readings that were cut, plans that nobody imports."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from ckan import model
from ckanext.harvest import queue
from ckanext.harvest.model import HarvestJob, HarvestObject

from ckanext.pole import settings
from ckanext.pole.harvest import lease, objects, runs
from ckanext.pole.harvest.model import run


def is_ours(harvester: Any) -> bool:
    """Whether a harvester stands on our base."""
    from ckanext.pole.harvest.base import PoleHarvester

    return isinstance(harvester, PoleHarvester)


def cut_readings(waiting: Collection[str]) -> list[str]:
    """Running jobs of ours that nobody reads, and that stand in no queue.

    Args:
        waiting: ids of jobs in the queue.
    """
    rows = model.Session.execute(
        sa.select(HarvestJob.id, HarvestJob.source_id, run.c.state)
        .outerjoin(run, run.c.id == HarvestJob.id)
        .where(
            HarvestJob.status == "Running",
            sa.or_(run.c.state == runs.READING, run.c.state.is_(None)),
            HarvestJob.created < objects.naive_now() - timedelta(seconds=settings.harvest_takeover()),
        )
    ).all()
    found = []
    for job_id, source_id, state in rows:
        job: Any = model.Session.get(HarvestJob, job_id)
        if job_id in waiting or not is_ours(queue.get_harvester(job.source.type)):
            continue
        if state is None and job.gather_finished:
            # Gathered before our tables were there.
            continue
        if not lease.held(f"source:{source_id}"):
            found.append(job_id)
    return found


def cut_imports(waiting: Collection[str]) -> list[str]:
    """Objects of runs that were read, which nobody has imported and which stand in no queue.

    One that somebody is at work on may be among them: its row, or its lease, is locked, and it is left alone.
    """
    rows = model.Session.execute(
        sa.select(HarvestObject.id)
        .join(run, run.c.id == HarvestObject.harvest_job_id)
        .where(run.c.state == runs.WRITING, ~run.c.stop_asked, HarvestObject.state.not_in(runs.DONE))
        .order_by(HarvestObject.gathered)
        .limit(1000 + len(waiting))
    ).scalars()
    found = [id_ for id_ in rows if id_ not in waiting]
    return [id_ for id_ in found if not lease.held(f"object:{id_}")] if len(found) < 20 else found


def reading_is_over(run_id: str) -> bool:
    """Whether a run has read its source, whatever it found."""
    row = runs.get(run_id)
    return row is not None and row.state not in (runs.READING, runs.STOPPED)


def close_runs() -> None:
    """End runs that have nothing left to write; a crash may have come between their last object and their end."""
    ids = model.Session.execute(sa.select(run.c.id).where(run.c.state == runs.WRITING)).scalars().all()
    for run_id in ids:
        job: Any = model.Session.get(HarvestJob, run_id)
        if job is not None and job.gather_finished is None:
            job.gather_finished = objects.naive_now()
        close_run(run_id)
    model.Session.commit()


def close_run(run_id: str) -> None:
    """End one run if nothing is left of it."""
    runs.close(run_id)
    model.Session.commit()
