"""Read an HSDS 3.x API: pages of `/services` (best with `full=true`) or objects of `/services/{id}`.

Streams: a page's records are sealed and passed on before the next is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from . import hsds_parts as parts
from . import hsds_records as make
from .errors import DirectoryError
from .records import Phone
from .sensitive import Raw, Rejected
from .text import clean

Item = Raw[Any] | Rejected


def read(answers: Iterable[object], language: str) -> Iterator[Item]:
    """Read answers of one language feed.

    Args:
        answers: parsed JSON, each a page (`contents`), a list of services or one service.
        language: "fr" or "en": the language of this feed.

    Yields:
        Sealed records; what is shared by services (organisation, location, term) once.

    Raises:
        DirectoryError: `bad_json` for an answer that is neither page nor service.
    """
    reader = _Reader(language)
    for answer in answers:
        for item in _services(answer):
            yield from reader.service(item)


def _services(answer: object) -> Iterator[object]:
    if isinstance(answer, Mapping):
        if "contents" in answer:
            contents = answer["contents"]
            if not isinstance(contents, list):
                raise DirectoryError("bad_json", "contents")
            yield from contents
        elif "id" in answer or "name" in answer:
            yield answer
        else:
            raise DirectoryError("bad_json", "page")
    elif isinstance(answer, list):
        yield from answer
    else:
        raise DirectoryError("bad_json", "page")


def _list(row: parts.Row, name: str) -> list[parts.Row]:
    found = row.get(name)
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []


def _object(row: parts.Row, name: str) -> parts.Row:
    found = row.get(name)
    return found if isinstance(found, Mapping) else {}


class _Reader:
    def __init__(self, language: str) -> None:
        self.language = language
        # Copies already yielded. A copy that differs is yielded too: it may carry the flag that the first lacks.
        self._seen: set[tuple[str, str, int]] = set()

    def service(self, item: object) -> Iterator[Item]:
        if not isinstance(item, Mapping):
            yield Rejected("service", "", "not_an_object")
            return
        service_id = clean(item.get("id"))
        owner = _object(item, "organization")
        if owner:
            yield from self._organization(owner)
        organization_id = clean(item.get("organization_id")) or clean(owner.get("id"))
        terms: list[str] = []
        for link in _list(item, "attributes"):
            term = _object(link, "taxonomy_term")
            if term and self._new("taxonomy_term", term):
                yield make.taxonomy_term(term, self.language)
            if found := clean(term.get("id")) or clean(link.get("taxonomy_term_id")):
                terms.append(found)
        for link in _list(item, "service_at_locations"):
            yield from self._at_location(link, service_id)
        yield make.service(
            item,
            self.language,
            self._phones(item),
            organization_id,
            schedules=self._parts(item, "schedules", parts.schedule),
            service_areas=self._parts(item, "service_areas", parts.service_area),
            languages=self._parts(item, "languages", parts.language_spoken),
            cost_options=self._parts(item, "cost_options", parts.cost_option),
            required_documents=self._parts(item, "required_documents", parts.required_document),
            terms=tuple(dict.fromkeys(terms)),
        )

    def _organization(self, row: parts.Row) -> Iterator[Item]:
        if self._new("organization", row):
            yield make.organization(row, self.language, self._phones(row))
            for place in _list(row, "locations"):
                yield from self._location(place, clean(row.get("id")))

    def _at_location(self, row: parts.Row, service_id: str) -> Iterator[Item]:
        place = _object(row, "location")
        if place:
            yield from self._location(place, "")
        yield make.service_at_location(
            row,
            self.language,
            clean(row.get("service_id")) or service_id,
            clean(row.get("location_id")) or clean(place.get("id")),
            self._phones(row),
            schedules=self._parts(row, "schedules", parts.schedule),
            service_areas=self._parts(row, "service_areas", parts.service_area),
        )

    def _location(self, row: parts.Row, organization_id: str) -> Iterator[Item]:
        if not self._new("location", row):
            return
        if organization_id and not row.get("organization_id"):
            row = {**row, "organization_id": organization_id}
        yield make.location(
            row,
            self.language,
            [found for item in _list(row, "addresses") if (found := parts.address(item))],
            self._phones(row),
            schedules=self._parts(row, "schedules", parts.schedule),
            accessibility=self._parts(row, "accessibility", parts.accessibility),
            languages=self._parts(row, "languages", parts.language_spoken),
        )

    def _new(self, kind: str, row: parts.Row) -> bool:
        """Whether this very copy of a shared object has not been yielded yet."""
        key = (kind, clean(row.get("id")), hash(repr(row)))
        if key in self._seen:
            return False
        self._seen.add(key)
        return True

    def _phones(self, row: parts.Row) -> list[tuple[Phone, str]]:
        return [found for item in _list(row, "phones") if (found := parts.phone(item, self.language))]

    def _parts(self, row: parts.Row, name: str, read_one: Callable[[parts.Row, str], Any]) -> tuple[Any, ...]:
        return tuple(found for item in _list(row, name) if (found := read_one(item, self.language)))
