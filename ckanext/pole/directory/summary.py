"""How many services of each category in each place, without pointing at any one.

Services whose place is secret are counted in the directory as a whole only.
A count under `SMALL` in a place is not published; and where only one count of
a place's categories would be hidden, the next smallest is hidden with it, so
that no difference gives it away.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from .cells import address, pair
from .columns import SUMMARY
from .records import Location
from .redacted import Redacted
from .tables import Row, Table, View, category

SMALL = 5


def city(place: Location) -> str:
    """Give the municipality of a location: the place by default."""
    return address(place)[1] or ""


def summary(redacted: Redacted, place_of: Callable[[Location], str] = city) -> Table:
    """Give the table of counts.

    Args:
        redacted: the directory.
        place_of: names the place of a location ("" if unknown): a municipality, a borough, a neighbourhood.
    """
    view = View(redacted)
    return Table("summary", "csv", SUMMARY, lambda: _rows(view, place_of))


def _rows(view: View, place_of: Callable[[Location], str]) -> Iterator[Row]:
    everywhere: dict[str, set[str]] = defaultdict(set)
    by_place: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for service in view.directory.services:
        groups = {category(view.terms[key].code or view.terms[key].source_id) for key in service.terms} - {""}
        for group in groups:
            everywhere[group].add(service.id)
        if service.id in view.redacted.denied:
            continue
        for link in view.links[service.id]:
            place = view.places[link.location_id]
            if place.id not in view.redacted.withheld and (name := place_of(place)):
                for group in groups:
                    by_place[name][group].add(service.id)
    for name, groups in [("", everywhere), *sorted(by_place.items())]:
        counts = {group: len(services) for group, services in groups.items()}
        hidden = _hidden(counts)
        for group, count in sorted(counts.items()):
            term = view.by_code.get(group)
            shown = group not in hidden
            yield (name or None, group, *pair(term.name if term else {}), count if shown else None, not shown)


def _hidden(counts: dict[str, int]) -> set[str]:
    small = {group for group, count in counts.items() if count < SMALL}
    if len(small) == 1 and len(counts) > 1:
        others = sorted((count, group) for group, count in counts.items() if group not in small)
        small.add(others[0][1])
    return small
