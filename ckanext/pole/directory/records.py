"""The one normalised model of a directory, in HSDS's words.

Every reader makes these records and every writer publishes them. There is no
field for a contact person, for the `attention` line of an address nor for
notes: what has no field cannot leak. Human text is a mapping `{"fr": …,
"en": …}` whose keys may be absent; an empty text is an empty mapping.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Text = Mapping[str, str]
LANGUAGES = ("fr", "en")


class _NoText(Mapping[str, str]):
    """The shared empty text: a default of records must be hashable and unchangeable, a dictionary is neither."""

    def __getitem__(self, key: str) -> str:
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mapping) and not other

    def __repr__(self) -> str:
        return "{}"

    def get(self, key: str, default: Any = None) -> Any:
        """Give the default: there is no text in any language."""
        return default


NO_TEXT: Text = _NoText()


@dataclass(frozen=True)
class Language:
    """A language in which one is served; `code` is ISO 639 when it is known."""

    name: Text = NO_TEXT
    code: str = ""
    note: Text = NO_TEXT


@dataclass(frozen=True)
class Phone:
    """A telephone line of an organisation, service or location (never of a person)."""

    number: str
    extension: str = ""
    type: str = ""
    description: Text = NO_TEXT
    id: str = ""


@dataclass(frozen=True)
class Address:
    """A postal or physical address; `address_type` is physical, postal or virtual."""

    address_1: str = ""
    address_2: str = ""
    city: str = ""
    region: str = ""
    state_province: str = ""
    postal_code: str = ""
    country: str = ""
    address_type: str = "physical"
    id: str = ""


@dataclass(frozen=True)
class Schedule:
    """Opening hours: `byday` is RRULE days (MO,TU…), times are HH:MM, dates ISO; `closed` marks a closure."""

    byday: str = ""
    opens_at: str = ""
    closes_at: str = ""
    freq: str = ""
    interval: str = ""
    bymonthday: str = ""
    byweekno: str = ""
    valid_from: str = ""
    valid_to: str = ""
    dtstart: str = ""
    until: str = ""
    closed: bool = False
    description: Text = NO_TEXT
    id: str = ""


@dataclass(frozen=True)
class ServiceArea:
    """The territory that a service serves; `extent` is a geometry in the format `extent_type`."""

    name: Text = NO_TEXT
    description: Text = NO_TEXT
    extent: str = ""
    extent_type: str = ""
    uri: str = ""
    id: str = ""


@dataclass(frozen=True)
class Accessibility:
    """How a location serves people with disabilities."""

    description: Text = NO_TEXT
    details: Text = NO_TEXT
    url: str = ""
    id: str = ""


@dataclass(frozen=True)
class CostOption:
    """One price; `amount` is a decimal number in `currency` (ISO 4217, lower case)."""

    option: Text = NO_TEXT
    amount: str = ""
    currency: str = ""
    amount_description: Text = NO_TEXT
    id: str = ""


@dataclass(frozen=True)
class RequiredDocument:
    """A document to bring."""

    document: Text = NO_TEXT
    id: str = ""


@dataclass(frozen=True)
class Organization:
    """Who answers for services. `id` is the upstream id until redaction makes it a UUID."""

    id: str
    name: Text
    alternate_name: Text = NO_TEXT
    description: Text = NO_TEXT
    email: str = ""
    website: str = ""
    legal_status: str = ""
    year_incorporated: str = ""
    parent_organization_id: str = ""
    phones: tuple[Phone, ...] = ()
    source_id: str = ""


@dataclass(frozen=True)
class Service:
    """What is offered. `terms` are ids (or codes) of taxonomy terms."""

    id: str
    name: Text
    organization_id: str = ""
    alternate_name: Text = NO_TEXT
    description: Text = NO_TEXT
    url: str = ""
    email: str = ""
    status: str = "active"
    interpretation_services: Text = NO_TEXT
    application_process: Text = NO_TEXT
    fees_description: Text = NO_TEXT
    wait_time: Text = NO_TEXT
    accreditations: Text = NO_TEXT
    eligibility_description: Text = NO_TEXT
    minimum_age: str = ""
    maximum_age: str = ""
    alert: Text = NO_TEXT
    last_modified: str = ""
    phones: tuple[Phone, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    service_areas: tuple[ServiceArea, ...] = ()
    languages: tuple[Language, ...] = ()
    cost_options: tuple[CostOption, ...] = ()
    required_documents: tuple[RequiredDocument, ...] = ()
    terms: tuple[str, ...] = ()
    source_id: str = ""


@dataclass(frozen=True)
class Location:
    """Where. Latitude and longitude are WGS 84 degrees, both or neither."""

    id: str
    organization_id: str = ""
    name: Text = NO_TEXT
    alternate_name: Text = NO_TEXT
    description: Text = NO_TEXT
    transportation: Text = NO_TEXT
    location_type: str = "physical"
    url: str = ""
    latitude: float | None = None
    longitude: float | None = None
    addresses: tuple[Address, ...] = ()
    phones: tuple[Phone, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    accessibility: tuple[Accessibility, ...] = ()
    languages: tuple[Language, ...] = ()
    source_id: str = ""


@dataclass(frozen=True)
class ServiceAtLocation:
    """A service offered at a location, with what is particular there."""

    id: str
    service_id: str
    location_id: str
    description: Text = NO_TEXT
    phones: tuple[Phone, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    service_areas: tuple[ServiceArea, ...] = ()
    source_id: str = ""


@dataclass(frozen=True)
class TaxonomyTerm:
    """A class of services; `taxonomy` names the vocabulary it belongs to."""

    id: str
    code: str = ""
    name: Text = NO_TEXT
    description: Text = NO_TEXT
    parent_id: str = ""
    taxonomy: str = ""
    source_id: str = ""


Record = Organization | Service | Location | ServiceAtLocation | TaxonomyTerm
KINDS: dict[str, type[Record]] = {
    "organization": Organization,
    "service": Service,
    "location": Location,
    "service_at_location": ServiceAtLocation,
    "taxonomy_term": TaxonomyTerm,
}
KIND_OF: dict[type, str] = {cls: kind for kind, cls in KINDS.items()}


@dataclass(frozen=True)
class Directory:
    """All records of one publisher, each tuple sorted by id."""

    organizations: tuple[Organization, ...] = ()
    services: tuple[Service, ...] = ()
    locations: tuple[Location, ...] = ()
    service_at_locations: tuple[ServiceAtLocation, ...] = ()
    terms: tuple[TaxonomyTerm, ...] = ()
