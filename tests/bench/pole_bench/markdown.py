"""The rows as a table of a page, in both languages. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from pole_bench import french
from pole_bench.figures import PROCESSOR, RATES, Row

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
HEAD = (
    "", "", "datasets · jeux", "CKAN 2.12", "ckanext-pole", "ratio · rapport", "spread · étendue",
    "processor · processeur", "goal · but", "met · atteint",
)  # fmt: skip


def put(page: str, rows: Sequence[Row]) -> str:
    """A page with these rows between its marks.

    Raises:
        ValueError: the page has no such marks.
    """
    before, begin, rest = page.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the page has no marks of a table")
    return f"{before}{BEGIN}\n\n{text(rows)}\n{END}{after}"


def text(rows: Sequence[Row]) -> str:
    """The table."""
    processor = {(row.name, row.datasets): row.ratio for row in rows}
    lines = [HEAD, ("---", "---", *["--:"] * (len(HEAD) - 2))]
    for row in rows:
        if not row.name.endswith(PROCESSOR):
            lines.append(_cells(row, processor.get((f"{row.name}{PROCESSOR}", row.datasets))))
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _cells(row: Row, processor: float | None) -> tuple[str, ...]:
    goal = "" if row.goal is None else f"{'≥' if row.unit in RATES else '≤'} {row.goal:g}"
    return (
        f"{row.name}<br>{french.name(row.name)}", row.unit, f"{row.datasets:,}".replace(",", " "),
        _figure(row.vanilla), _figure(row.pole), _figure(row.ratio),
        f"{row.spread[0]:.2f}–{row.spread[1]:.2f}" if row.spread else "",
        _figure(processor) if processor else "", goal,
        {True: "yes · oui", False: "**no · non**", None: ""}[row.ok],
    )  # fmt: skip


def _figure(value: float | None) -> str:
    return "fails · échoue" if value is None else f"{value:.0f}" if value >= 100 else f"{value:.3g}"
