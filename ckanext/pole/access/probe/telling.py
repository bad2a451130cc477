"""What a run found, for people and for programs. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ckanext.pole.access.probe.canaries import Canary
from ckanext.pole.access.probe.matrix import CALLERS, Finding

Seen = Mapping[tuple[str, str], Iterable[Canary]]

#: How a finding begins, in both languages: the command line knows no reader's language.
_WORDS = {
    "leak": "FUITE · LEAK",
    "missing": "MANQUE · MISSING",
    "unlisted": "INCONNU · UNLISTED",
    "broken": "PANNE · BROKEN",
    "kept": "GARDÉ · KEPT",
    "limited": "FREINÉ, à sonder plus tard · PUT OFF by a limit, probe it later",
}


def findings(found: Iterable[Finding]) -> Iterator[str]:
    """A line for each action or route that is not as the matrix says, for each caller."""
    together: dict[tuple[str, str, str], list[Canary]] = defaultdict(list)
    for one in found:
        together[one.code, one.ask, one.caller] += [one.canary] if one.canary else []
    for (code, ask, caller), canaries in together.items():
        words = ", ".join(f"{one.place}/{one.kind}" for one in canaries)
        yield "  ".join(filter(None, (f"✗ {_WORDS[code]}", ask, caller, words)))


def table(seen: Seen, callers: Iterable[str] = CALLERS) -> Iterator[str]:
    """The matrix as it was found: of each action and route, how many canaries each caller has seen there.

    A dash: was not asked. What showed nothing to anybody is left out.
    """
    shown = sorted({ask for (ask, _), canaries in seen.items() if canaries})
    names = list(callers)
    width = max((len(ask) for ask in shown), default=0)
    yield f"{'':{width}}  {'  '.join(names)}"
    for ask in shown:
        cells = (_cell(seen, ask, caller).rjust(len(caller)) for caller in names)
        yield f"{ask:{width}}  {'  '.join(cells)}"


def _cell(seen: Seen, ask: str, caller: str) -> str:
    if (ask, caller) not in seen:
        return "–"
    return str(len(set(seen[ask, caller]))) if seen[ask, caller] else "·"


def as_json(seen: Seen, codes: Mapping[tuple[str, str], Mapping[int, int]], found: Iterable[Finding]) -> dict[str, Any]:
    """All of it, for a program."""
    asks: dict[str, dict[str, Any]] = defaultdict(dict)
    for (ask, caller), canaries in seen.items():
        asks[ask][caller] = {
            "seen": sorted(f"{one.place}/{one.kind}" for one in set(canaries)),
            "status": {str(code): count for code, count in sorted(codes[ask, caller].items())},
        }
    told = [
        {"code": one.code, "ask": one.ask, "caller": one.caller,
         "canary": f"{one.canary.place}/{one.canary.kind}" if one.canary else ""}
        for one in found
    ]  # fmt: skip
    return {"asks": asks, "findings": told}
