"""Whether this container's role is well: exit code 0, or 1 and a line that says why.

The web server must answer; a consumer must hold its process. Standard library only.
"""

from __future__ import annotations

import sys
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

PATH = "http://127.0.0.1:5000/pole/health/live"


def role(processes: Path = Path("/proc")) -> str:
    """The command that the container's first processes run: `web`, or the consumer's own words."""
    for folder in sorted(processes.glob("[0-9]*"), key=lambda path: int(path.name)):
        try:
            words = (folder / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
        except OSError:
            continue  # it has just ended
        names = [Path(word).name for word in words[:2]]
        if "gunicorn" in names:
            return "web"
        if "ckan" in names:
            return " ".join(words[2:]).strip()
    return ""


def main() -> int:
    """Look once."""
    found = role()
    if found != "web":
        print(found or "no role runs here")
        return 0 if found else 1
    try:
        with build_opener(ProxyHandler({})).open(PATH, timeout=4) as answer:
            print(answer.status)
            return 0 if answer.status == 200 else 1
    except (URLError, OSError) as error:
        print(f"no answer: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
