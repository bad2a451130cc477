"""The life of a run, as rows: reading → writing → finished, failed or stopped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from ckan import model
from ckanext.harvest.model import HarvestObject
from sqlalchemy.dialects.postgresql import insert

from ckanext.pole.harvest.changes import Tally
from ckanext.pole.harvest.model import change, now, quarantine, run

READING, WRITING, STOPPED = "reading", "writing", "stopped"
FINISHED, FAILED = "finished", "failed"
OVER = (FINISHED, FAILED)
#: States of a harvest object that is done with.
DONE = ("COMPLETE", "ERROR")
#: Reasons that lie in the record itself.
FINAL = ("unreadable", "invalid")


def get(run_id: str) -> Any:
    """The row of a run, or None."""
    return model.Session.execute(sa.select(run).where(run.c.id == run_id)).first()


def unchanged(run_ids: Sequence[str]) -> dict[str, int]:
    """How many records each run found unchanged: ckanext-harvest does not know, as nothing is written for them."""
    return dict(model.Session.execute(sa.select(run.c.id, run.c.same).where(run.c.id.in_(run_ids))).tuples().all())


def begin(run_id: str, source_id: str) -> bool:
    """Open a run, or go on with one that was cut; uncommitted.

    Returns:
        True if it had begun before: some of its objects may be there already.
    """
    before = get(run_id)
    values = {"id": run_id, "source_id": source_id, "state": READING, "started": now()}
    fresh = {"state": READING, "problem": "", "problem_detail": "", "stop_asked": False}
    model.Session.execute(insert(run).values(**values).on_conflict_do_update(index_elements=[run.c.id], set_=fresh))
    return before is not None


def progress(run_id: str, tally: Tally, **more: Any) -> bool:
    """Write what was read so far, uncommitted.

    Returns:
        False when a person asked the run to stop.
    """
    asked = model.Session.execute(
        sa.update(run)
        .where(run.c.id == run_id)
        .values(
            pages=tally.pages,
            records=tally.records,
            new=tally.new,
            changed=tally.changed,
            same=tally.same,
            left_out=len(tally.unwanted) - tally.duplicates,
            duplicates=tally.duplicates,
            quarantined=tally.bad,
            expected=max(tally.totals, default=None),
            **more,
        )
        .returning(run.c.stop_asked)
    ).scalar()
    return not asked


def count(run_id: str, **counts: int) -> None:
    """Add to the counters of a run, uncommitted."""
    found = {name: run.c[name] + number for name, number in counts.items() if number}
    if found:
        model.Session.execute(sa.update(run).where(run.c.id == run_id).values(**found))


def close(run_id: str) -> bool:
    """End a run that has nothing left to write, uncommitted; True if it ended now."""
    waiting = sa.exists().where(HarvestObject.harvest_job_id == run_id, HarvestObject.state.not_in(DONE))
    ended = model.Session.execute(
        sa.update(run)
        .where(run.c.id == run_id, run.c.state == WRITING, ~waiting)
        .values(state=sa.case((run.c.problem != "", FAILED), else_=FINISHED), finished=now())
        .returning(run.c.id)
    ).scalar()
    return ended is not None


def add_changes(rows: Iterable[Mapping[str, Any]]) -> None:
    """Write what changed in datasets, uncommitted."""
    if found := list(rows):
        model.Session.execute(sa.insert(change), found)


def set_aside(
    source_id: str, run_id: str, guid: str, reason: str, details: Any, *, digest: str = "", content: Any = None
) -> None:
    """Put a record in quarantine, or note that it is still there; uncommitted.

    Args:
        source_id: whose record.
        run_id: the run that met it.
        guid: the record's id at its source; a made one if it has none.
        reason: a code of `reasons.CODES`.
        details: what is wrong, by field or as a text.
        digest: of the raw record: the same record is not tried again until it changes or a person asks.
        content: the mapped record, for a retry without asking the source; None for what must not be kept.
    """
    moment = now()
    if reason not in FINAL:
        # It may go better without the record changing: tried again at each run.
        digest = ""
    values = {
        "run_id": run_id,
        "reason": reason,
        "details": details if isinstance(details, dict) else {"": str(details)},
        "digest": digest,
        "content": content if content is not None else sa.null(),
        "last_seen": moment,
    }
    model.Session.execute(
        insert(quarantine)
        .values(source_id=source_id, guid=guid, first_seen=moment, **values)
        .on_conflict_do_update(constraint="pole_harvest_quarantine_guid", set_=values)
    )


def mended(source_id: str, guids: Iterable[str]) -> None:
    """Take records out of quarantine, uncommitted."""
    model.Session.execute(
        sa.delete(quarantine).where(quarantine.c.source_id == source_id, quarantine.c.guid.in_(list(guids)))
    )
