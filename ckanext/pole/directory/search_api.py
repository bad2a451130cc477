"""Read the search API of 211 centres (iCarol's `/api/v2/search`): each record is a service at its place.

The names of the fields are those that the API answers and that its public
clients read. It may carry the flags of iCarol's export; where a record says
nothing of a private address or telephone, that part is private, unless the
provider has agreed in writing that it sends public parts only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from . import icarol_parts as parts
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
Row = dict[str, Any]

#: What we ask for. Persons and internal notes are not among them, so that they never travel.
FIELDS = (
    "id", "PublicName", "AlternateName", "ParentId", "ParentAgency", "ParentAgencyNum", "Description",
    "AgencyDescription", "AgencyStatus", "ExcludeFromWebsite", "ExcludeFromDirectory",
    "PhysicalAddressStreet1", "PhysicalAddressStreet2", "PhysicalAddressCity", "PhysicalAddressProvince",
    "PhysicalAddressPostalCode", "PhysicalAddressCountry", "PhysicalAddressIsPrivate", "Latitude", "Longitude",
    "PhoneNumbers", "Email", "Website", "Hours", "HoursOfOperation", "Eligibility", "MinAge", "MaxAge",
    "FeeStructureSource", "ApplicationProcess", "DocumentsRequired", "LanguagesOffered", "LanguagesOfferedList",
    "ServiceArea", "CoverageArea", "DisabilitiesAccess", "PhysicalLocationDescription", "BusServiceAccess",
    "TaxonomyTerms", "TaxonomyCodes", "UpdatedOn",
)  # fmt: skip

#: The API's name of a field → the export's, so that both formats share one reading of flags, addresses and hours.
_AS_EXPORT = {
    "physicaladdressstreet1": "physicaladdress1",
    "physicaladdressstreet2": "physicaladdress2",
    "physicaladdresscity": "physicalcity",
    "physicaladdressprovince": "physicalstateprovince",
    "physicaladdresspostalcode": "physicalpostalcode",
    "physicaladdresscountry": "physicalcountry",
}


def read(records: Iterable[object], language: str, *, unflagged_is_public: bool = False) -> Iterator[Item]:
    """Read the records of one language's calls.

    Args:
        records: parsed JSON objects, page after page.
        language: "fr" or "en": the language that was asked for.
        unflagged_is_public: the provider sends public parts only, so that a part without a flag is public.

    Yields:
        Sealed records: organisation, service, location, link and terms.

    Raises:
        DirectoryError: `bad_json` for a record that is no object.
    """
    reader = _Reader(language, unflagged_is_public)
    for record in records:
        if not isinstance(record, Mapping):
            raise DirectoryError("bad_json", "Records")
        yield from reader.record(record)


class _Reader:
    def __init__(self, language: str, unflagged_is_public: bool) -> None:
        self._language = language
        self._demanded = not unflagged_is_public
        self._owners: set[str] = set()
        self._terms: set[str] = set()

    def record(self, record: Mapping[str, Any]) -> Iterator[Item]:
        row = _row(record)
        key, name = clean(row.get("id")), clean(row.get("publicname"))
        if not key or not name:
            yield Rejected("service", key, "missing_name" if key else "missing_id")
            return
        owner = clean(row.get("parentagencynum")) or clean(row.get("parentid"))
        # "0" stands for nothing in this API.
        owner = "" if owner == "0" else owner
        if owner and clean(row.get("parentagency")) and owner not in self._owners:
            self._owners.add(owner)
            yield Raw(Organization(id=f"agency-{owner}", name=text(row["parentagency"], self._language)))
        codes = parts.codes(row)
        yield from self._named(codes, row)
        place = self._place(row, key, owner)
        yield self._service(row, key, owner, codes)
        if place is not None:
            yield place
            yield Raw(ServiceAtLocation(f"{key}@place", key, f"place-{key}"))

    def _named(self, codes: Sequence[str], row: Row) -> Iterator[Item]:
        for code, name in parts.named(codes, row.get("taxonomyterms")):
            if code not in self._terms:
                self._terms.add(code)
                yield Raw(TaxonomyTerm(code, code, text(name, self._language), taxonomy="AIRS"))

    def _service(self, row: Row, key: str, owner: str, codes: tuple[str, ...]) -> Item:
        language, screen = self._language, Screen()
        screen.drop(parts.dropped_rule(row, required=False))
        area = append_text(
            text(row.get("coveragearea"), language), text(parts.area(row.get("servicearea")), language), "; "
        )
        return screen.seal(
            Service(
                id=key,
                name=text(row.get("publicname"), language),
                organization_id=f"agency-{owner}" if owner else "",
                alternate_name=text(row.get("alternatename"), language),
                description=text(row.get("description") or row.get("agencydescription"), language),
                url=clean(row.get("website")),
                email=clean(row.get("email")),
                application_process=text(row.get("applicationprocess"), language),
                fees_description=text(row.get("feestructuresource"), language),
                eligibility_description=text(row.get("eligibility"), language),
                minimum_age=whole_number(row.get("minage")),
                maximum_age=whole_number(row.get("maxage")),
                last_modified=clean(row.get("updatedon")),
                phones=screen.phones(self._phones(row)),
                schedules=parts.schedules(row, language),
                service_areas=(ServiceArea(name=area),) if area else (),
                languages=parts.languages(row, language),
                required_documents=parts.documents(row, language),
                terms=codes,
            )
        )

    def _place(self, row: Row, key: str, owner: str) -> Item | None:
        language, screen = self._language, Screen()
        flag = row.get("physicaladdressisprivate")
        rule = flag_rule(flag, required=self._demanded)
        # The mailing address is not asked for; the physical one follows our rule, not the export's.
        addresses = [(found, rule) for found, _ in parts.addresses(row) if found.address_type == "physical"]
        spot = coordinates(row.get("latitude"), row.get("longitude"))
        if not addresses and spot[0] is None:
            return None
        screen.drop(parts.dropped_rule(row, required=False))
        screen.withhold(rule)
        latitude, longitude = screen.point(*spot)
        return screen.seal(
            Location(
                id=f"place-{key}",
                organization_id=f"agency-{owner}" if owner else "",
                description=text(row.get("physicallocationdescription"), language),
                transportation=text(row.get("busserviceaccess"), language),
                latitude=latitude,
                longitude=longitude,
                addresses=screen.addresses(addresses),
                accessibility=parts.accessibility(row, language),
            )
        )

    def _phones(self, row: Row) -> list[tuple[Phone, str]]:
        """Read the lines; `Name` may be a person's and is not read."""
        found = []
        lines = row.get("phonenumbers")
        for line in lines if isinstance(lines, list) else ():
            if isinstance(line, Mapping) and (number := clean(line.get("Phone"))):
                rule = flag_rule(line.get("IsPrivate"), required=self._demanded)
                said = text(line.get("Description"), self._language)
                found.append((Phone(number, type=clean(line.get("Type")).casefold(), description=said), rule))
        return found


def _row(record: Mapping[str, Any]) -> Row:
    """Give the record under the export's column names; lists of words become one text."""
    row: Row = {}
    for name, value in record.items():
        lowered = str(name).lower()
        words = isinstance(value, list) and lowered != "phonenumbers"
        row[_AS_EXPORT.get(lowered, lowered)] = "; ".join(clean(item) for item in value) if words else value
    return row
