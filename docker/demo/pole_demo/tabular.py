"""A feed as HSDS 3.1 tables: CSV files and datapackage.json in one zip.

The nested objects of the API are laid flat; every child carries the id of its
parent in the column the specification has for it.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from typing import Any

from pole_demo.hsds_api import Feed

Row = dict[str, Any]

#: Tables and columns of HSDS 3.1. `internal_notes` and `confidential` are the vendor's own, as real exports have.
COLUMNS: dict[str, tuple[str, str]] = {
    "organization": (
        "organizations.csv",
        "id name alternate_name description email website tax_status tax_id year_incorporated legal_status logo uri "
        "parent_organization_id internal_notes",
    ),
    "program": ("programs.csv", "id organization_id name alternate_name description"),
    "service": (
        "services.csv",
        "id organization_id program_id name alternate_name description url email status interpretation_services "
        "application_process fees_description wait_time fees accreditations eligibility_description minimum_age "
        "maximum_age assured_date assurer_email licenses alert last_modified internal_notes",
    ),
    "service_at_location": ("service_at_location.csv", "id service_id location_id description"),
    "location": (
        "locations.csv",
        "id location_type url organization_id name alternate_name description transportation latitude longitude "
        "external_identifier external_identifier_type confidential internal_notes",
    ),
    "address": (
        "addresses.csv",
        "id location_id attention address_1 address_2 city region state_province postal_code country address_type",
    ),
    "phone": (
        "phones.csv",
        "id location_id service_id organization_id contact_id service_at_location_id number extension type description",
    ),
    "schedule": (
        "schedules.csv",
        "id service_id location_id service_at_location_id valid_from valid_to dtstart timezone until count wkst freq "
        "interval byday byweekno bymonthday byyearday description opens_at closes_at schedule_link attending_type "
        "notes",
    ),
    "service_area": (
        "service_areas.csv",
        "id service_id service_at_location_id name description extent extent_type uri",
    ),
    "language": ("languages.csv", "id service_id location_id phone_id name code note"),
    "accessibility": ("accessibility.csv", "id location_id description details url"),
    "contact": (
        "contacts.csv",
        "id organization_id service_id service_at_location_id location_id name title department email",
    ),
    "cost_option": (
        "cost_options.csv",
        "id service_id valid_from valid_to option currency amount amount_description",
    ),
    "funding": ("funding.csv", "id organization_id service_id source"),
    "required_document": ("required_documents.csv", "id service_id document uri"),
    "organization_identifier": (
        "organization_identifiers.csv",
        "id organization_id identifier_scheme identifier_type identifier",
    ),
    "service_capacity": ("service_capacity.csv", "id service_id unit_id available maximum description updated"),
    "unit": ("units.csv", "id name scheme identifier uri"),
    "attribute": ("attributes.csv", "id link_id taxonomy_term_id link_type link_entity value label"),
    "taxonomy": ("taxonomies.csv", "id name description uri version"),
    "taxonomy_term": (
        "taxonomy_terms.csv",
        "id code name description parent_id taxonomy language taxonomy_id term_uri",
    ),
    "metadata": (
        "metadata.csv",
        "id resource_id resource_type last_action_date last_action_type field_name previous_value replacement_value "
        "updated_by",
    ),
    "meta_table_description": ("meta_table_descriptions.csv", "id name language character_set"),
    "url": ("url.csv", "id label url"),
}

#: Child key of an object → (table, column that holds the parent's id).
_CHILDREN = {
    "phones": "phone",
    "schedules": "schedule",
    "service_areas": "service_area",
    "service_at_locations": "service_at_location",
    "languages": "language",
    "accessibility": "accessibility",
    "contacts": "contact",
    "cost_options": "cost_option",
    "funding": "funding",
    "required_documents": "required_document",
    "organization_identifiers": "organization_identifier",
    "capacities": "service_capacity",
    "attributes": "attribute",
    "metadata": "metadata",
    "addresses": "address",
    "locations": "location",
    "programs": "program",
    "additional_urls": "url",
    "additional_websites": "url",
}
#: Key of an object inside an object → (table, column of the holder that keeps its id).
_PARENTS = {
    "organization": ("organization", "organization_id"),
    "program": ("program", "program_id"),
    "location": ("location", "location_id"),
    "unit": ("unit", "unit_id"),
    "taxonomy_term": ("taxonomy_term", "taxonomy_term_id"),
    "taxonomy_detail": ("taxonomy", "taxonomy_id"),
}
_LINKS = {"attribute": "link_id", "metadata": "resource_id"}


def tables(feed: Feed) -> dict[str, list[Row]]:
    """Lay a feed flat: rows by table name, one row an id."""
    found: dict[str, dict[str, Row]] = {name: {} for name in COLUMNS}
    for kind, rows in (
        ("taxonomy", feed.taxonomies),
        ("taxonomy_term", feed.taxonomy_terms),
        ("organization", feed.organizations),
        ("service", feed.services),
    ):
        for row in rows:
            _put(found, kind, row, {})
    return {kind: list(rows.values()) for kind, rows in found.items()}


def _put(found: dict[str, dict[str, Row]], kind: str, row: Row, links: Row) -> None:
    """File one object and all that is inside it; a second sight fills what the first lacked."""
    flat = {key: value for key, value in row.items() if not isinstance(value, (list, dict))}
    kept = found[kind].setdefault(row["id"], {})
    for key, value in {**flat, **links}.items():
        if kept.get(key) in (None, ""):
            kept[key] = value
    for key, (parent, column) in _PARENTS.items():
        if row.get(key):
            kept[column] = row[key]["id"]
            _put(found, parent, row[key], {})
    for key, child in _CHILDREN.items():
        column = _LINKS.get(child, f"{kind}_id")
        for item in row.get(key) or []:
            _put(found, child, item, {column: row["id"]} if column in COLUMNS[child][1].split() else {})


def package(feed: Feed, title: str, description: str, language: str) -> bytes:
    """Make datapackage.zip.

    Args:
        feed: the feed.
        title: title of the data package.
        description: what it is, whose, and whether its content is invented.
        language: code of the feed's language.

    Returns:
        A zip, the same bytes for the same feed.
    """
    rows = tables(feed)
    files: dict[str, str] = {}
    resources = []
    for kind, (name, columns) in COLUMNS.items():
        fields = columns.split()
        out = io.StringIO()
        writer = csv.DictWriter(out, fields, extrasaction="ignore", lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows[kind])
        files[name] = out.getvalue()
        resources.append(
            {
                "name": kind,
                "path": name,
                "format": "csv",
                "mediatype": "text/csv",
                "profile": "tabular-data-resource",
                "schema": {"primaryKey": "id", "fields": [{"name": field, "type": "string"} for field in fields]},
            }
        )
    sheet = {
        "name": "human_services_data",
        "title": title,
        "description": description,
        "profile": "tabular-data-package",
        "version": "3.1.0",
        "language": language,
        "licenses": [
            {
                "name": "CC0-1.0",
                "title": "Creative Commons Zero",
                "path": "https://creativecommons.org/publicdomain/zero/1.0/",
            }
        ],
        "resources": resources,
    }
    return archive({"datapackage.json": json.dumps(sheet, ensure_ascii=False, indent=1), **files})


def archive(files: dict[str, str]) -> bytes:
    """Zip texts under their names, with a fixed date so that the bytes are stable."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as box:
        for name, text in files.items():
            box.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text.encode("utf-8"), zipfile.ZIP_DEFLATED)
    return out.getvalue()
