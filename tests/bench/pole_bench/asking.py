"""What the two sites are asked over HTTP, in turns, and the rows that this makes."""

from __future__ import annotations

import json
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from pole_bench import content, figures
from pole_bench.figures import Row
from pole_bench.site import BenchError, Client, Process, Where, processor

FACETS = ["organization", "groups", "tags", "res_format", "license_id"]
ROWS = 20
#: Rounds that are not counted: connections, caches and the templates' compilation.
WARM = 5
#: Seconds of a question that brings what it needs into the processor's caches by itself.
LONG = 0.1

ANONYMOUS = "search, anonymous"
PAGE = "dataset page, anonymous"
#: Row → the most that ours may be over vanilla's (issue 7, item 3; None: no goal is set).
GOALS: dict[str, float | None] = {
    ANONYMOUS: 1.05,
    "search, member of 1": None,
    "search, member of 50": None,
    "search, member of 500": None,
    "search, admin of 500": None,
    "search incl. private, member of 500": None,
    "search incl. private, admin of 500": None,
    "search page, anonymous": None,
    PAGE: 0.7,
    "dataset page, admin of 500": None,
    "home page, anonymous": None,
    "DataStore search, 100 rows": None,
    "DataStore dump, 10,000 rows": None,
}
#: Row → whose anonymous row it is measured against, and the most that ours may be over that. The goals are of CKAN's
#: plain search, which leaves private datasets out. A search for those too needs to know of all 500 organisations.
AGAINST: dict[str, tuple[str, float | None]] = {
    "search, member of 50": (ANONYMOUS, 1.2),
    "search, member of 500": (ANONYMOUS, 1.3),
    "search, admin of 500": (ANONYMOUS, 1.3),
    "search incl. private, member of 500": (ANONYMOUS, None),
    "search incl. private, admin of 500": (ANONYMOUS, None),
    "dataset page, admin of 500": (PAGE, 1.3),
}
#: Who searches besides those without an account.
PEOPLE = ("member of 1", "member of 50", "member of 500", "admin of 500")
CREATE, CREATE_GOAL = "package_create", 1.2


#: From a site and the number of the round to the path, the headers and the body.
Asking = Callable[[str, int], tuple[str, dict[str, str], Any]]


@dataclass
class Limits:
    """How long a row is measured: so many rounds, but no new one after so many seconds of its own.

    A site of up to `small` datasets has its whole index made by both, more than once for the spread.
    """

    rounds: int
    seconds: float
    small: int = 2000


