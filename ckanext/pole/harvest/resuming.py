"""Where a run that was cut goes on: after the last page that it has read, if that was a moment ago.

A list moves while time passes. A reading that goes on within minutes is no worse than a slow one, and is judged like
it; after more than that the source is read from its beginning.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa
from ckan import model
from sqlalchemy.dialects.postgresql import insert

from ckanext.pole.harvest.changes import Tally
from ckanext.pole.harvest.model import now, page

#: How long after its last page a reading may go on.
FRESH = timedelta(minutes=15)
COUNTS = ("pages", "records", "bad", "duplicates", "new", "changed", "same")


def note(run_id: str, source_id: str, tally: Tally, met: Sequence[str], after: str) -> None:
    """Note a page that was read, and those before it that were not noted, uncommitted.

    Args:
        run_id: the run.
        source_id: its source.
        tally: what the run saw up to here.
        met: the ids on them.
        after: where the next page begins.
    """
    guids = {
        "seen": list(met),
        "unwanted": [guid for guid in met if guid in tally.unwanted],
        "repeated": [guid for guid in met if guid in tally.repeated],
    }
    counts = {**{name: getattr(tally, name) for name in COUNTS}, "totals": sorted(tally.totals)}
    row = {"source_id": source_id, "after": after, "guids": guids, "counts": counts, "at": now()}
    model.Session.execute(
        insert(page)
        .values(run_id=run_id, number=tally.pages, **row)
        .on_conflict_do_update(index_elements=[page.c.run_id, page.c.number], set_=row)
    )


def restored(run_id: str) -> tuple[Tally, str]:
    """What a run had seen when it was cut, and where it goes on; an empty tally and "" to begin at the first page."""
    rows = model.Session.execute(sa.select(page).where(page.c.run_id == run_id).order_by(page.c.number)).all()
    if not rows or rows[-1].at < now() - FRESH:
        return Tally(), ""
    tally = Tally(**rows[-1].counts | {"totals": set(rows[-1].counts["totals"])})
    for row in rows:
        for name, guids in row.guids.items():
            getattr(tally, name).update(guids)
    return tally, rows[-1].after


def forget(source_id: str, but: str = "") -> None:
    """Forget the pages of a source's runs, but those of one; uncommitted."""
    model.Session.execute(sa.delete(page).where(page.c.source_id == source_id, page.c.run_id != but))
