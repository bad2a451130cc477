"""The index follows the database: what drifted apart is found, and mended.

CKAN writes PostgreSQL first and Solr after; a Solr that is away in between leaves a dataset that nobody finds. CKAN's
`search-index check` names the missing ones only, `rebuild` does everything anew. Here both sides are read once, in
order, and only what differs is indexed again.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timezone
from itertools import islice
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.lib.search.common import make_connection

from ckanext.pole import due
from ckanext.pole.search import documents
from ckanext.pole.search.drift import Entry, Kind, drift
from ckanext.pole.search.indexing import index

log = logging.getLogger(__name__)

PAGE = 1000
BATCH = 100
DAY = 86_400
SETTLING = 60
"""Seconds that a change has to reach the index before it counts as lost."""


def enqueue_due() -> bool:
    """Queue a repair if none was queued lately; called at each round of the scheduler.

    Returns:
        Whether one was queued now.
    """
    interval = tk.config["ckanext.pole.search.check_interval"]
    return due.enqueue("search:checked", interval, repair, title="Index and database compared")


def enqueue_joining() -> bool:
    """Queue what a day of changes makes good for searches, if it was not queued within a day.

    Returns:
        Whether it was queued now.
    """
    return due.enqueue("search:joined", DAY, documents.join_segments, title="Parts of the index joined")


def differences(settling: float = SETTLING, page: int = PAGE) -> Iterator[tuple[Kind, str]]:
    """Compare database and index.

    Args:
        settling: seconds; a dataset that changed within them is on its way, not missing and not stale.
        page: rows read at a time, of either side.

    Yields:
        What is wrong, and the dataset's id.

    Raises:
        pysolr.SolrError: Solr does not answer.
    """
    young = (time.time() - settling) * 1000
    for kind, entry in drift(_database(page), _index(page)):
        if kind is Kind.EXTRA or entry.modified <= young:
            yield kind, entry.id


def repair(
    settling: float = SETTLING,
    say: Callable[[Counter[str]], None] | None = None,
    page: int = PAGE,
    batch: int = BATCH,
) -> Counter[str]:
    """Index again what differs, and forget what the database does not have.

    Safe to repeat, beside another repair and beside people who publish: each dataset is read anew when its turn comes.

    Args:
        settling: see `differences`.
        say: told the counts so far after each batch.
        page: see `differences`.
        batch: datasets indexed between two commits of Solr.

    Returns:
        Counts of `missing`, `stale`, `extra`, and `failed`: those that could not be indexed and are named in the log.
    """
    counts: Counter[str] = Counter()
    found = differences(settling, page)
    model.Session.remove()  # what this session read before may be older than what is compared
    while some := list(islice(found, batch)):
        counts.update(kind.value for kind, _id in some)
        if failed := index([id_ for kind, id_ in some if kind is not Kind.EXTRA]):
            counts["failed"] += len(failed)
        documents.forget(_gone([id_ for kind, id_ in some if kind is Kind.EXTRA]))
        documents.commit()
        model.Session.remove()
        if say:
            say(counts)
    if counts:
        log.warning("Index mended: %s", ", ".join(f"{name} {count}" for name, count in sorted(counts.items())))
    return counts


def _gone(ids: list[str]) -> list[str]:
    """Those that are still not in the database: somebody may have published meanwhile."""
    table = model.package_table
    published = sa.select(table.c.id).where(table.c.id.in_(ids), table.c.state != model.State.DELETED)
    there = set(model.Session.execute(published).scalars())
    return [id_ for id_ in ids if id_ not in there]


def _database(page: int) -> Iterator[Entry]:
    """What should be found, in the order of bytes, as Solr sorts."""
    table = model.package_table
    wanted = sa.select(table.c.id, table.c.metadata_modified, table.c.private, table.c.state)
    if tk.config["ckan.search.remove_deleted_packages"]:
        wanted = wanted.where(table.c.state != model.State.DELETED)
    with model.ensure_engine().connect() as connection:
        rows = connection.execution_options(yield_per=page).execute(wanted.order_by(table.c.id.collate("C")))
        for id_, modified, private, state in rows:
            yield Entry(id_, _milliseconds(modified), bool(private), state)


def _index(page: int) -> Iterator[Entry]:
    site = str(tk.config["ckan.site_id"]).replace("\\", "\\\\").replace('"', '\\"')
    # Decoded dates lose their milliseconds.
    pages: Iterable[dict[str, Any]] = make_connection(decode_dates=False).search(
        "*:*", fq=["+entity_type:package", f'+site_id:"{site}"'], fl="id,metadata_modified,capacity,state", rows=page,
        sort="id asc,index_id asc", cursorMark="*",
    )  # fmt: skip
    for doc in pages:  # pysolr asks for the next page by itself
        modified = datetime.fromisoformat(doc["metadata_modified"].replace("Z", "+00:00"))
        yield Entry(doc["id"], _milliseconds(modified), doc.get("capacity") == "private", doc.get("state", ""))


def _milliseconds(moment: datetime | None) -> int:
    if moment is None:
        return 0
    moment = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    # In whole numbers: floats would round half a millisecond away from what Solr cut off.
    return int(moment.timestamp()) * 1000 + moment.microsecond // 1000
