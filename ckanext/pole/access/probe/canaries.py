"""Words that occur nowhere else: where one turns up, what it was planted in has come through. Pure."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from typing import NamedTuple

#: All that the probe plants is named so, on every site; an earlier probe that was killed is found by it.
PREFIX = "pole-sonde-"
#: Datasets, by what keeps them closed; the mixed one has an open summary and closed microdata.
DATASETS = ("open", "registered", "agreement", "confidential", "embargoed", "mixed")
#: The parts that data lie in: a dataset's own tier, or the two of the mixed one.
PARTS = ("open", "registered", "agreement", "confidential", "embargoed", "summary", "micro")


class Canary(NamedTuple):
    """One planted word.

    Attributes:
        place: one of `DATASETS` or `PARTS`, or `source` for a harvest source.
        kind: what it was planted in; the matrix lists the kinds.
    """

    place: str
    kind: str


@dataclass(frozen=True)
class Cage:
    """The canaries of one run.

    Attributes:
        run: what all of them begin with.
    """

    run: str = field(default_factory=lambda: f"{PREFIX}{secrets.token_hex(4)}")

    def word(self, place: str, kind: str) -> str:
        """A canary's spelling: fit for titles, file names, addresses and cells."""
        return f"{self.run}-{place}-{kind}"

    def seen(self, text: str) -> frozenset[Canary]:
        """The canaries in a text, however its letters are written."""
        found = re.findall(rf"{self.run}-([a-z]+)-([a-z]+)", text, re.IGNORECASE)
        return frozenset(Canary(place.lower(), kind.lower()) for place, kind in found)
