"""One run: plant, enumerate what the site has, ask all of it as everybody, judge."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qsl

import ckan.plugins.toolkit as tk
from ckan import logic

from ckanext.pole.access.probe import arguments, planting
from ckanext.pole.access.probe.asking import Asker, asking
from ckanext.pole.access.probe.canaries import Canary
from ckanext.pole.access.probe.garden import FEW, SCRAP, SOME, Garden, Person, each
from ckanext.pole.access.probe.matrix import CALLERS, NOBODY, Finding, Matrix, load, may_be_kept


class Who(Protocol):
    """Says who asks an action or a route."""

    def __call__(self, ask: str, *, promised: bool, reading: bool) -> Collection[str]:
        """The callers."""
        ...


def everybody(ask: str, *, promised: bool, reading: bool) -> Collection[str]:
    """All callers, always."""
    return CALLERS


def briefly(ask: str, *, promised: bool, reading: bool) -> Collection[str]:
    """Few callers, in a minute: where something is promised one of each right; else whoever has an account elsewhere.

    Somebody with an account, and rights elsewhere, sees at least what nobody in particular sees.
    """
    if promised:
        return ("anonymous", "lapsed", "partner", "editor")
    return ("lapsed",) if reading else ("outsider",)


#: Told before each question: how many were asked, and of how many.
Watch = Callable[[int, int], None]


def nobody_watches(asked: int, of: int) -> None:
    """Who asks from a program waits for the end."""


@dataclass
class Report:
    """What a run found.

    Attributes:
        seen: (action or route, caller) → canaries in its answers.
        kept: (action or route, caller, with a session) → canaries in its answers that a proxy might give to others.
        codes: (action or route, caller) → how often each HTTP status came.
        findings: where it is not as the matrix says.
        questions: how many were asked.
        seconds: how long it took.
    """

    seen: dict[tuple[str, str], set[Canary]] = field(default_factory=lambda: defaultdict(set))
    kept: dict[tuple[str, str, bool], set[Canary]] = field(default_factory=lambda: defaultdict(set))
    codes: dict[tuple[str, str], dict[int, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    findings: list[Finding] = field(default_factory=list)
    questions: int = 0
    seconds: float = 0


def actions() -> dict[str, Any]:
    """All actions of the site, from CKAN's own registry."""
    tk.get_action("package_show")  # fills it
    return dict(sorted(logic._actions.items()))


def routes(flask_app: Any) -> dict[str, bool]:
    """All routes of the site → whether they answer to GET."""
    found: dict[str, bool] = {}
    for rule in flask_app.url_map.iter_rules():
        found[rule.rule] = found.get(rule.rule, False) or "GET" in (rule.methods or ())
    return dict(sorted(found.items()))


def probe(
    application: Callable[..., Any], flask_app: Any, *, asks: Who = everybody, source: str = planting.NOWHERE,
    watch: Watch = nobody_watches,
) -> Report:  # fmt: skip
    """Plant, ask and judge; nothing stays but the ledger's rows.

    Args:
        application: the site, as a WSGI server calls it.
        flask_app: CKAN's, for its URL map.
        asks: who asks which of them; whether they are listed is checked of all.
        source: address of a server that has the linked files, if there is one.
        watch: hears how far it is.
    """
    matrix, started, report = load(), time.monotonic(), Report()
    named, ruled = actions(), routes(flask_app)
    with planting.planted(source) as garden, asking(application) as asker:
        questions = list(_questions(garden, named, ruled, matrix, asks))
        for ask, caller, method, path, more in questions:
            watch(asker.count, len(questions))
            visits = method == "GET" and ask in matrix.kept
            for session, status, text in _answers(asker, garden.people.get(caller), method, path, more, visits=visits):
                report.codes[ask, caller][status] += 1
                seen = garden.cage.seen(text)
                report.seen[ask, caller] |= seen
                if may_be_kept(text):
                    report.kept[ask, caller, session] |= seen
        report.questions = asker.count
    report.findings = [
        *matrix.unlisted([*named, *ruled]), *matrix.unanswered(report.codes),
        *matrix.judge(report.seen, garden.planted), *matrix.judge_kept(report.kept),
    ]  # fmt: skip
    report.seconds = time.monotonic() - started
    return report


def _answers(
    asker: Asker, person: Person | None, method: str, path: str, more: dict[str, Any], *, visits: bool
) -> Iterator[tuple[bool, int, str]]:
    """What comes back: whether with a session, the status, and the answer.

    Pages that may be kept are visited: by nobody in particular with a session too, and whatever they lead to.
    """
    if not visits:
        yield False, *asker.ask(person, method, path, **more)
        return
    for session in (False, True) if person is None else (False,):
        for status, text in asker.visit(person, path, session=session):
            yield session, status, text


def _questions(
    garden: Garden, named: dict[str, Any], ruled: dict[str, bool], matrix: Matrix, asks: Who
) -> Iterator[tuple[str, str, str, str, dict[str, Any]]]:
    """Every question: the action or route, who asks, method, path, and what is sent."""
    for name, function in named.items():
        reading = bool(getattr(function, "side_effect_free", False))
        for caller in asks(name, promised=name in matrix.promised, reading=reading):
            beds = _beds(name, matrix) if reading else _expendable(caller)
            for sent in arguments.of_action(name, garden, beds, reading=reading):
                yield name, caller, "POST", f"/api/3/action/{name}", {"json": sent}
    for rule, gives in ruled.items():
        callers = asks(rule, promised=rule in matrix.promised, reading=gives)
        if callers and rule in matrix.kept:
            callers = dict.fromkeys((NOBODY, *callers))  # a proxy keeps what it gets for nobody
        for caller in callers:
            for path in arguments.of_route(rule, garden, _beds(rule, matrix) if gives else _expendable(caller)):
                where, _, form = path.partition("?")
                if gives:
                    yield rule, caller, "GET", path, {}
                else:  # what a page's form sends
                    yield rule, caller, "POST", where, {"data": dict(parse_qsl(form, keep_blank_values=True))}


def _beds(ask: str, matrix: Matrix) -> Iterable[tuple[str, str]]:
    if ask in matrix.kept:
        return each("upload")
    promise = matrix.promised.get(ask)
    return SOME if promise is None else each("link" if promise["kind"] == "address" else "upload")


def _expendable(caller: str) -> Iterable[tuple[str, str]]:
    """What a caller's changes are tried on: who may change things spoils nothing that others are asked about later.

    ckanext-harvest commits by itself, which no transaction of ours undoes.
    """
    return SCRAP if caller == "editor" else FEW
