"""Where the database and the index say different things: a comparison of two sorted streams, at constant memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True)
class Entry:
    """What either side says of one dataset.

    Attributes:
        id: the dataset's.
        modified: its last change, in whole milliseconds since 1970 UTC (Solr keeps no finer).
        private: hidden from those outside of its organisation.
        state: CKAN's: `active`, `draft`, `deleted`.
    """

    id: str
    modified: int
    private: bool
    state: str


class Kind(str, Enum):
    """What is wrong with one dataset in the index."""

    MISSING = "missing"
    """The database has it, the index does not: nobody finds it."""
    STALE = "stale"
    """The index holds another version: it is found by what it no longer says, or seen by whom it no longer concerns."""
    EXTRA = "extra"
    """The index alone has it: it is found and its page is a 404."""


def drift(database: Iterable[Entry], index: Iterable[Entry]) -> Iterator[tuple[Kind, Entry]]:
    """Compare both sides.

    Args:
        database: what should be found, in ascending order of the ids' bytes, each id once.
        index: what is found, in the same order.

    Yields:
        Each difference, with the entry of the side that has it (the database's if both do).

    Raises:
        ValueError: a stream is not in order; going on would call good datasets lost.
    """
    wanted, found = _ordered(database), _ordered(index)
    left, right = next(wanted, None), next(found, None)
    while left or right:
        if left and (not right or left.id < right.id):
            yield Kind.MISSING, left
            left = next(wanted, None)
        elif right and (not left or right.id < left.id):
            yield Kind.EXTRA, right
            right = next(found, None)
        else:
            if left and left != right:
                yield Kind.STALE, left
            left, right = next(wanted, None), next(found, None)


def _ordered(entries: Iterable[Entry]) -> Iterator[Entry]:
    last = ""
    for entry in entries:
        if entry.id <= last:
            raise ValueError(f"Not in order: {entry.id!r} after {last!r}")
        last = entry.id
        yield entry
