"""`./dev bench chart FILE.json … --svg docs/bench.svg`: the figures as a picture, a file a size of the catalogue."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from pole_bench import picture


def main() -> int:
    """Draw."""
    parser = argparse.ArgumentParser(prog="./dev bench chart", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, help="what --json wrote")
    parser.add_argument("--svg", type=Path, required=True, help="the picture")
    asked = parser.parse_args()
    rows = [row for path in asked.files for row in json.loads(path.read_text("utf-8"))["rows"]]
    asked.svg.write_text(picture.draw(rows), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
