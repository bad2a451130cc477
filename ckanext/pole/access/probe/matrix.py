"""What each caller may see and where: reads `expected.yaml`, and judges what was seen. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import Any

import yaml
from werkzeug.http import parse_dict_header

from ckanext.pole.access.probe.canaries import Canary

#: Who asks, from nobody to the one who keeps the data.
CALLERS = ("anonymous", "registered", "outsider", "lapsed", "partner", "member", "editor")
NOBODY = CALLERS[0]
#: The gateway says so when the source of a linked file does not answer.
_OURS = (502, 504)
#: A limit says so: the door is well, and was not tried.
_PUT_OFF = 429


@dataclass(frozen=True)
class Finding:
    """Something that is not as the matrix says.

    Attributes:
        code: `leak`, `missing`, `unlisted`, `broken`, `limited`; or `kept`: a proxy might give it to others.
        ask: the action or route.
        caller: who asked; empty where nobody did.
        canary: what was seen, or was not.
    """

    code: str
    ask: str
    caller: str = ""
    canary: Canary | None = None


@dataclass(frozen=True)
class Matrix:
    """The expectations.

    Attributes:
        kinds: level (`metadata`, `data`, `address`, `source`) → what is planted at it.
        callers: caller → level → places of which that caller may see it.
        classes: class → level → `caller`, `anyone` or nothing: whose rights bound what is shown there.
        asks: `actions` and `routes` → class → those of that class.
        broken: where the portal may answer with an error of its own: it is CKAN's or an extension's.
        kept: routes of which a proxy may keep the answer, if nobody in particular asked → places of which it may then
            show something; without any, of all that anyone may see.
        promised: action or route → `kind` that is seen there to the full, and `to` whom; by default each caller.
    """

    kinds: Mapping[str, list[str]]
    callers: Mapping[str, Mapping[str, list[str]]]
    classes: Mapping[str, Mapping[str, str]]
    asks: Mapping[str, Mapping[str, list[str]]]
    kept: Mapping[str, list[str] | None]
    promised: Mapping[str, Mapping[str, Any]]
    broken: frozenset[str]

    @cached_property
    def class_of(self) -> dict[str, str]:
        """The class of each action and route."""
        return {ask: name for of in self.asks.values() for name, members in of.items() for ask in members}

    @cached_property
    def _level(self) -> dict[str, str]:
        return {kind: level for level, kinds in self.kinds.items() for kind in kinds}

    def may(self, caller: str, canary: Canary) -> bool:
        """Whether a caller may see a canary somewhere at all."""
        return canary.place in self.callers[caller].get(self._level[canary.kind], ())

    def allowed(self, ask: str, caller: str, canary: Canary) -> bool:
        """Whether a caller may see a canary in the answer of an action or route."""
        bound = self.classes[self.class_of[ask]].get(self._level[canary.kind])
        return bound is not None and self.may(caller if bound == "caller" else NOBODY, canary)

    def unlisted(self, asks: Iterable[str]) -> list[Finding]:
        """Actions and routes that a site has and the matrix does not know."""
        return [Finding("unlisted", ask) for ask in sorted(set(asks) - set(self.class_of))]

    def unanswered(self, codes: Mapping[tuple[str, str], Iterable[int]]) -> list[Finding]:
        """Where a caller got nothing but errors of the server, or was put off: a door that was not really tried.

        Args:
            codes: (action or route, caller) → the HTTP statuses that came.
        """
        found = []
        for (ask, caller), came in sorted(codes.items()):
            if all(code == _PUT_OFF for code in came):
                found.append(Finding("limited", ask, caller))
            elif ask not in self.broken and all(_is_none(code) for code in came):
                found.append(Finding("broken", ask, caller))
        return found

    def judge_kept(self, kept: Mapping[tuple[str, str, bool], Iterable[Canary]]) -> list[Finding]:
        """Hold answers that a proxy may keep against what may be kept.

        Args:
            kept: (action or route, caller, whether a session went along) → all canaries in such answers.
        """
        found = set()
        for (ask, caller, session), canaries in kept.items():
            if caller != NOBODY or session or ask not in self.kept:
                found.add(Finding("kept", ask, caller))
                continue
            places = self.kept[ask]
            for one in canaries:
                public = self._level[one.kind] in ("metadata", "preview") and self.may(NOBODY, one)
                if not public or (places is not None and one.place not in places):
                    found.add(Finding("kept", ask, caller, one))
        return sorted(found, key=lambda one: (one.ask, one.caller, one.canary or ()))

    def judge(self, seen: Mapping[tuple[str, str], Iterable[Canary]], planted: Iterable[Canary]) -> list[Finding]:
        """Hold what was seen against what may be.

        Args:
            seen: (action or route, caller) → all canaries in its answers.
            planted: what there was to see.

        Returns:
            Leaks, and what was promised and did not come.
        """
        there, found = set(planted), []
        for (ask, caller), canaries in seen.items():
            if ask not in self.class_of:
                continue  # asked and shown, and reported as unlisted
            came = set(canaries)
            found += [Finding("leak", ask, caller, one) for one in came if not self.allowed(ask, caller, one)]
            promise = self.promised.get(ask, {})
            heard = caller in promise.get("to", CALLERS)
            due = {one for one in there if heard and one.kind == promise.get("kind") and self.may(caller, one)}
            found += [Finding("missing", ask, caller, one) for one in due - came]
        return sorted(found, key=lambda one: (one.code, one.ask, one.caller, one.canary or ()))


def load() -> Matrix:
    """The matrix of this slice.

    Raises:
        ValueError: an action or a route stands in it twice.
    """
    told: dict[str, Any] = yaml.safe_load((files("ckanext.pole.access.probe") / "expected.yaml").read_text("utf-8"))
    matrix = Matrix(**{**told, "broken": frozenset(told["broken"])})
    listed = [ask for of in matrix.asks.values() for members in of.values() for ask in members]
    twice = sorted({ask for ask in listed if listed.count(ask) > 1})
    if twice:
        raise ValueError(f"listed twice: {', '.join(twice)}")
    return matrix


def may_be_kept(answer: str) -> bool:
    """Whether a proxy may give an answer to somebody else without asking again (RFC 9111, 3 and 4.2).

    Args:
        answer: status line, headers and body; an empty line parts the headers from the body.
    """
    head = answer.partition("\n\n")[0]
    words = parse_dict_header(",".join(re.findall(r"^cache-control:(.*)$", head.lower(), re.MULTILINE)))
    if words.keys() & {"private", "no-store", "no-cache"}:
        return False
    seconds = words.get("s-maxage", words.get("max-age"))
    if seconds is None:  # a proxy may think of a time of its own
        return "public" in words or "\nexpires:" in head.lower()
    return seconds != "0"


def _is_none(status: int) -> bool:
    return status == _PUT_OFF or (status >= 500 and status not in _OURS)