@dataclass
class Pair:
    """The two sites as the bench asks them.

    Attributes:
        where: both, by name.
        filled: what `fill` gave of each.
        limits: of a row.
        pids: of the web processes.
    """

    where: dict[str, Where]
    filled: dict[str, dict[str, Any]]
    limits: Limits
    pids: dict[str, int]
    taken: dict[str, dict[str, list[float]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    used: dict[str, dict[str, list[float]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))

    def __post_init__(self) -> None:
        self.clients = {name: Client(where) for name, where in self.where.items()}
        self._logins: dict[tuple[str, str], dict[str, str]] = {}
        self.datasets = self.filled["pole"]["datasets"]

    def headers(self, site: str, person: str) -> dict[str, str]:
        """How a person who looks around says who she is: by the cookie of her login."""
        if not person:
            return {}
        if (site, person) not in self._logins:
            self._logins[site, person] = Client(self.where[site]).login(person, content.PASSWORD)
        return self._logins[site, person]

    def rows(self) -> Iterator[Row]:
        """Ask all there is in `GOALS`, and make the rows."""
        self.warm()
        for together in self._plan():
            self.measure(
                {
                    name: lambda site, at, path=path, who=who: (path(at), self.headers(site, who), None)
                    for name, (path, who) in together.items()
                }
            )
        for name, goal in GOALS.items():
            yield self._row(name, goal)
            if name in AGAINST:
                nobody, most = AGAINST[name]
                sides = {site: (self.taken[name][site], self.taken[nobody][site]) for site in self.where}
                row = figures.against(f"{name} / anonymous", **sides, goal=most, datasets=self.datasets)
                theirs, ours = (self._used(name, site) / self._used(nobody, site) for site in ("vanilla", "pole"))
                yield replace(row, note=f"in processor time {ours:.2f} × anonymous, vanilla's {theirs:.2f} ×")

    def warm(self) -> None:
        """Ask both sites other questions first: Solr's Java is slow at whatever it has not done some hundred times.

        Ours asks it more, so that a search engine that has just been started would speak against us alone.
        """
        words = content.questions(4 * min(self.limits.rounds, 100))
        for at, (one, other) in enumerate(zip(words, words[len(words) // 3 :] + words, strict=False)):
            for site in sorted(self.where, reverse=bool(at % 2)):
                self._asked(site, _search(f"{one} {other}"), {}, None)

    def _row(self, name: str, goal: float | None) -> Row:
        cpu = self._used(name, "vanilla") * 1e3, self._used(name, "pole") * 1e3
        return figures.times(name, **self.taken[name], goal=goal, datasets=self.datasets, cpu=cpu)

    def _used(self, name: str, site: str) -> float:
        return statistics.median(self.used[name][site])

    def _plan(self) -> list[dict[str, tuple[Callable[[int], str], str]]]:
        """Row → what is asked in a round, and by whom; what is compared stands together."""
        public = self.filled["pole"]["public"]
        table = content.identity("resource", 0, content.FILES[0][1])
        limited = urlencode({"resource_id": table, "limit": 100})
        searches = {f"search, {who}": (who.replace(" of ", "-"), {}) for who in PEOPLE}
        hidden = {"include_private": "true"}
        searches |= {f"search incl. private, {who}": (who.replace(" of ", "-"), hidden) for who in PEOPLE[2:]}
        # Nobody asks what another has asked: Solr remembers what it answered, and ours asks the same for all of them.
        turns = content.questions((len(searches) + 2) * (self.limits.rounds + WARM))
        words = [turns[turn :: len(searches) + 2] for turn in range(len(searches) + 2)]

        def search(words: list[str], more: dict[str, str]) -> Callable[[int], str]:
            return lambda at: _search(words[at], **more)

        def page(at: int) -> str:
            return f"/dataset/{public[at % len(public)]}"

        return [
            {
                ANONYMOUS: (search(words[0], {}), ""),
                **{
                    name: (search(words[turn], more), person)
                    for turn, (name, (person, more)) in enumerate(searches.items(), 2)
                },
            },
            {PAGE: (page, ""), "dataset page, admin of 500": (page, "admin-500")},
            {"search page, anonymous": (lambda at: f"/dataset/?{urlencode({'q': words[1][at]})}", "")},
            {"home page, anonymous": (lambda at: "/", "")},
            {"DataStore search, 100 rows": (lambda at: f"/api/3/action/datastore_search?{limited}", "")},
            {"DataStore dump, 10,000 rows": (lambda at: f"/datastore/dump/{table}", "")},
        ]

    def measure(self, rows: dict[str, Asking]) -> None:
        """Take some rows' times: each round asks all of both sites, the first of a round is the second of the next.

        Each question comes after that of the round before, asked again and not counted: it brings back what the other
        site's questions have pushed out of the processor's caches. Without it our searches were those that come after
        a third of a second of CKAN's administrator in every second round, CKAN's in none.

        Args:
            rows: their names, and what each asks.

        Raises:
            BenchError: a site does not answer with 200.
        """
        warm = WARM if self.limits.rounds > WARM else 1
        spent = dict.fromkeys(rows, 0.0)
        last: dict[tuple[str, str], float] = defaultdict(float)
        for at in range(warm + self.limits.rounds):
            for name, asking in rows.items():
                if at >= warm + 3 and spent[name] > self.limits.seconds:
                    continue
                for site in sorted(self.where, reverse=bool(at % 2)):
                    before = asking(site, max(0, at - 1))
                    if before[2] is None and last[name, site] < LONG:  # a question, not an order
                        self._asked(site, *before)
                    seconds, used = self._asked(site, *asking(site, at))
                    last[name, site] = seconds
                    spent[name] += seconds
                    if at >= warm:
                        self.taken[name][site].append(seconds)
                        self.used[name][site].append(used)

    def _asked(self, site: str, path: str, headers: dict[str, str], body: Any) -> tuple[float, float]:
        before = processor(self.pids[site])
        seconds, status, answer = self.clients[site].seconds(path, headers, body)
        if status != 200:
            raise BenchError(f"{site}: {status} for {path}: {answer[:300]!r}")
        return seconds, processor(self.pids[site]) - before

    def create(self, processes: dict[str, Process], organisations: int) -> Row:
        """`package_create` by an editor, new datasets after those that are there."""
        number = self.limits.rounds + WARM
        made = {
            site: process("new", start=self.datasets, number=number, organisations=organisations)["datasets"]
            for site, process in processes.items()
        }
        # A program writes with a token, whose use CKAN notes by a write of its own.
        writer = {site: {"Authorization": filled["tokens"]["editor"]} for site, filled in self.filled.items()}
        self.measure({CREATE: lambda site, at: ("/api/3/action/package_create", writer[site], made[site][at])})
        return self._row(CREATE, CREATE_GOAL)

    def many_labels(self, processes: dict[str, Process], organisations: int, number: int) -> Row:
        """A search by a member of thousands of organisations: ours answers, where CKAN's runs into Solr's limit."""
        asked = {"q": "aide", "rows": ROWS, "include_private": "true"}
        path = f"/api/3/action/package_search?{urlencode(asked)}"
        found: dict[str, float | None] = {}
        for site, process in processes.items():
            token = process("join_many", first=organisations, last=organisations + number)["token"]
            answers = [self.clients[site].seconds(path, {"Authorization": token}) for _ in range(3)]
            good = [seconds for seconds, status, _ in answers if status == 200]
            found[site] = min(good) * 1e3 if len(good) == len(answers) else None
        ours = found["pole"]
        return Row(
            f"search, member of {number:,}", figures.MILLISECONDS, found["vanilla"], ours,
            # There is nothing to divide by where CKAN fails: the goal is an answer, ours over ours.
            1.0 if ours else None, 1.0, None, self.datasets, "the goal is that it works",
        )  # fmt: skip


def _search(question: str, **more: str) -> str:
    asked = {"q": question, "rows": ROWS, "facet.field": json.dumps(FACETS), **more}
    return f"/api/3/action/package_search?{urlencode(asked)}"
