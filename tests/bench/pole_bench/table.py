"""The rows as a table that a person reads, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

from pole_bench import figures
from pole_bench.figures import Row

HEAD = ("", "unit", "vanilla", "ours", "ratio", "spread", "processor", "goal", "")


def text(rows: Sequence[Row], load: Sequence[float]) -> str:
    """The table.

    Args:
        rows: what was measured.
        load: the machine's at the beginning and the end.
    """
    lines = [HEAD, *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    notes = [f"  {row.name}: {row.note}" for row in rows if row.note]
    goals = [row.ok for row in rows if row.ok is not None]
    return "\n".join(
        [
            *(_line(line, widths) for line in lines), *notes, "",
            f"Goals met: {sum(goals)} of {len(goals)}. Load of the machine: {load[0]:.1f} before, {load[1]:.1f} after.",
            "Ratio: ours over vanilla's; for '× anonymous', ours over our own anonymous.",
            "Spread: quartiles of the ratio. Processor: time of our process over that of vanilla's.",
        ]
    )  # fmt: skip


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    pairs = enumerate(zip(cells, widths, strict=True))
    return "  ".join(cell.ljust(width) if at < 2 else cell.rjust(width) for at, (cell, width) in pairs).rstrip()


def document(rows: Sequence[Row]) -> str:
    """The same as JSON."""
    found = {"rows": [each for row in rows for each in row.as_dicts()]}
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def rows_of(text: str) -> list[Row]:
    """The rows of such a document."""
    return [figures.read(found) for found in json.loads(text)["rows"]]


def _cells(row: Row) -> tuple[str, ...]:
    sign = "≥" if row.unit in figures.RATES else "<" if row.unit == figures.SECONDS else "≤"
    return (
        row.name,
        row.unit,
        "–" if row.unit == figures.SECONDS else _number(row.vanilla),
        _number(row.pole),
        f"{row.ratio:.2f}" if row.ratio is not None else "–",
        f"{row.spread[0]:.2f}–{row.spread[1]:.2f}" if row.spread else "",
        f"{row.cpu[1] / row.cpu[0]:.2f}" if row.cpu else "",
        f"{sign} {row.goal:g}" if row.goal is not None else "",
        {True: "yes", False: "NO", None: ""}[row.ok],
    )


def _number(value: float | None) -> str:
    if value is None:
        return "fails"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"
