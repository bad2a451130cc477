"""Deletions that wait for a person: records gone at their source, kept here until somebody decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from ckan import model
from sqlalchemy.dialects.postgresql import insert

from ckanext.pole.harvest.model import deletion, new_id, now

HELD, APPROVED, REFUSED = "held", "approved", "refused"


def hold(source_id: str, run_id: str, packages: Mapping[str, str], reason: str) -> int:
    """Hold the deletion of records, uncommitted; one that a person refused is not asked again.

    Args:
        source_id: whose records.
        run_id: the run that missed them.
        packages: dataset of each record, by the record's id.
        reason: `incomplete` or `too many`.

    Returns:
        How many wait now.
    """
    if not packages:
        return 0
    moment = now()
    rows = [
        {
            "id": new_id(), "source_id": source_id, "guid": guid, "package_id": package_id, "run_id": run_id,
            "reason": reason, "state": HELD, "created": moment,
        }
        for guid, package_id in packages.items()
    ]  # fmt: skip
    for at in range(0, len(rows), 1000):
        statement = insert(deletion).values(rows[at : at + 1000])
        model.Session.execute(
            statement.on_conflict_do_update(
                constraint="pole_harvest_deletion_guid",
                set_={"run_id": run_id, "reason": reason, "state": HELD, "package_id": statement.excluded.package_id},
                where=deletion.c.state != REFUSED,
            )
        )
    return len(packages)


def refused(source_id: str) -> set[str]:
    """Records that a person decided to keep though their source has them no more."""
    return set(
        model.Session.execute(
            sa.select(deletion.c.guid).where(deletion.c.source_id == source_id, deletion.c.state == REFUSED)
        ).scalars()
    )


def release(source_id: str, met: Iterable[str]) -> None:
    """Records that their source has again wait no more, and what was decided of them is past; uncommitted."""
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
