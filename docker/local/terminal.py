"""What a person sees: a step a line with the time it took, French first, English beside."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import Stop

TAIL = 20
WIDTH = 62


def say(text: str = "", end: str = "\n") -> None:
    """Print at once, even into a pipe. A reader who has left (`./dev up | head`) does not stop the work."""
    try:
        print(text, end=end, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(text: str) -> None:
    """Print a line on standard error."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def step(french: str, english: str, *, slow: bool = False) -> Iterator[None]:
    """Show one step of the work and how long it took.

    Args:
        french: what is being done, in a few words.
        english: the same.
        slow: say so before it starts as well, where the terminal cannot be rewritten.
    """
    title = f"{french} · {english}"
    live = sys.stdout.isatty()
    if live:
        say(f"… {title}", end="\r")
    elif slow:
        say(f"… {title}")
    start = time.monotonic()
    try:
        yield
    except BaseException:
        say(f"✗ {title:<{WIDTH}} {time.monotonic() - start:6.1f} s")
        raise
    say(f"✓ {title:<{WIDTH}} {time.monotonic() - start:6.1f} s")


def tail(path: Path, lines: int = TAIL) -> list[str]:
    """The last lines of a file, none if it is absent."""
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - lines * 2000))
            return file.read().decode("utf-8", "replace").splitlines()[-lines:]
    except OSError:
        return []


def explain(stop: Stop) -> None:
    """Say why a command stops, the end of the log that tells more, and what to do."""
    complain("")
    complain(f"✗ {stop.french}")
    complain(f"  {stop.english}")
    if stop.log is not None:
        complain(f"  --- {stop.log} ---")
        for line in tail(stop.log):
            complain(f"  | {line}")
    if stop.do:
        complain(f"  → {stop.do}")
