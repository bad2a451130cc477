"""Which records stay: the excluded and inactive go with what hangs on them; references to nothing are counted."""

from __future__ import annotations

from dataclasses import dataclass, field

from .collect import Collected
from .records import Location, Organization, Service, ServiceAtLocation, TaxonomyTerm
from .redacted import Report


@dataclass
class Kept:
    """The records that stay, and their references once those that lead nowhere are cut."""

    organizations: list[Organization] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    locations: list[Location] = field(default_factory=list)
    links: list[ServiceAtLocation] = field(default_factory=list)
    terms: list[TaxonomyTerm] = field(default_factory=list)
    owners: dict[str, str] = field(default_factory=dict)
    organization_ids: frozenset[str] = frozenset()
    term_ids: dict[str, str] = field(default_factory=dict)

    def owner_of(self, service: Service) -> str:
        """Give the upstream id of the organisation of a service, "" if none is known."""
        return self.owners.get(service.id, "")

    def location_owner(self, place: Location) -> str:
        """Give the upstream id of the organisation of a location, "" if none is known."""
        return place.organization_id if place.organization_id in self.organization_ids else ""

    def parent_of(self, owner: Organization) -> str:
        """Give the upstream id of the parent organisation, "" if none is known."""
        return owner.parent_organization_id if owner.parent_organization_id in self.organization_ids else ""

    def term_parent(self, term: TaxonomyTerm) -> str:
        """Give the upstream id of the parent term, "" if none is known. Some sources name the parent by its code."""
        parent = self.term_ids.get(term.parent_id, "")
        return "" if parent == term.id else parent

    def terms_of(self, service: Service) -> list[str]:
        """Give the upstream ids of the known terms of a service."""
        return list(dict.fromkeys(self.term_ids[term] for term in service.terms if term in self.term_ids))


def keep(found: Collected, report: Report) -> Kept:
    """Sort out what stays and count the rest in the report."""
    kept = Kept(terms=list(found.terms.values()))
    kept.term_ids = {term.code: key for key, term in found.terms.items() if term.code} | {
        key: key for key in found.terms
    }
    dropped = {key: rule for key in found.organizations if (rule := found.flags_of("organization", key).dropped)}
    kept.organizations = [owner for key, owner in found.organizations.items() if key not in dropped]
    kept.organization_ids = frozenset(owner.id for owner in kept.organizations)
    report.dropped.update(dropped.values())
    gone_services = _keep_services(found, kept, report, dropped)
    gone_locations = _gone_locations(found, report, dropped)
    _keep_links(found, kept, report, gone_services, gone_locations)
    _keep_locations(found, kept, report, gone_locations)
    for service in kept.services:
        report.dangling["service.term"] += sum(term not in kept.term_ids for term in service.terms)
    for place in kept.locations:
        report.dangling["location.organization"] += bool(place.organization_id) and not kept.location_owner(place)
    for term in kept.terms:
        report.dangling["taxonomy_term.parent"] += bool(term.parent_id) and term.parent_id not in kept.term_ids
    report.dangling += type(report.dangling)()
    return kept


def _keep_services(found: Collected, kept: Kept, report: Report, dropped: dict[str, str]) -> set[str]:
    gone = set()
    for key, service in found.services.items():
        owner = _owner(found, service)
        rule = found.flags_of("service", key).dropped or ("organization_dropped" if owner in dropped else "")
        if rule:
            report.dropped[rule] += 1
            gone.add(key)
            continue
        if owner not in found.organizations:
            report.dangling["service.organization"] += bool(owner)
        else:
            kept.owners[key] = owner
        kept.services.append(service)
    return gone


def _owner(found: Collected, service: Service) -> str:
    """Give the organisation of a service. Some sources name a parent service there: follow it, a few steps."""
    owner = service.organization_id
    for _ in range(5):
        if not owner or owner in found.organizations or owner not in found.services:
            break
        above = found.services[owner].organization_id
        if above == owner:
            break
        owner = above
    return owner


def _gone_locations(found: Collected, report: Report, dropped: dict[str, str]) -> set[str]:
    gone = set()
    for key, place in found.locations.items():
        rule = found.flags_of("location", key).dropped or (
            "organization_dropped" if place.organization_id in dropped else ""
        )
        if rule:
            report.dropped[rule] += 1
            gone.add(key)
    return gone


def _keep_links(
    found: Collected, kept: Kept, report: Report, gone_services: set[str], gone_locations: set[str]
) -> None:
    for key, link in found.links.items():
        if rule := found.flags_of("service_at_location", key).dropped:
            report.dropped[rule] += 1
        elif link.service_id in gone_services or link.location_id in gone_locations:
            report.dropped["linked_record_dropped"] += 1
        elif link.service_id not in found.services:
            report.dangling["service_at_location.service"] += 1
        elif link.location_id not in found.locations:
            report.dangling["service_at_location.location"] += 1
        else:
            kept.links.append(link)


def _keep_locations(found: Collected, kept: Kept, report: Report, gone: set[str]) -> None:
    """A location that was there only for services left out goes with them."""
    used_before = {link.location_id for link in found.links.values()}
    used = {link.location_id for link in kept.links}
    for key, place in found.locations.items():
        if key in gone:
            continue
        if key in used_before and key not in used:
            report.dropped["no_service_left"] += 1
        else:
            kept.locations.append(place)
