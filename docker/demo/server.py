"""Serve the demo's sources: `python docker/demo/server.py --port N`.

Under /city a French-only municipal CKAN portal, under /hsds a 211 directory in
HSDS 3.1 (API and tabular package). `--faults` opens /_faults for tests.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import suppress

from pole_demo import DemoServer, Fault
from pole_demo.httpd import CONTENT

__all__ = ["DemoServer", "Fault", "main"]


def main(arguments: list[str] | None = None) -> int:
    """Read the command line, serve until interrupted.

    Args:
        arguments: the command line; the process's own by default.

    Returns:
        The exit code: 0, or 2 when the port is taken or the content unreadable.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True, help="TCP port; 0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--content", default=str(CONTENT), help="folder of the content")
    parser.add_argument("--montreal", metavar="FILE", help="serve a capture of Montréal's catalogue under /city")
    parser.add_argument(
        "--hsds-dir", "--hsds-zip", dest="hsds", metavar="PATH", help="serve an HSDS 2 data package under /hsds"
    )
    parser.add_argument("--faults", action="store_true", help="let tests set faults at /_faults")
    options = parser.parse_args(arguments)
    try:
        server = DemoServer(
            options.port,
            host=options.host,
            content=options.content,
            montreal_file=options.montreal,
            hsds_dir=options.hsds,
            control=options.faults,
        )
    except OSError as error:
        print(f"demo sources: {error}", file=sys.stderr)
        return 2
    print(f"demo sources ready: {server.url}/city {server.url}/hsds", flush=True)
    with suppress(KeyboardInterrupt):
        server.run()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
