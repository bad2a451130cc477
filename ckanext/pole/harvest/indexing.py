"""What was written and is not in the index yet: sent after each batch, and again after any crash.

The list is filled in the transaction that writes a dataset and emptied once Solr has it: whatever dies in between,
the index comes to equal the database.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.lib.search.common import SearchIndexError
from ckanext.harvest.model import HarvestSource
from sqlalchemy.dialects.postgresql import insert

from ckanext.pole import settings
from ckanext.pole.harvest import runs, tables
from ckanext.pole.harvest.model import now, record, unindexed
from ckanext.pole.search import documents
from ckanext.pole.search import indexing as search_index

log = logging.getLogger(__name__)

#: Datasets sent at once.
BATCH = 100


def note(package_ids: Sequence[str]) -> None:
    """Datasets that are about to be written, uncommitted."""
    if package_ids:
        statement = insert(unindexed).values([{"package_id": id_, "since": now()} for id_ in package_ids])
        model.Session.execute(
            statement.on_conflict_do_update(
                index_elements=[unindexed.c.package_id], set_={"since": statement.excluded.since}
            )
        )


def done(package_ids: Sequence[str], pairs: Sequence[documents.Both] = ()) -> bool:
    """Send datasets that were written and committed, and take them off the list.

    Args:
        package_ids: the datasets.
        pairs: their documents' material where the writer has it; the others are read from the database.

    Returns:
        False if Solr did not take them: they stay on the list.
    """
    if not package_ids:
        return True
    try:
        documents.send(pairs)
        search_index.refresh(_others(package_ids, pairs))
    except SearchIndexError:
        _waits(package_ids)
        return False
    _listed(package_ids)
    return True


@dataclass
class _OnItsWay:
    """A batch that Solr is taking."""

    package_ids: Sequence[str]
    run_ids: Collection[str]
    sent: Future[None]


class Sender:
    """Sends batches to Solr while the next one is worked on; at most one is on its way.

    What it has not sent yet stands on the list, as after a crash.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "pole-index")
        self._way: _OnItsWay | None = None

    def give(self, package_ids: Sequence[str], pairs: Sequence[documents.Both], run_ids: Collection[str]) -> None:
        """Take datasets that were written and committed.

        Args:
            package_ids: the datasets.
            pairs: their documents' material where the writer has it; the others are read from the database.
            run_ids: the runs that wrote them: one that has nothing left to write ends once they are in the index.
        """
        # The hooks of a document ask the session of this thread; the other one only talks to Solr.
        made = documents.made(pairs)
        self._arrived(but=run_ids)
        try:
            search_index.refresh(_others(package_ids, pairs))
        except SearchIndexError:
            _waits(package_ids)
            package_ids, made = [], []
        self._way = _OnItsWay(package_ids, run_ids, self._pool.submit(documents.post, made))

    def rest(self) -> None:
        """Wait for the batch that is on its way, take it off the list, end its runs if they have nothing left."""
        self._arrived(but=())

    def _arrived(self, but: Collection[str]) -> None:
        way, self._way = self._way, None
        if way is None:
            return
        try:
            way.sent.result()
            _listed(way.package_ids)
        except SearchIndexError:
            _waits(way.package_ids)
        # A run whose next batch is written, and not sent yet, ends after that one.
        for run_id in set(way.run_ids).difference(but):
            runs.close(run_id)
        model.Session.commit()


def _others(package_ids: Sequence[str], pairs: Sequence[documents.Both]) -> list[str]:
    there = {default["id"] for default, _custom in pairs}
    return [id_ for id_ in package_ids if id_ not in there]


def _waits(package_ids: Sequence[str]) -> None:
    log.warning("Solr does not take %d datasets; they wait for it", len(package_ids))
    model.Session.rollback()


def _listed(package_ids: Sequence[str]) -> None:
    """Datasets are in the index: take them off the list, load the tables of those that want it; commits."""
    if package_ids:
        _load_tables(package_ids)
        model.Session.execute(sa.delete(unindexed).where(unindexed.c.package_id.in_(package_ids)))
        model.Session.commit()


def drain() -> int:
    """Send what a crash or an absent Solr left behind; what is younger is in the hands of a batch at work.

    Returns:
        How many datasets are in the index now.
    """
    sent = 0
    while True:
        ids = list(
            model.Session.execute(
                sa.select(unindexed.c.package_id)
                .where(unindexed.c.since < now() - timedelta(seconds=settings.harvest_takeover()))
                .order_by(unindexed.c.since)
                .limit(BATCH)
                .with_for_update(skip_locked=True)
            ).scalars()
        )
        if not ids or not done(ids):
            model.Session.rollback()
            return sent
        sent += len(ids)


def _load_tables(package_ids: Sequence[str]) -> None:
    """Queue the open tables of datasets whose source asks for it."""
    rows = model.Session.execute(
        sa.select(record.c.package_id, HarvestSource.config)
        .join(HarvestSource, HarvestSource.id == record.c.source_id)
        .where(record.c.package_id.in_(package_ids))
    )
    for package_id, config in list(rows):
        if json.loads(config or "{}").get("load_data"):
            package = model.Session.get(model.Package, package_id)
            if package is not None and package.state == model.State.ACTIVE:
                tables.submit(tk.get_action("package_show")({"ignore_auth": True}, {"id": package_id}))
