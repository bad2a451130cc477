"""What the parts of a portal take of the machine: processor and memory of whole trees of processes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def tree(pid: int) -> Iterator[int]:
    """A process and all that it started, whichever of its threads did."""
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):  # it has ended
            for child in children.read_text().split():
                yield from tree(int(child))


def processor(pid: int) -> float:
    """Seconds of the processor that a tree has used; what ended of it counts where its parent has noticed."""
    return sum(_seconds(each) for each in tree(pid))


def _seconds(pid: int) -> float:
    with suppress(OSError):
        # The name, in brackets, may hold anything; utime, stime and those of the children that ended come after it.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / _TICK
    return 0


def megabytes(pid: int) -> float:
    """Memory of a tree; what processes share is counted once (proportional set size)."""
    return sum(_kilobytes(each) for each in tree(pid)) / 1024


def _kilobytes(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0
