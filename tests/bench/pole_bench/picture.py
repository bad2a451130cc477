"""How the figures grow with the catalogue, as an SVG: a panel a row, a line a site. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from xml.sax.saxutils import escape

from pole_bench import french
from pole_bench.figures import PROCESSOR, TIMES_ANONYMOUS, Row

COLUMNS, WIDTH, HEIGHT, TOP = 3, 320, 200, 70
#: Inside of a panel: where its lines are.
LEFT, RIGHT, ABOVE, BELOW = 20, 60, 62, 34
#: Site → its colour, its kind of line and its name; its mark differs too, so that colour alone says nothing.
SITES = {"vanilla": ("#6b6b6b", "6 4", "CKAN 2.12"), "pole": ("#1f5fa8", "none", "ckanext-pole")}
STYLE = "text{font:13px system-ui,sans-serif;fill:#1b1b1b}.small{font-size:11px;fill:#4a4a4a}.axis{stroke:#9a9a9a}"


def draw(rows: Sequence[Row]) -> str:
    """The picture.

    Args:
        rows: of one or several sizes.

    Returns:
        SVG, whose text says the same as its marks.
    """
    panels: dict[str, list[Row]] = {}
    for row in rows:
        if row.unit != TIMES_ANONYMOUS and not row.name.endswith(PROCESSOR):
            panels.setdefault(row.name, []).append(row)
    lines = math.ceil(len(panels) / COLUMNS)
    width, height = COLUMNS * WIDTH, TOP + lines * HEIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'
        ' aria-labelledby="title about">',
        '<title id="title">Growth with the catalogue · Croissance avec le catalogue</title>',
        f'<desc id="about">{escape("; ".join(map(_said, (row for each in panels.values() for row in each))))}</desc>',
        f"<style>{STYLE}</style>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="{LEFT}" y="24">By number of datasets · Selon le nombre de jeux</text>',
    ]
    for at, (site, (colour, dashes, name)) in enumerate(SITES.items()):
        x = LEFT + at * 170
        parts += [
            f'<line x1="{x}" y1="46" x2="{x + 30}" y2="46" stroke="{colour}" stroke-width="2"'
            f' stroke-dasharray="{dashes}"/>',
            _mark(x + 15, 46, site), f'<text x="{x + 38}" y="50">{name}</text>',
        ]  # fmt: skip
    for at, (name, found) in enumerate(panels.items()):
        x, y = at % COLUMNS * WIDTH, TOP + at // COLUMNS * HEIGHT
        parts += [f'<g transform="translate({x} {y})">', *_panel(name, found), "</g>"]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(name: str, rows: Sequence[Row]) -> list[str]:
    rows = sorted(rows, key=lambda row: row.datasets)
    most = max(value for row in rows for value in (row.vanilla, row.pole) if value) or 1
    low, high = math.log(rows[0].datasets), math.log(rows[-1].datasets)
    floor = HEIGHT - BELOW

    def across(row: Row) -> float:
        return LEFT + 20 + (math.log(row.datasets) - low) / ((high - low) or 1) * (WIDTH - LEFT - RIGHT - 20)

    def up(value: float) -> float:
        return floor - value / most * (floor - ABOVE)

    parts = [
        f'<text x="{LEFT}" y="18">{escape(name)}</text>',
        f'<text class="small" x="{LEFT}" y="34" xml:lang="fr">{escape(french.name(name))} ({rows[0].unit})</text>',
        f'<line class="axis" x1="{LEFT}" y1="{floor}" x2="{WIDTH - 20}" y2="{floor}"/>',
    ]
    parts += [
        f'<text class="small" x="{across(row):.1f}" y="{floor + 16}" text-anchor="middle">{row.datasets:,}</text>'
        for row in rows
    ]
    higher = {row.datasets: "vanilla" if (row.vanilla or 0) > (row.pole or 0) else "pole" for row in rows}
    for site, (colour, dashes, _name) in SITES.items():
        points = [(across(row), up(value), value, row) for row in rows if (value := getattr(row, site)) is not None]
        if len(points) > 1:
            drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y, _value, _row in points)
            parts.append(
                f'<polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="2"'
                f' stroke-dasharray="{dashes}"/>'
            )
        for x, y, value, row in points:
            over = higher[row.datasets] == site or y > floor - 22
            beside = f'x="{x + 8:.1f}" y="{y + (-9 if over else 18):.1f}"'
            parts += [
                _mark(x, y, site), f'<text class="small" {beside} style="fill:{colour}">{_short(value)}</text>'
            ]  # fmt: skip
    return parts


def _mark(x: float, y: float, site: str) -> str:
    colour = SITES[site][0]
    if site == "vanilla":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>'
    return f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8" fill="{colour}"/>'


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _said(row: Row) -> str:
    figures = ["fails" if value is None else _short(value) for value in (row.vanilla, row.pole)]
    return f"{row.name}, {row.datasets:,}: CKAN 2.12 {figures[0]}, ckanext-pole {figures[1]} {row.unit}"
