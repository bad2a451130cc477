"""`./dev bench chart FILE.json … --svg docs/benchmark.svg --table docs/benchmark.md`: the figures drawn, and told.

The table takes the place of what stands between the two marks of the page.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pole_bench import markdown, picture, table


def main() -> int:
    """Draw and tell."""
    parser = argparse.ArgumentParser(prog="./dev bench chart", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, help="what --json wrote")
    parser.add_argument("--svg", type=Path, help="the picture")
    parser.add_argument("--table", type=Path, help="a page with the marks of a table")
    asked = parser.parse_args()
    rows = [row for path in asked.files for row in table.rows_of(path.read_text("utf-8"))]
    if asked.svg:
        asked.svg.write_text(picture.draw(rows), "utf-8")
    if asked.table:
        asked.table.write_text(markdown.put(asked.table.read_text("utf-8"), rows), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
