"""The rows as an SVG: a line a row, a dot a size of the catalogue, on a scale of ratios. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

WIDTH, LEFT, RIGHT, TOP, STEP = 960, 330, 150, 70, 30
#: Darker the greater the catalogue; each has its shape too, so that colour alone says nothing.
COLOURS = ("#6b9ac4", "#2f6690", "#16425b")
TICKS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300)
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#1b1b1b}.small{font-size:11px;fill:#4a4a4a}"
    ".grid{stroke:#d8d8d8}.one{stroke:#4a4a4a}.goal{stroke:#a3263b;stroke-width:3}.spread{stroke-width:5;opacity:.35}"
)


def draw(rows: Sequence[dict[str, Any]]) -> str:
    """The picture.

    Args:
        rows: of one or several files of `./dev bench --json`.

    Returns:
        SVG, whose text says the same as its marks.
    """
    drawn = [row for row in rows if row["ratio"] and row["vanilla"]]
    names = list(dict.fromkeys(row["name"] for row in drawn))
    sizes = sorted({row["datasets"] for row in drawn})
    height = TOP + STEP * len(names) + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
        ' aria-labelledby="title about">',
        '<title id="title">Beside CKAN as it comes</title>',
        f'<desc id="about">{escape("; ".join(_said(row) for row in drawn))}</desc>',
        f"<style>{STYLE}</style>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="{LEFT}" y="20">ours / vanilla CKAN (logarithmic; red: the goal)</text>',
    ]
    for at, size in enumerate(sizes):
        place = LEFT + at * 170
        parts += [
            _mark(place, 40, at),
            f'<text class="small" x="{place + 12}" y="44">{size:,} datasets or records</text>',
        ]
    for tick in TICKS:
        kind = "one" if tick == 1 else "grid"
        parts += [
            f'<line class="{kind}" x1="{_x(tick):.1f}" y1="{TOP}" x2="{_x(tick):.1f}" y2="{height - 30}"/>',
            f'<text class="small" x="{_x(tick):.1f}" y="{height - 12}" text-anchor="middle">{tick:g}</text>',
        ]
    for line, name in enumerate(names):
        y = TOP + STEP * line + STEP / 2
        parts.append(f'<text x="{LEFT - 14}" y="{y + 4}" text-anchor="end">{escape(name)}</text>')
        for row in (row for row in drawn if row["name"] == name):
            parts += _row(row, y, sizes.index(row["datasets"]))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _row(row: dict[str, Any], y: float, at: int) -> list[str]:
    parts = []
    if row["goal"]:
        x = _x(row["goal"])
        parts.append(f'<line class="goal" x1="{x:.1f}" y1="{y - 9}" x2="{x:.1f}" y2="{y + 9}"/>')
    if row["spread"]:
        low, high = map(_x, row["spread"])
        colour = COLOURS[at % len(COLOURS)]
        parts.append(f'<line class="spread" stroke="{colour}" x1="{low:.1f}" y1="{y}" x2="{high:.1f}" y2="{y}"/>')
    figure = f'<text class="small" x="{WIDTH - RIGHT + 14 + at * 45}" y="{y + 4}">{row["ratio"]:.3g}</text>'
    return [*parts, _mark(_x(row["ratio"]), y, at), figure]


def _mark(x: float, y: float, at: int) -> str:
    colour = COLOURS[at % len(COLOURS)]
    if at % 3 == 0:
        return f'<circle cx="{x:.1f}" cy="{y}" r="5" fill="{colour}"/>'
    if at % 3 == 1:
        return f'<rect x="{x - 5:.1f}" y="{y - 5}" width="10" height="10" fill="{colour}"/>'
    return f'<path d="M{x:.1f} {y - 6}l6 11h-12z" fill="{colour}"/>'


def _x(ratio: float) -> float:
    low, high = math.log10(TICKS[0]), math.log10(TICKS[-1])
    share = (math.log10(min(max(ratio, TICKS[0]), TICKS[-1])) - low) / (high - low)
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _said(row: dict[str, Any]) -> str:
    goal = f", goal {row['goal']:g}" if row["goal"] else ""
    return f"{row['name']}, {row['datasets']:,}: {row['ratio']:.3g}{goal}"
