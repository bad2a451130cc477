"""Remove from a directory what must not be published. Fail closed, before anything is stored.

The whole reading is looked at together, because a place is given away by its
neighbours: the location that a shelter shares with a day care, the same
address on another record, the telephone number quoted in a sentence.

Rules, by the name under which the report counts them:

* `flag_private`, `flag_absent`, `flag_unreadable`: the source flags the part, or the flag that the format demands
  is absent or makes no sense;
* `literal`: the address says "confidential" (or the like) instead of a street;
* `secret_text`: a sentence says that the place is secret;
* `denylist`: a service of the place is of a class in `config/directory/denylist.yaml`;
* `denylist_organization`: all services of the organisation are;
* `same_place`: another record has the address or the point of a secret place.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from .collect import Collected, collect
from .denylist import DenyList
from .drops import Kept, keep
from .emails import is_named
from .identifiers import Ids
from .markers import Markers, markers
from .private_values import PrivateValues
from .records import Directory, Location, Record, Service
from .redacted import Redacted, Report, certify
from .scrub import Scrubber, without_place
from .secrecy import BY_FLAG, Secrecy
from .sensitive import Raw, Rejected

T = TypeVar("T", bound=Record)


@dataclass(frozen=True)
class Redaction:
    """What `redact` gives: the directory to publish, the counts, and what a scan of the output must look for."""

    redacted: Redacted
    report: Report
    markers: Markers


def redact(items: Iterable[Raw[Any] | Rejected], ids: Ids, deny: DenyList) -> Redaction:
    """Redact one reading of a directory.

    Args:
        items: what a reader yields.
        ids: makes the published ids.
        deny: the deny-list.
    """
    report = Report()
    found = collect(items, report)
    work = Secrecy(found, deny, report)
    denied = work.denied_services()
    withheld = work.withheld_locations(denied)
    values = work.private_values(withheld)
    work.same_places(withheld, values)
    kept = keep(found, report)
    redacted = _Publisher(found, kept, ids, values, report).publish(denied, withheld)
    return Redaction(redacted, report, markers(values))


class _Publisher:
    """Writes the records anew: published ids, private values gone."""

    def __init__(self, found: Collected, kept: Kept, ids: Ids, values: PrivateValues, report: Report) -> None:
        self._found = found
        self._kept = kept
        self._ids = ids
        self._values = values
        self._report = report
        holders = (*found.organizations.values(), *found.services.values())
        emails = {record.email.casefold() for record in holders if record.email and not is_named(record.email)}
        self._scrubber = Scrubber(values, frozenset(emails), report.removed)

    def publish(self, denied: dict[str, str], withheld: dict[str, str]) -> Redacted:
        found, kept, ids = self._found, self._kept, self._ids
        secret = {
            link.service_id
            for link in found.links.values()
            if withheld.get(link.location_id, "same_place") != "same_place"
        }
        secret |= denied.keys()
        hidden_owners = self._hidden_owners(denied)
        organizations = [
            replace(
                self._scrubber.scrub(owner, _names(owner), owner.id in hidden_owners),
                id=ids.of("organization", owner.id),
                source_id=owner.id,
                parent_organization_id=ids.of("organization", kept.parent_of(owner)),
            )
            for owner in kept.organizations
        ]
        services = [self._service(service, service.id in secret) for service in kept.services]
        locations = [self._location(place, withheld.get(place.id, "")) for place in kept.locations]
        links = [
            replace(
                self._scrubber.scrub(link, self._names_of(link.service_id), link.service_id in secret),
                id=ids.of("service_at_location", link.id),
                source_id=link.id,
                service_id=ids.of("service", link.service_id),
                location_id=ids.of("location", link.location_id),
            )
            for link in kept.links
        ]
        terms = [
            replace(
                self._scrubber.scrub(term, ()),
                id=ids.of("taxonomy_term", term.id),
                source_id=term.id,
                parent_id=ids.of("taxonomy_term", kept.term_parent(term)),
            )
            for term in kept.terms
        ]
        directory = Directory(
            _sorted(organizations), _sorted(services), _sorted(locations), _sorted(links), _sorted(terms)
        )
        self._count(directory, withheld)
        return certify(
            directory,
            frozenset(ids.of("location", place.id) for place in kept.locations if place.id in withheld),
            frozenset(ids.of("service", service.id) for service in kept.services if service.id in secret),
        )

    def _hidden_owners(self, denied: dict[str, str]) -> set[str]:
        owners = {service.organization_id for service in self._found.services.values()}
        return owners - {service.organization_id for key, service in self._found.services.items() if key not in denied}

    def _service(self, service: Service, secret: bool) -> Service:
        clean = self._scrubber.scrub(service, self._names_of(service.id), secret)
        ids = self._ids
        return replace(
            clean,
            id=ids.of("service", service.id),
            source_id=service.id,
            organization_id=ids.of("organization", self._kept.owner_of(service)),
            terms=tuple(sorted(ids.of("taxonomy_term", term) for term in self._kept.terms_of(service))),
        )

    def _location(self, place: Location, rule: str) -> Location:
        if rule:
            had_point = place.latitude is not None
            self._report.removed[f"address_{rule}"] += len(place.addresses)
            self._report.removed[f"point_{rule}"] += had_point
            same = rule == "same_place"
            place = without_place(place, keep_postal=same or rule in BY_FLAG, keep_words=same)
        clean = self._scrubber.scrub(place, _names(place), bool(rule) and rule != "same_place")
        return replace(
            clean,
            id=self._ids.of("location", place.id),
            source_id=place.id,
            organization_id=self._ids.of("organization", self._kept.location_owner(place)),
        )

    def _names_of(self, service_id: str) -> tuple[str, ...]:
        service = self._found.services.get(service_id)
        if not service:
            return ()
        owner = self._found.organizations.get(service.organization_id)
        return (*_names(service), *(_names(owner) if owner else ()))

    def _count(self, directory: Directory, withheld: dict[str, str]) -> None:
        report = self._report
        for place in self._kept.locations:
            if rule := withheld.get(place.id):
                report.withheld[rule] += 1
        report.published.update(
            organization=len(directory.organizations),
            service=len(directory.services),
            location=len(directory.locations),
            service_at_location=len(directory.service_at_locations),
            taxonomy_term=len(directory.terms),
        )
        report.removed += type(report.removed)()  # drops the zero counts
        report.masked = self._values.masked + self._scrubber.masked_emails


def _sorted(records: list[T]) -> tuple[T, ...]:
    return tuple(sorted(records, key=lambda record: record.id))


def _names(record: Any) -> tuple[str, ...]:
    return (*record.name.values(), *record.alternate_name.values())
