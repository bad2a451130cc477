"""From what one small machine was seen to do to what a large portal needs. Pure.

The sum of a part of the portal is that of its pages: requests a second × milliseconds of the processor each / 1000 =
processors at work. What is measured stands in `Load`; all else here is multiplied.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

PARTS = ("web", "solr", "postgres", "nginx", "redis")
"""The parts whose processor is counted."""
GROWS = "solr"
"""The part whose work grows with the catalogue; the others work on the twenty datasets of a page, whatever its size."""


@dataclass(frozen=True)
class Asked:
    """One kind of page, asked by many at once.

    Attributes:
        page: its name.
        datasets: that the portal held.
        webs: gunicorns behind nginx.
        rate: answers a second.
        median: milliseconds.
        late: milliseconds within which 95 of 100 had their answer.
        cost: milliseconds of the processor a request, by part.
        cached: share that nginx answered from its cache, 0 to 1.
    """

    page: str
    datasets: int
    webs: int
    rate: float
    median: float
    late: float
    cost: Mapping[str, float]
    cached: float = 0.0


@dataclass(frozen=True)
class Load:
    """What was measured.

    Attributes:
        machine: what it is, in a few words.
        load: average load of the machine before.
        readers: at once.
        asked: the pages.
        megabytes: memory by part, after all pages were asked; `web` is one of gunicorn's processes.
        bytes_each: bytes a dataset, of `database` and `index`, at the greatest size.
    """

    machine: str
    load: float
    readers: int
    asked: Sequence[Asked]
    megabytes: Mapping[str, float]
    bytes_each: Mapping[str, float]

    @property
    def datasets(self) -> int:
        """The greatest number that the portal held."""
        return max(one.datasets for one in self.asked)

    def cost(self, page: str, part: str, datasets: int) -> float:
        """Milliseconds of a part's processor for one request of a page, of a catalogue of some size.

        What grows is put on the straight line through the smallest and the greatest catalogue; it never shrinks.
        """
        sizes = sorted({one.datasets for one in self.asked})
        at = {size: self._at(page, part, size) for size in (sizes[0], sizes[-1])}
        small, great = sizes[0], sizes[-1]
        if part != GROWS or small == great:
            return at[great]
        each = max(0.0, (at[great] - at[small]) / (great - small))
        return at[great] + each * (datasets - great)

    def _at(self, page: str, part: str, size: int) -> float:
        # Whatever else a machine does makes work longer, never shorter: the least that was seen is the work itself.
        return min(one.cost[part] for one in self.asked if one.page == page and one.datasets == size)


@dataclass(frozen=True)
class Wish:
    """What a portal shall bear.

    Attributes:
        datasets: of the catalogue.
        mix: requests a second, by page.
        busy: share of a processor that may be used, so that nobody waits in a queue for long.
        spare: share on top, so that a machine may be lost.
    """

    datasets: int
    mix: Mapping[str, float]
    busy: float = 0.7
    spare: float = 1 / 3


@dataclass(frozen=True)
class Need:
    """What that takes.

    Attributes:
        working: processors at work, by part.
        processors: to have, by part: working / busy × (1 + spare), rounded up.
        web_memory: megabytes of all web processes, one a processor.
        database: bytes of the catalogue in PostgreSQL.
        index: bytes of it in one replica of Solr.
    """

    working: Mapping[str, float]
    processors: Mapping[str, int]
    web_memory: float
    database: float
    index: float


def need(load: Load, wish: Wish) -> Need:
    """What a wish takes, by what was measured."""
    working = {
        part: sum(rate * load.cost(page, part, wish.datasets) for page, rate in wish.mix.items()) / 1000
        for part in PARTS
    }
    wanted = {part: used / wish.busy * (1 + wish.spare) for part, used in working.items()}
    # A whole number that the sum misses by a rounding error is that number.
    processors = {part: math.ceil(round(number, 9)) for part, number in wanted.items()}
    return Need(
        working, processors, processors["web"] * load.megabytes["web"],
        wish.datasets * load.bytes_each["database"], wish.datasets * load.bytes_each["index"],
    )  # fmt: skip


def percentile(values: Sequence[float], share: float) -> float:
    """The value that so many of the others do not exceed (nearest rank).

    Raises:
        ValueError: there are none.
    """
    if not values:
        raise ValueError("no values")
    ranked = sorted(values)
    return ranked[max(0, math.ceil(share * len(ranked)) - 1)]
