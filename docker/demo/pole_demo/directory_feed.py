"""One language of the demo's directory: records of content/directory/*.yaml as full HSDS 3.1 objects."""

from __future__ import annotations

import uuid
from typing import Any

from pole_demo.hours import schedules
from pole_demo.hsds_api import Feed

Row = dict[str, Any]
TAXONOMY = "demo-211"


def identifier(kind: str, *parts: object) -> str:
    """Give the stable id of a record or of a part of it."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(["https://211.exemple.test", kind, *map(str, parts)])))


class FeedBuilder:
    """Makes one language's feed."""

    def __init__(self, source: dict[str, Any], language: str) -> None:
        self.source = source
        self.language = language
        self.phrases = source["phrases"]
        self.taxonomy = {
            "id": identifier("taxonomy", TAXONOMY),
            "name": TAXONOMY,
            "description": self.say({"fr": "Classement de démonstration", "en": "Demonstration classification"}),
            "version": "2026",
        }
        self.terms = {row["code"]: self.term(row) for row in source["taxonomy"]}
        self.organizations = {row["key"]: self.organization(row) for row in source["organizations"]}
        self.locations = {row["key"]: self.location(row) for row in source["locations"]}

    def feed(self) -> Feed:
        """Make the feed: services that have a name in this language, all organisations and terms."""
        kept = [row for row in self.source["services"] if self.say(row["name"])]
        services = sorted((self.service(row) for row in kept), key=lambda row: row["id"])
        organizations = sorted(self.organizations.values(), key=lambda row: row["id"])
        return Feed(services, organizations, [self.taxonomy], list(self.terms.values()))

    def say(self, value: Any, table: str = "") -> str | None:
        """Give a text in the feed's language.

        Args:
            value: nothing, a text that is the same in both languages, a
                `{fr, en}` value, or, with a table, a key of phrases.yaml.
            table: a table of phrases.yaml.
        """
        if isinstance(value, str) and table:
            value = self.phrases[table][value]
        return value.get(self.language) if isinstance(value, dict) else value

    def term(self, row: Row) -> Row:
        """Make a taxonomy term."""
        return _clean(
            id=identifier("term", row["code"]),
            code=row["code"],
            name=self.say(row["name"]),
            description=self.say(row.get("description")) or self.say(row["name"]),
            parent_id=identifier("term", row["parent"]) if row.get("parent") else None,
            taxonomy=TAXONOMY,
            taxonomy_detail=self.taxonomy,
            language=self.language,
        )

    def organization(self, row: Row) -> Row:
        """Make an organisation with its phone, contact, funding and programs."""
        key = row["key"]
        return _clean(
            id=identifier("organization", key),
            name=self.say(row["name"]),
            alternate_name=row.get("short"),
            description=self.say(row["description"]),
            email=f"info@{key}.exemple.test",
            website=f"https://{key}.exemple.test",
            year_incorporated=row.get("year"),
            legal_status=self.say(row.get("status", "obnl"), "legal"),
            uri=f"https://211.exemple.test/organismes/{key}",
            phones=[self.phone("organization", key, row["phone"])] if row.get("phone") else [],
            contacts=[self.contact("organization", key, row["contact"])] if row.get("contact") else [],
            funding=[
                {"id": identifier("funding", key, name), "source": self.say(name, "funding")}
                for name in row.get("funding", [])
            ],
            internal_notes=row.get("note"),
        )

    def contact(self, kind: str, key: str, person: Row) -> Row:
        """Make a named person: never to be read by the portal."""
        return _clean(
            id=identifier("contact", kind, key),
            name=person["name"],
            title=self.say(person.get("title"), "titles"),
            email=person["email"],
            phones=[self.phone("contact", f"{kind}/{key}", person["phone"])] if person.get("phone") else [],
        )

    def phone(self, kind: str, key: str, number: Any) -> Row:
        """Make a phone: `514-555-01xx`, with `x12` for an extension."""
        digits, _, extension = str(number).partition(" x")
        return _clean(
            id=identifier("phone", kind, key, number),
            number=digits,
            extension=int(extension) if extension else None,
            type="voice",
        )

    def location(self, row: Row) -> Row:
        """Make a location with its address and accessibility."""
        key = row["key"]
        latitude, longitude = row.get("at", (None, None))
        address = _clean(
            id=identifier("address", key),
            attention=row.get("attention"),
            address_1=row.get("address"),
            city=row.get("city", "Montréal"),
            region=row["borough"],
            state_province="QC",
            postal_code=row.get("postal"),
            country="CA",
            address_type="physical",
        )
        return _clean(
            id=identifier("location", key),
            location_type=row.get("type", "physical"),
            name=self.say(row["name"]) or next(iter(row["name"].values())),
            description=self.say(row.get("description")),
            transportation=self.say(row.get("transport")),
            latitude=latitude,
            longitude=longitude,
            addresses=[address] if row.get("address") else [],
            accessibility=[
                {"id": identifier("accessibility", key, name), "description": self.say(name, "access")}
                for name in row.get("access", [])
            ],
            confidential="true" if row.get("private") else None,
            internal_notes=row.get("note"),
        )

    def service(self, row: Row) -> Row:
        """Make a service with all its children."""
        key = row["key"]
        low, high = row.get("ages", (None, None))
        return _clean(
            id=identifier("service", key),
            name=self.say(row["name"]),
            alternate_name=self.say(row.get("short")),
            description=self.say(row.get("description")),
            url=f"https://{row['org']}.exemple.test/{key}",
            email=f"info@{row['org']}.exemple.test",
            status=row.get("status", "active"),
            interpretation_services=self.say(row.get("interpretation")),
            application_process=self.say(row.get("apply"), "apply"),
            fees_description=self.say(row.get("cost"), "cost"),
            wait_time=self.say(row.get("wait"), "wait"),
            eligibility_description=self.say(row.get("for"), "for"),
            minimum_age=low,
            maximum_age=high,
            assured_date=str(row["assured"]) if row.get("assured") else None,
            assurer_email=row.get("assurer"),
            alert=self.say(row.get("alert")),
            last_modified=f"{row['modified']}T12:00:00.000Z",
            phones=[self.phone("service", key, row["phone"])] if row.get("phone") else [],
            schedules=schedules(identifier("schedule", key), row.get("hours", []), self.language),
            service_areas=[
                _clean(
                    id=identifier("area", key, name),
                    name=self.say(name, "areas") if name in self.phrases["areas"] else name,
                    extent=name,
                    extent_type="text",
                )
                for name in row.get("areas", [])
            ],
            service_at_locations=[self.place(key, at) for at in row.get("at", [])],
            languages=[
                {"id": identifier("language", key, code), "name": self.say(code, "languages"), "code": code}
                for code in row.get("languages", ["fr"])
            ],
            organization=self.organizations[row["org"]],
            cost_options=[
                _clean(
                    id=identifier("cost", key, at),
                    option=self.say(cost["option"]),
                    currency="cad",
                    amount=cost["amount"],
                    amount_description=self.say(cost.get("per")),
                )
                for at, cost in enumerate(row.get("costs", []))
            ],
            required_documents=[
                {"id": identifier("document", key, name), "document": self.say(name, "documents")}
                for name in row.get("documents", [])
            ],
            contacts=[self.contact("service", key, row["contact"])] if row.get("contact") else [],
            attributes=[
                {
                    "id": identifier("attribute", key, code),
                    "link_type": "taxonomy",
                    "link_entity": "service",
                    "taxonomy_term": self.terms[code],
                }
                for code in row["terms"]
            ],
            capacities=[self.capacity(key, row["beds"], row["modified"])] if row.get("beds") else [],
            metadata=[self.edit(key, row)] if row.get("edited_by") else [],
            internal_notes=row.get("note"),
        )

    def place(self, key: str, at: str) -> Row:
        """Make a service at a location."""
        return {"id": identifier("service_at_location", key, at), "location": self.locations[at]}

    def capacity(self, key: str, beds: int, day: Any) -> Row:
        """Make the number of beds of a service."""
        name = {"fr": "lit", "en": "bed"}[self.language]
        return {
            "id": identifier("capacity", key),
            "unit": {"id": identifier("unit", "bed"), "name": name},
            "available": 0,
            "maximum": beds,
            "updated": f"{day}T12:00:00.000Z",
        }

    def edit(self, key: str, row: Row) -> Row:
        """Make the trace of an edit; it names who made it."""
        return {
            "id": identifier("metadata", key),
            "resource_type": "service",
            "last_action_date": str(row["modified"]),
            "last_action_type": "update",
            "field_name": "description",
            "previous_value": "",
            "replacement_value": self.say(row.get("description")) or "",
            "updated_by": row["edited_by"],
        }


def _clean(**fields: Any) -> Row:
    """Drop what is not said; lists of children stay, even empty."""
    return {key: value for key, value in fields.items() if value is not None and value != ""}
