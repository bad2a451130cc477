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
from ckan import logic, model
from ckan.lib import search
from ckan.lib.redis import connect_to_redis
from ckan.lib.search.common import make_connection

from ckanext.pole.search.drift import Entry, Kind, drift

log = logging.getLogger(__name__)

PAGE = 1000
"""Rows read at a time, of either side."""
BATCH = 100
"""Datasets indexed between two commits of Solr."""
SETTLING = 60
"""Seconds that a change has to reach the index before it counts as lost."""


def enqueue_due() -> bool:
    """Queue a repair if none was queued lately; called at each round of the scheduler.

    Returns:
        Whether one was queued now.
    """
    interval = tk.config["ckanext.pole.search.check_interval"]
    marker = f"ckan:{tk.config['ckan.site_id']}:pole:search:checked"
    if interval <= 0 or not connect_to_redis().set(marker, "1", nx=True, ex=interval):
        return False
    tk.enqueue_job(repair, title="Index and database compared", rq_kwargs={"timeout": 3600})
    return True


def differences(settling: float = SETTLING) -> Iterator[tuple[Kind, str]]:
    """Compare database and index.

    Args:
        settling: seconds; a dataset that changed within them is on its way, not missing and not stale.

    Yields:
        What is wrong, and the dataset's id.

    Raises:
        pysolr.SolrError: Solr does not answer.
    """
    young = (time.time() - settling) * 1000
    for kind, entry in drift(_database(), _index()):
        if kind is Kind.EXTRA or entry.modified <= young:
            yield kind, entry.id


def repair(settling: float = SETTLING, say: Callable[[Counter[str]], None] | None = None) -> Counter[str]:
    """Index again what differs, and forget what the database does not have.

    Safe to repeat, beside another repair and beside people who publish: each dataset is read anew when its turn comes.

    Args:
        settling: see `differences`.
        say: told the counts so far after each batch.

    Returns:
        Counts of `missing`, `stale`, `extra`, and `failed`: those that could not be indexed and are named in the log.
    """
    counts: Counter[str] = Counter()
    found = differences(settling)
    model.Session.remove()  # what this session read before may be older than what is compared
    while batch := list(islice(found, BATCH)):
        for kind, id_ in batch:
            counts[kind.value] += 1
            try:
                _mend(kind, id_)
            except Exception:  # one bad dataset must not keep the others out
                model.Session.rollback()
                counts["failed"] += 1
                log.exception("Dataset %s could not be indexed", id_)
        search.commit()
        model.Session.remove()
        if say:
            say(counts)
    if counts:
        log.warning("Index mended: %s", ", ".join(f"{name} {count}" for name, count in sorted(counts.items())))
    return counts


def _mend(kind: Kind, id_: str) -> None:
    package = model.Session.get(model.Package, id_)
    if package is None or (kind is Kind.EXTRA and package.state == model.State.DELETED):
        search.clear(id_)
    else:
        logic.index_update_package({"ignore_auth": True}, id_, True)


def _database() -> Iterator[Entry]:
    """What should be found, in the order of bytes, as Solr sorts."""
    table = model.package_table
    wanted = sa.select(table.c.id, table.c.metadata_modified, table.c.private, table.c.state)
    if tk.config["ckan.search.remove_deleted_packages"]:
        wanted = wanted.where(table.c.state != model.State.DELETED)
    with model.ensure_engine().connect() as connection:
        rows = connection.execution_options(yield_per=PAGE).execute(wanted.order_by(table.c.id.collate("C")))
        for id_, modified, private, state in rows:
            yield Entry(id_, _milliseconds(modified), bool(private), state)


def _index() -> Iterator[Entry]:
    site = str(tk.config["ckan.site_id"]).replace("\\", "\\\\").replace('"', '\\"')
    # Decoded dates lose their milliseconds.
    pages: Iterable[dict[str, Any]] = make_connection(decode_dates=False).search(
        "*:*", fq=["+entity_type:package", f'+site_id:"{site}"'], fl="id,metadata_modified,capacity,state", rows=PAGE,
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
