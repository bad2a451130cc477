"""The one way that a command of `./dev` ends before its end."""

from __future__ import annotations

from pathlib import Path


class Stop(Exception):
    """Something that a person has to know and do.

    Args:
        french: what happened.
        english: the same.
        do: a command to type next, if there is one.
        log: the file whose last lines say more, if there is one.
        code: the exit code.
    """

    def __init__(self, french: str, english: str, *, do: str = "", log: Path | None = None, code: int = 1) -> None:
        super().__init__(english)
        self.french = french
        self.english = english
        self.do = do
        self.log = log
        self.code = code
