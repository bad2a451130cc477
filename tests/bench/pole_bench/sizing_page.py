"""The measured load as tables of a page, in either language, and read back from it. Pure.

A page says what was measured and, by `sizing`, what that makes of a million datasets and a thousand requests a second;
its figures are those of its own tables, so that a reader can do the sums again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pole_bench import sizing
from pole_bench.sizing import PARTS, Asked, Load, Need, Wish

BEGIN, END = "<!-- load: begin -->", "<!-- load: end -->"
WISH = Wish(1_000_000, {"search by API": 600, "search page": 200, "dataset page": 150, "home page": 50})

Words = dict[str, str]

ENGLISH: Words = {
    "point": ".", "thousand": ",", "colon": ":",
    "measured": "Measured on {machine}, load {load} before, {readers} readers at once, each from an address of its own",
    "asked": "Page | Datasets | Webs | Requests/s | Median ms | 95 % within ms |"
             " ms web | ms Solr | ms PostgreSQL | ms nginx | ms Redis | From nginx’ cache",
    "held": "Measured at {datasets} datasets | web, each process | Solr | PostgreSQL | nginx | Redis |"
            " database, each dataset | index, each dataset",
    "memory": "memory, or bytes", "mega": "MB", "bytes": "bytes", "giga": "GB",
    "needed": "Multiplied: {datasets} datasets, {rate} requests/s | web | Solr | PostgreSQL | nginx | Redis",
    "mix": "Of {rate} requests a second: {mix}.",
    "working": "processors at work", "have": "processors to have",
    "sums": "{processes} web processes take {web} GB; the catalogue takes {database} GB in PostgreSQL, and {index} GB"
            " in each replica of Solr.",
}  # fmt: skip
FRENCH: Words = {
    "point": ",", "thousand": "\u202f", "colon": "\u00a0:",
    "measured": "Mesuré sur {machine}, charge {load} avant, {readers} lecteurs à la fois, chacun de sa propre adresse",
    "asked": "Page | Jeux | Webs | Demandes/s | Médiane ms | 95 % en ms |"
             " ms web | ms Solr | ms PostgreSQL | ms nginx | ms Redis | Du cache de nginx",
    "held": "Mesuré à {datasets} jeux | web, chaque processus | Solr | PostgreSQL | nginx | Redis |"
            " base, chaque jeu | index, chaque jeu",
    "memory": "mémoire, ou octets", "mega": "Mo", "bytes": "octets", "giga": "Go",
    "needed": "Multiplié : {datasets} jeux, {rate} demandes/s | web | Solr | PostgreSQL | nginx | Redis",
    "mix": "Sur {rate} demandes par seconde : {mix}.",
    "working": "processeurs au travail", "have": "processeurs à avoir",
    "sums": "{processes} processus web prennent {web} Go; le catalogue prend {database} Go dans PostgreSQL, et {index}"
            " Go dans chaque réplique de Solr.",
    "search by API": "recherche par l’API", "search page": "page de recherche", "dataset page": "page d’un jeu",
    "home page": "page d’accueil", "file of the theme": "fichier du thème",
    "page that nginx keeps": "page que nginx garde",
}  # fmt: skip


def put(page: str, load: Load, words: Words) -> str:
    """A page with this load between its marks.

    Raises:
        ValueError: the page has no such marks.
    """
    before, after = _around(page)
    return f"{before}{BEGIN}\n\n{text(load, words)}\n{END}{after}"


def text(load: Load, words: Words) -> str:
    """The tables, and the sums that follow from them as they are written there."""
    written = f"{_asked(load, words)}\n{_held(load, words)}"
    return f"{written}\n{_needed(sizing.need(read(written, words), WISH), words)}"


def read(page: str, words: Words) -> Load:
    """The load that a page tells, as exact as it stands there.

    Raises:
        ValueError: the page does not have the tables.
    """
    pattern = re.escape(words["measured"]).replace(r"\{", "{").replace(r"\}", "}")
    said = re.search(pattern.format(machine="(?P<machine>.+)", load="(?P<load>.+)", readers=r"(?P<readers>\d+)"), page)
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line[:1] == "|"]
    asked = [row for row in rows if len(row) == 7 + len(PARTS) and row[1][:1].isdigit()]
    held = [row for row in rows if row[0] == words["memory"]]
    if said is None or not asked or len(held) != 1:
        raise ValueError("the page does not say what was measured")
    english = {other: name for name, other in words.items()}

    def value(cell: str) -> float:
        digits = cell.replace(words["thousand"], "").replace(words["point"], ".")
        return float(digits.split(" ")[0].removesuffix("%"))

    web, *others, database, index = map(value, held[0][1:])
    return Load(
        said["machine"], value(said["load"]), int(said["readers"]),
        [
            Asked(
                english.get(row[0], row[0]), int(value(row[1])), int(row[2]), *map(value, row[3:6]),
                dict(zip(PARTS, map(value, row[6:-1]), strict=True)), value(row[-1]) / 100,
            )
            for row in asked
        ],
        dict(zip(PARTS, [web, *others], strict=True)), {"database": database, "index": index},
    )  # fmt: skip


def tables(page: str) -> str:
    """What stands between the marks of a page."""
    before, after = _around(page)
    return page[len(before) + len(BEGIN) : len(page) - len(after) - len(END)].strip("\n") + "\n"


def _around(page: str) -> tuple[str, str]:
    before, begin, rest = page.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the page has no marks of a load")
    return before, after


def _asked(load: Load, words: Words) -> str:
    said = words["measured"].format(machine=load.machine, load=_number(load.load, words, 1), readers=load.readers)
    rows = [
        [
            words.get(one.page, one.page), _number(one.datasets, words), str(one.webs), _number(one.rate, words),
            _number(one.median, words), _number(one.late, words),
            *(_number(one.cost[part], words, 2) for part in PARTS), f"{_number(one.cached * 100, words)} %",
        ]
        for one in load.asked
    ]  # fmt: skip
    return f"{said}{words['colon']}\n\n{_table(words['asked'], rows)}"


def _held(load: Load, words: Words) -> str:
    head = words["held"].format(datasets=_number(load.datasets, words))
    memory = [f"{_number(load.megabytes[part], words)} {words['mega']}" for part in PARTS]
    each = [f"{_number(load.bytes_each[kind], words)} {words['bytes']}" for kind in ("database", "index")]
    return _table(head, [[words["memory"], *memory, *each]])


def _needed(need: Need, words: Words) -> str:
    rate = _number(sum(WISH.mix.values()), words)
    head = words["needed"].format(datasets=_number(WISH.datasets, words), rate=rate)
    shares = ", ".join(f"{_number(share, words)} × {words.get(page, page)}" for page, share in WISH.mix.items())
    sums = words["sums"].format(
        processes=need.processors["web"], web=_number(need.web_memory / 1000, words, 1),
        database=_number(need.database / 1e9, words, 1), index=_number(need.index / 1e9, words, 1),
    )  # fmt: skip
    rows = [
        [words["working"], *(_number(need.working[part], words, 2) for part in PARTS)],
        [words["have"], *(_number(need.processors[part], words) for part in PARTS)],
    ]
    return f"{words['mix'].format(rate=rate, mix=shares)}\n\n{_table(head, rows)}\n{sums}\n"


def _table(head: str, rows: Sequence[Sequence[str]]) -> str:
    names = head.split("|")
    lines = [[name.strip() for name in names], ["---", *["--:"] * (len(names) - 1)], *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _number(value: float, words: Words, decimals: int = 0) -> str:
    plain = f"{value:,.{decimals}f}"
    return plain.replace(",", "\0").replace(".", words["point"]).replace("\0", words["thousand"])
