"""Read iCarol's CSV export: one row an agency, site, program or program at a site.

An agency becomes an organisation, a site a location, a program a service, a
ProgramAtSite the link of the two. Every `…IsPrivate` is demanded: an empty,
absent or unreadable one makes the part private. Columns of persons
(`SeniorWorker…`, `MainContact…`, `LastVerified…`, attention names, names of
telephone lines) and of internal notes are never looked at.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from . import icarol_parts as parts
from .archive import LIMITS, Limits
from .csvrows import rows
from .errors import DirectoryError
from .records import (
    Location,
    Organization,
    Phone,
    Service,
    ServiceArea,
    ServiceAtLocation,
    TaxonomyTerm,
)
from .sensitive import Raw, Rejected, Screen, flag_rule
from .text import append_text, clean, coordinates, text, whole_number

Item = Raw[Any] | Rejected
Row = dict[str, str]

_REQUIRED = ("resourceagencynum", "publicname", "taxonomylevelname", "excludefromwebsite", "excludefromdirectory")


def read(source: Path | bytes | IO[bytes], language: str, limits: Limits = LIMITS) -> Iterator[Item]:
    """Read an export.

    Args:
        source: path, bytes or open binary file of the CSV.
        language: language of the rows whose `LanguageOfRecord` does not say.
        limits: how big the file and its cells may be.

    Yields:
        Sealed records in the order of the file.

    Raises:
        DirectoryError: `missing_column`, `bad_csv`, `bad_encoding`, `too_big` or `empty`.
    """
    stream = (
        source.open("rb") if isinstance(source, Path) else io.BytesIO(source) if isinstance(source, bytes) else source
    )
    ragged: list[Rejected] = []
    reader = _Reader(language)
    empty = True
    try:
        found = rows(
            _Capped(stream, limits.member_bytes),  # type: ignore[arg-type]
            "icarol",
            required=_REQUIRED,
            limits=limits,
            on_ragged=lambda line: ragged.append(Rejected("icarol", f"line {line}", "ragged_row")),
        )
        for row in found:
            empty = False
            yield from reader.row(row)
    finally:
        if isinstance(source, Path):
            stream.close()
    if empty and not ragged:
        raise DirectoryError("empty")
    yield from ragged


class _Capped(io.RawIOBase):
    def __init__(self, stream: IO[bytes], limit: int) -> None:
        self._stream = stream
        self._left = limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        self._left -= len(data)
        if self._left < 0:
            raise DirectoryError("too_big", "icarol")
        buffer[: len(data)] = data
        return len(data)


class _Reader:
    def __init__(self, language: str) -> None:
        self._default = language
        self._terms: set[tuple[str, str]] = set()
        self._levels: dict[str, Callable[[Row, str, Screen, str], Iterator[Item]]] = {
            "agency": self._agency,
            "site": self._site,
            "program": self._program,
            "programatsite": self._program_at_site,
        }

    def row(self, row: Row) -> Iterator[Item]:
        key = clean(row.get("resourceagencynum"))
        level = clean(row.get("taxonomylevelname")).replace(" ", "").casefold()
        said = clean(row.get("languageofrecord")).casefold()[:2]
        language = said if said in ("fr", "en") else self._default
        if not key:
            yield Rejected(level or "icarol", "", "missing_id")
            return
        if level not in self._levels:
            yield Rejected("icarol", key, "unknown_level")
            return
        if level != "programatsite" and not clean(row.get("publicname")):
            yield Rejected(level, key, "missing_name")
            return
        screen = Screen()
        screen.drop(parts.dropped_rule(row, required=level != "programatsite"))
        yield from self._levels[level](row, key, screen, language)

    def _agency(self, row: Row, key: str, screen: Screen, language: str) -> Iterator[Item]:
        parent = clean(row.get("parentagencynum"))
        place = Screen()
        place.drop(parts.dropped_rule(row, required=True))
        yield screen.seal(
            Organization(
                id=key,
                name=text(row.get("publicname"), language),
                alternate_name=text(row.get("alternatename"), language),
                description=text(row.get("agencydescription"), language),
                email=clean(row.get("emailaddressmain")),
                website=clean(row.get("websiteaddress")),
                legal_status=clean(row.get("legalstatus")),
                year_incorporated=whole_number(row.get("yearincorporated")),
                parent_organization_id=parent if parent != key else "",
                phones=screen.phones(parts.phones(row, language)),
            )
        )
        office = self._place(row, f"agency-{key}", key, place, language, name={}, phones=())
        if office:
            yield office

    def _site(self, row: Row, key: str, screen: Screen, language: str) -> Iterator[Item]:
        place = self._place(
            row,
            key,
            clean(row.get("parentagencynum")),
            screen,
            language,
            name=text(row.get("publicname"), language),
            phones=screen.phones(parts.phones(row, language)),
            always=True,
        )
        if place:
            yield place

    def _place(
        self,
        row: Row,
        key: str,
        organization: str,
        screen: Screen,
        language: str,
        *,
        name: Any,
        phones: tuple[Phone, ...],
        always: bool = False,
    ) -> Item | None:
        addresses = parts.addresses(row)
        spot = coordinates(row.get("latitude"), row.get("longitude"))
        if not (addresses or spot[0] is not None or always):
            return None
        screen.withhold(flag_rule(row.get("physicaladdressisprivate"), required=True))
        latitude, longitude = screen.point(*spot)
        return screen.seal(
            Location(
                id=key,
                organization_id=organization,
                name=name,
                description=text(row.get("physicallocationdescription"), language) if always else {},
                transportation=text(row.get("busserviceaccess"), language),
                url=clean(row.get("websiteaddress")) if always else "",
                latitude=latitude,
                longitude=longitude,
                addresses=screen.addresses(addresses),
                phones=phones,
                schedules=parts.schedules(row, language) if always else (),
                accessibility=parts.accessibility(row, language),
            )
        )

    def _program(self, row: Row, key: str, screen: Screen, language: str) -> Iterator[Item]:
        codes = parts.codes(row)
        yield from self._named_terms(codes, row, language)
        screen.addresses([(found, rule) for found, rule in parts.addresses(row) if rule])
        area = append_text(text(row.get("coverageareatext"), language), text(parts.area(row.get("coverage")), language))
        yield screen.seal(
            Service(
                id=key,
                name=text(row.get("publicname"), language),
                organization_id=clean(row.get("parentagencynum")),
                alternate_name=text(row.get("alternatename"), language),
                description=text(row.get("agencydescription"), language),
                url=clean(row.get("websiteaddress")),
                email=clean(row.get("emailaddressmain")),
                application_process=text(row.get("applicationprocess"), language),
                fees_description=append_text(
                    text(row.get("feestructuresource"), language), text(row.get("paymentmethods"), language)
                ),
                wait_time=text(row.get("normalwaittime"), language),
                accreditations=text(row.get("licenseaccreditation"), language),
                eligibility_description=text(row.get("eligibility"), language),
                last_modified=clean(row.get("updatedon")),
                phones=screen.phones(parts.phones(row, language)),
                schedules=parts.schedules(row, language),
                service_areas=(ServiceArea(name=area),) if area else (),
                languages=parts.languages(row, language),
                required_documents=parts.documents(row, language),
                terms=codes,
            )
        )

    def _named_terms(self, codes: Sequence[str], row: Row, language: str) -> Iterator[Item]:
        for code, name in parts.named(codes, row.get("taxonomytermsnotdeactivated")):
            if (code, language) not in self._terms or name:
                self._terms.add((code, language))
                yield Raw(TaxonomyTerm(code, code, text(name, language), taxonomy="AIRS"))

    def _program_at_site(self, row: Row, key: str, screen: Screen, language: str) -> Iterator[Item]:
        service, place = clean(row.get("connectstoprogramnum")), clean(row.get("connectstositenum"))
        if not (service and place):
            yield Rejected("service_at_location", key, "missing_reference")
            return
        screen.addresses([(found, rule) for found, rule in parts.addresses(row) if rule])
        # Its public name ("… at 12 Main Street") repeats the address of the site: not read.
        yield screen.seal(
            ServiceAtLocation(
                id=key,
                service_id=service,
                location_id=place,
                phones=screen.phones(parts.phones(row, language)),
                schedules=parts.schedules(row, language),
            )
        )
