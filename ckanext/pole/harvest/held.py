"""Deletions that wait for a person: records gone at their source, kept here until somebody decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from ckan import model
from sqlalchemy.dialects.postgresql import insert

from ckanext.pole.harvest.changes import MISSES
from ckanext.pole.harvest.model import deletion, new_id, now

#: A record that was missed, but not often enough to ask a person, is watched.
WATCHED, HELD, APPROVED, REFUSED = "watched", "held", "approved", "refused"


def hold(source_id: str, run_id: str, packages: Mapping[str, str], reason: str) -> int:
    """Hold the deletion of records that a run missed, uncommitted; one that a person refused is not asked again.

    Args:
        source_id: whose records.
        run_id: the run that missed them.
        packages: dataset of each record, by the record's id.
        reason: `too many`: a person is asked now; `doubtful`: once they were missed several times in a row;
            `incomplete`: nobody is asked, since nothing is known of them.

    Returns:
        How many wait for a person now.
    """
    if reason == "incomplete":
        return 0
    rows = [
        {
            "id": new_id(), "source_id": source_id, "guid": guid, "package_id": package_id, "run_id": run_id,
            "reason": reason, "state": HELD if reason == "too many" else WATCHED, "created": now(),
        }
        for guid, package_id in packages.items()
    ]  # fmt: skip
    missed = sa.or_(deletion.c.state == HELD, deletion.c.misses + 1 >= MISSES)
    state = sa.literal(HELD) if reason == "too many" else sa.case((missed, HELD), else_=WATCHED)
    waiting = 0
    for at in range(0, len(rows), 1000):
        statement = insert(deletion).values(rows[at : at + 1000])
        states = model.Session.execute(
            statement.on_conflict_do_update(
                constraint="pole_harvest_deletion_guid",
                set_={
                    "run_id": run_id, "reason": reason, "state": state, "misses": deletion.c.misses + 1,
                    "package_id": statement.excluded.package_id,
                },
                where=deletion.c.state != REFUSED,
            ).returning(deletion.c.state)
        ).scalars()  # fmt: skip
        waiting += sum(state == HELD for state in states)
    return waiting


def refused(source_id: str) -> set[str]:
    """Records that a person decided to keep though their source has them no more."""
    return set(
        model.Session.execute(
            sa.select(deletion.c.guid).where(deletion.c.source_id == source_id, deletion.c.state == REFUSED)
        ).scalars()
    )


def release(source_id: str, met: Iterable[str]) -> None:
    """Records that their source has again, or that are deleted now, wait no more; uncommitted."""
    waiting = model.Session.execute(sa.select(deletion.c.guid).where(deletion.c.source_id == source_id)).scalars()
    back = set(waiting) & set(met)
    if back:
        model.Session.execute(
            sa.delete(deletion).where(deletion.c.source_id == source_id, deletion.c.guid.in_(sorted(back)))
        )


def decide(row_id: str, state: str, user_id: str) -> Any:
    """Note what a person decided, uncommitted; the row, or None if it waits no more."""
    return model.Session.execute(
        sa.update(deletion)
        .where(deletion.c.id == row_id, deletion.c.state == HELD)
        .values(state=state, decided_by=user_id, decided=now())
        .returning(deletion)
    ).first()
