"""A reduced capture of Montréal's real catalogue as package dicts of the same API.

The capture has slugs, titles, tags, organisations, formats and addresses; it
has neither notes nor licences, and none are made up here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pole_demo.city import LICENCES, PORTAL, identifier, moment, named, tags
from pole_demo.ckan_api import Portal


def load(path: Path) -> Portal:
    """Read the capture: a JSON list of datasets."""
    rows = json.loads(path.read_text("utf-8"))
    site = {"title": "Données ouvertes de Montréal (capture)", "url": PORTAL, "description": ""}
    return Portal([_package(row) for row in rows], site, LICENCES)


def _package(row: dict[str, Any]) -> dict[str, Any]:
    """Make one package dict; what the capture does not say stays empty."""
    slug = row["slug"]
    found = identifier("dataset", slug)
    when = moment(row["metadata_modified"])
    return {
        "id": found,
        "name": slug,
        "title": row["title"],
        "notes": row.get("notes") or "",
        "language": "FR",
        "state": "active",
        "type": "dataset",
        "private": False,
        "isopen": bool(row.get("license_id")),
        "license_id": row.get("license_id"),
        "license_title": row.get("license_title"),
        "license_url": row.get("license_url"),
        "organization": {
            **named("organization", row["org_name"], row["organization"]),
            "type": "organization",
        },
        "owner_org": identifier("organization", row["org_name"]),
        "update_frequency": row.get("update_frequency") or "",
        "temporal": "",
        "territoires": row["territories"],
        "methodologie": "",
        "spatial": "",
        "tags": tags(row["tags"]),
        "num_tags": len(row["tags"]),
        "groups": [],
        "metadata_created": when,
        "metadata_modified": when,
        "num_resources": len(row["resources"]),
        "resources": [_resource(res, found, when, at) for at, res in enumerate(row["resources"])],
    }


def _resource(res: dict[str, Any], package_id: str, when: str, at: int) -> dict[str, Any]:
    """Make one resource dict; ids and addresses are the portal's own."""
    return {
        "id": res["id"],
        "package_id": package_id,
        "position": at,
        "name": res["name"],
        "description": "",
        "format": res["format"],
        "resource_type": "donnees",
        "url": res["url"],
        "url_type": "",
        "size": None,
        "mimetype": "",
        "datastore_active": res["datastore_active"],
        "state": "active",
        "created": when,
        "last_modified": None,
        "metadata_modified": when,
    }
