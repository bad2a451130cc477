"""The HSDS 3.1 tables we publish: their columns, in HSDS's names, types and required fields.

Tables of persons, notes and history (contacts, metadata, programs, funding…)
are left out. A column without marks is an optional string.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Table:
    """A table of the package: resource name, file, columns and references to other tables."""

    name: str
    path: str
    title: dict[str, str]
    fields: tuple[dict[str, Any], ...]
    references: tuple[tuple[str, str], ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(field["name"] for field in self.fields)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that may not be empty."""
        return tuple(field["name"] for field in self.fields if field.get("constraints", {}).get("required"))

    def schema(self) -> dict[str, Any]:
        """Give the Table Schema."""
        schema: dict[str, Any] = {"primaryKey": "id", "fields": list(self.fields)}
        if self.references:
            schema["foreignKeys"] = [
                {"fields": column, "reference": {"resource": table, "fields": "id"}}
                for column, table in self.references
            ]
        return schema


def _field(declared: str) -> dict[str, Any]:
    """Read "name:type!" where `!` is required and the type one of uuid, uri, email, number, date, time, datetime."""
    required = declared.endswith("!")
    name, _, kind = declared.rstrip("!").partition(":")
    limits: dict[str, Any] = {}
    field: dict[str, Any] = {"name": name, "type": "string"}
    if kind in ("uuid", "uri", "email"):
        field["format"] = kind
    elif kind.startswith("["):
        limits["enum"] = kind[1:-1].split("|")
    elif kind:
        field["type"] = kind
    if required:
        limits["required"] = True
    if name == "id":
        limits["unique"] = True
    if limits:
        field["constraints"] = limits
    return field


def _table(name: str, path: str, fr: str, en: str, fields: str, **references: str) -> Table:
    return Table(
        name,
        path,
        {"fr": fr, "en": en},
        tuple(_field(declared) for declared in fields.split(";")),
        tuple(references.items()),
    )


_ID = "id:uuid!"
_DAYS = "[MO|TU|WE|TH|FR|SA|SU]"

TABLES = (
    _table(
        "organization",
        "organizations.csv",
        "Organismes",
        "Organizations",
        f"{_ID};name!;alternate_name;description!;email:email;website:uri;year_incorporated:number;legal_status;"
        "parent_organization_id:uuid",
    ),
    _table(
        "service",
        "services.csv",
        "Services",
        "Services",
        f"{_ID};organization_id:uuid!;name!;alternate_name;description;url:uri;email:email;"
        "status:[active|inactive|defunct|temporarily closed]!;interpretation_services;application_process;"
        "fees_description;wait_time;accreditations;eligibility_description;minimum_age:number;maximum_age:number;"
        "alert;last_modified:datetime",
        organization_id="organization",
    ),
    _table(
        "location",
        "locations.csv",
        "Lieux",
        "Locations",
        f"{_ID};location_type:[physical|postal|virtual]!;url:uri;organization_id:uuid;name;alternate_name;description;"
        "transportation;latitude:number;longitude:number;external_identifier;external_identifier_type",
        organization_id="organization",
    ),
    _table(
        "service_at_location",
        "service_at_location.csv",
        "Services en un lieu",
        "Services at locations",
        f"{_ID};service_id:uuid!;location_id:uuid!;description",
        service_id="service",
        location_id="location",
    ),
    _table(
        "address",
        "addresses.csv",
        "Adresses",
        "Addresses",
        f"{_ID};location_id:uuid;address_1!;address_2;city!;region;state_province!;postal_code!;country!;"
        "address_type:[physical|postal|virtual]!",
        location_id="location",
    ),
    _table(
        "phone",
        "phones.csv",
        "Téléphones",
        "Telephones",
        f"{_ID};location_id:uuid;service_id:uuid;organization_id:uuid;service_at_location_id:uuid;number!;"
        "extension:number;type;description",
        location_id="location",
        service_id="service",
        organization_id="organization",
        service_at_location_id="service_at_location",
    ),
    _table(
        "schedule",
        "schedules.csv",
        "Horaires",
        "Schedules",
        f"{_ID};service_id:uuid;location_id:uuid;service_at_location_id:uuid;valid_from:date;valid_to:date;dtstart:date;"
        "until:date;freq:[WEEKLY|MONTHLY];interval:number;byday;byweekno;bymonthday;description;opens_at:time;closes_at:time",
        location_id="location",
        service_id="service",
        service_at_location_id="service_at_location",
    ),
    _table(
        "service_area",
        "service_areas.csv",
        "Territoires",
        "Service areas",
        f"{_ID};service_id:uuid;service_at_location_id:uuid;name;description;extent;extent_type;uri",
        service_id="service",
        service_at_location_id="service_at_location",
    ),
    _table(
        "language",
        "languages.csv",
        "Langues",
        "Languages",
        f"{_ID};service_id:uuid;location_id:uuid;name;code;note",
        service_id="service",
        location_id="location",
    ),
    _table(
        "accessibility",
        "accessibility.csv",
        "Accessibilité",
        "Accessibility",
        f"{_ID};location_id:uuid;description;details;url:uri",
        location_id="location",
    ),
    _table(
        "cost_option",
        "cost_options.csv",
        "Coûts",
        "Cost options",
        f"{_ID};service_id:uuid!;option;currency;amount:number;amount_description",
        service_id="service",
    ),
    _table(
        "required_document",
        "required_documents.csv",
        "Documents à fournir",
        "Required documents",
        f"{_ID};service_id:uuid;document",
        service_id="service",
    ),
    _table(
        "taxonomy",
        "taxonomies.csv",
        "Taxonomies",
        "Taxonomies",
        f"{_ID};name!;description!",
    ),
    _table(
        "taxonomy_term",
        "taxonomy_terms.csv",
        "Termes de taxonomie",
        "Taxonomy terms",
        f"{_ID};code;name!;description!;parent_id:uuid;taxonomy;language;taxonomy_id:uuid",
        taxonomy_id="taxonomy",
    ),
    _table(
        "attribute",
        "attributes.csv",
        "Classement des services",
        "Classification of services",
        f"{_ID};link_id:uuid!;taxonomy_term_id:uuid!;link_type;link_entity!;value;label",
        taxonomy_term_id="taxonomy_term",
    ),
    _table(
        "meta_table_description",
        "meta_table_descriptions.csv",
        "Description des tables",
        "Table descriptions",
        f"{_ID};name;language;character_set",
    ),
)
BY_NAME = {table.name: table for table in TABLES}
