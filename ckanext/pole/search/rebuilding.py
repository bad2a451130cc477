"""The whole index made anew, many datasets at once, by several processes, while the site goes on answering.

CKAN's `search-index rebuild` empties the index first and sends a hundred datasets a second. Here nothing is emptied:
each document takes the place of the older one, and what no dataset stands behind any more goes at the end.
"""

from __future__ import annotations

import gc
import math
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model

from ckanext.pole.search import document, documents, upkeep
from ckanext.pole.search.indexing import index

#: Datasets read and sent at once, at most.
BATCH = 200


def rebuild(processes: int = 0, say: Callable[[int, int], None] | None = None) -> tuple[int, int]:
    """Make the index anew.

    Args:
        processes: how many share the work; 0: one a processor.
        say: told how many datasets are done, of how many, after each batch.

    Returns:
        How many datasets are in the index now, and how many could not be indexed and are named in the log.

    Raises:
        ckan.lib.search.common.SearchIndexError: Solr does not answer.
    """
    processes = processes or os.cpu_count() or 1
    batches = list(_batches(processes))
    total = sum(map(len, batches))
    done = failed = 0
    for size, bad in _worked(batches, min(processes, len(batches))):
        done, failed = done + size, failed + bad
        if say:
            say(done, total)
    documents.commit()
    upkeep.repair(settling=0)
    documents.join_segments()
    return done - failed, failed


def _batches(processes: int) -> Iterator[Sequence[str]]:
    """The ids of all datasets, in as many equal parts for each process: none waits for another one's last batch."""
    ids = sa.select(model.package_table.c.id).order_by(model.package_table.c.id)
    if tk.config["ckan.search.remove_deleted_packages"]:
        ids = ids.where(model.package_table.c.state != model.State.DELETED)
    rows = model.Session.execute(ids).scalars().all()
    model.Session.remove()
    turns = math.ceil(len(rows) / (BATCH * processes)) or 1
    size = math.ceil(len(rows) / (turns * processes)) or 1
    yield from (rows[at : at + size] for at in range(0, len(rows), size))


def _worked(batches: list[Sequence[str]], processes: int) -> Iterator[tuple[int, int]]:
    if processes < 2:
        yield from map(batch, batches)
        return
    # A copy of this process each, with CKAN and the vocabularies loaded.
    document.learn()
    with multiprocessing.get_context("fork").Pool(processes, initializer=_apart) as pool:
        yield from pool.imap_unordered(batch, batches)
        pool.close()
        pool.join()


def _apart() -> None:
    """What a copy of a process must not share with it.

    Two of them on one connection would read each other's answers. A worker of RQ, or a consumer of a queue, notes a
    SIGTERM and goes on, and its copies would too: the pool, which ends them by it, would wait for ever. Python's
    collector writes to all that it looks at, and the memory of CKAN would be copied for it: a seventh of a second.
    """
    from ckanext.datastore.backend import postgres as datastore

    gc.freeze()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for engine in (model.meta.engine, *datastore._engines.values()):
        if engine is not None:
            engine.dispose(close=False)


def batch(ids: Sequence[str]) -> tuple[int, int]:
    """Send some datasets, and forget what was read of them.

    Returns:
        How many there were, and how many failed.
    """
    failed = index(ids)
    model.Session.remove()
    return len(ids), len(failed)
