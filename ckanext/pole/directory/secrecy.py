"""Which places of a directory are secret, by its flags, its words, its classes and its neighbours."""

from __future__ import annotations

from collections import defaultdict

from .collect import Collected
from .denylist import DenyList
from .private_values import PrivateValues
from .redacted import Report

BY_FLAG = ("flag_private", "flag_absent", "flag_unreadable")


class Secrecy:
    """Decides which places are secret.

    Args:
        found: the records of one reading.
        deny: the deny-list.
        report: counts the private parts.
    """

    def __init__(self, found: Collected, deny: DenyList, report: Report) -> None:
        self._found = found
        self._deny = deny
        self._report = report
        self._places: dict[str, set[str]] = defaultdict(set)
        for link in found.links.values():
            self._places[link.service_id].add(link.location_id)

    def denied_services(self) -> dict[str, str]:
        """Give the services whose place is secret, with the rule."""
        found, deny = self._found, self._deny
        terms = deny.denied_terms(found.terms)
        owners = {
            key for key, owner in found.organizations.items() if deny.denies_name(owner.name, owner.alternate_name)
        }
        denied: dict[str, str] = {}
        for key, service in found.services.items():
            codes = [found.terms[term].code or term if term in found.terms else term for term in service.terms]
            if (
                not terms.isdisjoint(service.terms)
                or deny.denies_codes(codes)
                or service.organization_id in owners
                or deny.denies_name(service.name, service.alternate_name)
            ):
                denied[key] = "denylist"
            elif rule := found.flags_of("service", key).withheld:
                denied[key] = rule
            elif deny.says_secret(
                service.description, service.application_process, service.eligibility_description, service.alert
            ):
                denied[key] = "secret_text"
        return denied

    def withheld_locations(self, denied: dict[str, str]) -> dict[str, str]:
        """Give the locations whose place is secret, with the rule."""
        found, deny = self._found, self._deny
        withheld: dict[str, str] = {}
        for service, rule in denied.items():
            for key in self._places[service]:
                withheld.setdefault(key, rule)
        for key, place in found.locations.items():
            if key in withheld:
                continue
            lines = [
                part
                for line in place.addresses
                for part in (line.address_1, line.address_2, line.city, line.postal_code)
            ]
            if deny.hides_address(*lines):
                withheld[key] = "literal"
            elif deny.is_secret_word(place.name) or deny.says_secret(
                place.name, place.alternate_name, place.description, place.transportation
            ):
                withheld[key] = "secret_text"
            elif rule := found.flags_of("location", key).withheld:
                withheld[key] = rule
        self._of_organizations(denied, withheld)
        return {key: rule for key, rule in withheld.items() if key in found.locations}

    def _of_organizations(self, denied: dict[str, str], withheld: dict[str, str]) -> None:
        """Where an organisation gives nothing but secret services, its own office is a secret too."""
        services: dict[str, list[str]] = defaultdict(list)
        for key, service in self._found.services.items():
            if service.organization_id:
                services[service.organization_id].append(key)
        for key, place in self._found.locations.items():
            owned = services.get(place.organization_id)
            if owned and all(service in denied for service in owned):
                withheld.setdefault(key, "denylist_organization")

    def private_values(self, withheld: dict[str, str]) -> PrivateValues:
        """Collect the values to remove wherever they stand."""
        values = PrivateValues()
        for flags in self._found.flags.values():
            for address in flags.addresses:
                if not self._deny.hides_address(address.address_1, address.address_2):
                    values.add_address(address)
            for phone in flags.phones:
                values.add_phone(phone)
            for point in flags.points:
                values.add_point(*point)
            self._report.removed.update(flags.rules)
        for key, rule in withheld.items():
            place = self._found.locations[key]
            for address in place.addresses:
                public_mail = rule in BY_FLAG and address.address_type == "postal"
                if not public_mail and not self._deny.hides_address(address.address_1, address.address_2):
                    values.add_address(address)
            if place.latitude is not None and place.longitude is not None:
                values.add_point(place.latitude, place.longitude)
        return values

    def same_places(self, withheld: dict[str, str], values: PrivateValues) -> None:
        """Withhold the other locations at the address or on the point of a secret place."""
        growing = True
        while growing:
            growing = False
            for key, place in self._found.locations.items():
                streets = [address for address in place.addresses if address.address_type != "postal"]
                if key in withheld or not any(values.has_address(address) for address in streets):
                    continue
                withheld[key] = "same_place"
                # The same door may be written in one more way here, and its point be another geocoding of it.
                for address in streets:
                    growing = values.add_address(address) or growing
                if place.latitude is not None and place.longitude is not None:
                    values.add_point(place.latitude, place.longitude)
        for key, place in self._found.locations.items():
            if key in withheld or place.latitude is None or place.longitude is None:
                continue
            if values.has_point(place.latitude, place.longitude):
                # Not followed further: geocoders put all they cannot find on one point of the city.
                withheld[key] = "same_place"
