"""What was planted, by the names that the arguments are filled from. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ckanext.pole.access.probe.canaries import PARTS, Cage, Canary

#: Which resources arguments are filled from: those that cover every kind of secret; for what changes things fewer
#: still; and what an editor may spoil. Where the matrix promises something, one of each part.
SOME = (("confidential", "upload"), ("agreement", "link"), ("micro", "upload"))
FEW = (("confidential", "upload"), ("agreement", "link"))
SCRAP = (("scrap", "link"), ("scrap", "upload"))


def each(how: str) -> tuple[tuple[str, str], ...]:
    """The linked or the uploaded resource of every part."""
    return tuple((part, how) for part in PARTS)


@dataclass(frozen=True)
class Person:
    """An account of the probe.

    Attributes:
        id: its id.
        name: its name.
        token: an API token of its own; empty for one that never asks.
    """

    id: str = ""
    name: str = ""
    token: str = field(default="", repr=False)


@dataclass
class Garden:
    """Ids of all that was planted.

    Attributes:
        cage: the canaries.
        orgs: `custodian`, `partner`, `lapsed`, `outsider` → id.
        people: caller → account.
        datasets: place → id; `scrap` is the one that an editor's changes are tried on.
        resources: (part, `link` or `upload`) → id.
        views: part → id of a preview of the uploaded file.
        others: other ids by name: `policy`, `agreement`, `request`, `source`, `job`, `object`.
        activities: place → ids, the oldest first.
        planted: the canaries that are really there.
    """

    cage: Cage
    orgs: dict[str, str] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    datasets: dict[str, str] = field(default_factory=dict)
    resources: dict[tuple[str, str], str] = field(default_factory=dict)
    views: dict[str, str] = field(default_factory=dict)
    others: dict[str, str] = field(default_factory=dict)
    activities: dict[str, list[str]] = field(default_factory=dict)
    planted: set[Canary] = field(default_factory=set)

    def word(self, place: str, kind: str) -> str:
        """A canary, which counts as planted from now on; what an editor may spoil has none."""
        if place == "scrap":
            return f"{self.cage.run}_{kind}"
        self.planted.add(Canary(place, kind))
        return self.cage.word(place, kind)

    def names(self, part: str, how: str) -> dict[str, str]:
        """The names that an argument may use, for one resource and what it hangs in."""
        place = "mixed" if part in ("summary", "micro") else part
        history = self.activities.get(place) or [""]
        others = {**dict.fromkeys(("source", "scrap_source", "job", "object"), ""), **self.others}
        if part == "scrap":
            others["source"] = others.get("scrap_source", "")
        return {
            **others, **{f"{name}_org": org for name, org in self.orgs.items()},
            "dataset": self.datasets[place], "resource": self.resources[part, how], "view": self.views.get(part, ""),
            "oldest": history[0], "newest": history[-1], "run": self.cage.run,
            "custodian": self.orgs["custodian"], "editor": self.people["editor"].id, "member": self.people["member"].id,
        }  # fmt: skip

    def every(self, beds: Iterable[tuple[str, str]]) -> Iterator[dict[str, str]]:
        """The names for each of some of the planted resources."""
        for part, how in beds:
            yield self.names(part, how)
