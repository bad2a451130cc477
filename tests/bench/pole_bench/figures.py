"""From times to rows: medians, ratios, spread, and whether a goal is met. Pure."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

#: What a row's figures are: the ratio is ours over vanilla's, except in the last one.
MILLISECONDS, PER_SECOND, MEGABYTES, TIMES_ANONYMOUS = "ms", "per second", "MB", "× anonymous"
#: Of ours alone: what CKAN has nothing like; the goal is in seconds.
SECONDS = "s"
#: Of which more is better.
RATES = (PER_SECOND,)
#: What a row of the processor's time is called, after the row that it stands beside.
PROCESSOR = ", processor"
_NAMED = re.compile(r"(?P<name>.+) \((?P<unit>[^(),]+), (?P<datasets>[\d,]+)\)")


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        name: in plain words.
        unit: of `vanilla` and `pole`.
        vanilla: CKAN's figure; None where it fails.
        pole: ours; None where we fail.
        ratio: ours over vanilla's; for `× anonymous` ours over our own anonymous.
        goal: the most that the ratio may be, for rates the least; None where there is none.
        spread: first and third quartile of the ratio.
        datasets: how many the site had.
        note: what a reader should know of it.
        cpu: milliseconds of the site's own process, vanilla's and ours: what a busy machine does not stretch as it does
            the time that passes.
    """

    name: str
    unit: str
    vanilla: float | None
    pole: float | None
    ratio: float | None
    goal: float | None
    spread: tuple[float, float] | None
    datasets: int
    note: str = ""
    cpu: tuple[float, float] | None = None

    @property
    def ok(self) -> bool | None:
        """Whether the goal is met; None where there is none."""
        if self.goal is None:
            return None
        if self.unit == SECONDS:
            return self.pole is not None and self.pole < self.goal
        if self.ratio is None:
            return False
        return self.ratio >= self.goal if self.unit in RATES else self.ratio <= self.goal

    def as_dicts(self) -> list[dict[str, Any]]:
        """For JSON: the row, and one more for the processor's time."""
        spread = [_short(value) for value in self.spread] if self.spread else None
        found = {
            "name": f"{self.name} ({self.unit}, {self.datasets:,})",
            "vanilla": _short(self.vanilla), "pole": _short(self.pole), "ratio": _short(self.ratio),
            "goal": self.goal, "spread": spread, "ok": self.ok,
        }  # fmt: skip
        if not self.cpu:
            return [found]
        theirs, ours = self.cpu
        name = f"{self.name}{PROCESSOR}"
        return [
            found, *Row(name, MILLISECONDS, theirs, ours, ours / theirs, None, None, self.datasets).as_dicts()
        ]  # fmt: skip


def read(found: dict[str, Any]) -> Row:
    """A row of what `Row.as_dicts` made.

    Raises:
        ValueError: it is none.
    """
    named = _NAMED.fullmatch(found["name"])
    if named is None:
        raise ValueError(found["name"])
    spread = tuple(found["spread"]) if found["spread"] else None
    return Row(
        named["name"], named["unit"], found["vanilla"], found["pole"], found["ratio"], found["goal"], spread,
        int(named["datasets"].replace(",", "")),
    )  # fmt: skip


def times(
    name: str, vanilla: Sequence[float], pole: Sequence[float], *, goal: float | None, datasets: int,
    cpu: tuple[float, float] | None = None,
) -> Row:  # fmt: skip
    """A row of two series of seconds that were taken in turns.

    Args:
        name: of the row.
        vanilla: CKAN's, seconds.
        pole: ours; the n-th was taken beside CKAN's n-th.
        goal: the most that ours over CKAN's may be.
        datasets: of the site.
        cpu: milliseconds of each site's process, a request.
    """
    theirs, ours = statistics.median(vanilla), statistics.median(pole)
    spread = quartiles([mine / other for mine, other in zip(pole, vanilla, strict=True)])
    return Row(name, MILLISECONDS, theirs * 1e3, ours * 1e3, ours / theirs, goal, spread, datasets, cpu=cpu)


def against(
    name: str, vanilla: tuple[Sequence[float], Sequence[float]], pole: tuple[Sequence[float], Sequence[float]],
    goal: float | None, datasets: int,
) -> Row:  # fmt: skip
    """A row of how much slower a person is served than nobody in particular.

    Args:
        name: of the row.
        vanilla: CKAN's seconds for that person, and for nobody in the same rounds.
        pole: ours.
        goal: the most that ours may be; None: no goal is set.
        datasets: of the site.
    """
    theirs, ours = (
        statistics.median(person) / statistics.median(nobody[: len(person)]) for person, nobody in (vanilla, pole)
    )
    spread = quartiles([mine / nobodys for mine, nobodys in zip(pole[0], pole[1], strict=False)])
    return Row(name, TIMES_ANONYMOUS, theirs, ours, ours, goal, spread, datasets)


def rates(
    name: str, vanilla: Sequence[float], pole: Sequence[float], *, goal: float | None, datasets: int, note: str = "",
    cpu: tuple[float, float] | None = None,
) -> Row:  # fmt: skip
    """A row of two series of speeds, so many a second."""
    theirs, ours = statistics.median(vanilla), statistics.median(pole)
    pairs = min(len(vanilla), len(pole))
    spread = quartiles([mine / other for mine, other in zip(pole[:pairs], vanilla[:pairs], strict=True)])
    return Row(name, PER_SECOND, theirs, ours, ours / theirs, goal, spread, datasets, note, cpu)


def seconds(name: str, pole: float, *, goal: float, datasets: int, note: str = "") -> Row:
    """A row of what CKAN has nothing like: our seconds, and the most that they may be."""
    return Row(name, SECONDS, None, pole, None, goal, None, datasets, note)


def quartiles(values: Sequence[float]) -> tuple[float, float]:
    """The first and the third quartile; of one value that value twice."""
    if len(values) < 2:
        return values[0], values[0]
    first, _median, third = statistics.quantiles(values, n=4, method="inclusive")
    return first, third


def _short(value: float | None) -> float | None:
    """Four digits that mean something."""
    return None if value is None else float(f"{value:.4g}")
