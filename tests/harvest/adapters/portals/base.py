"""What all portals of the replay have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from pole_demo.serving import SourceServer


@dataclass
class Entry:
    """A dataset at its portal; `broken` ones are served without what makes a record."""

    key: str
    title: str
    description: str = "Une description."
    broken: bool = False


class Portal(SourceServer):
    """A portal whose entries may change between two runs.

    Attributes:
        entries: in the order of their keys; served by whatever protocol the subclass speaks.
    """

    #: Of the harvester, the paths of its lists (as a shell pattern), and whether lists come in pages and tell a total.
    source_type: ClassVar[str] = ""
    lists: ClassVar[str] = "*"
    paged: ClassVar[bool] = True
    counts: ClassVar[bool] = True

    def __init__(self, count: int = 6) -> None:
        super().__init__()
        self.entries = [self.entry(number) for number in range(1, count + 1)]

    def entry(self, number: int) -> Entry:
        """A new entry; its key is as the protocol writes keys."""
        return Entry(self.key(number), f"Jeu numéro {number}")

    def key(self, number: int) -> str:
        return f"jeu-{number:03d}"

    @property
    def source_url(self) -> str:
        """What an operator gives as the source's address."""
        return self.url

    def settings(self) -> dict[str, Any]:
        """What an operator gives as the source's settings."""
        return {"language": "fr", "page_size": 4}


def number(params: dict[str, Any], name: str, default: int) -> int | None:
    """A parameter as a natural number; None if it is something else."""
    text = str(params.get(name, default))
    return int(text) if text.isdigit() else None
