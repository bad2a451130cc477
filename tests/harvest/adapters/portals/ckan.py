"""A CKAN portal: the action API of the demonstration, over entries."""

from __future__ import annotations

from typing import Any

from pole_demo import ckan_api
from pole_demo.reply import Reply, Request

from portals.base import Entry, Portal


class Ckan(Portal):
    source_type = "pole_ckan"
    lists = "*/package_search"

    def answer(self, request: Request) -> Reply:
        name = request.path.removeprefix("/api/3/action/")
        return ckan_api.Portal([_package(entry) for entry in self.entries], {}, []).answer(request, self.url, name)


def _package(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.key,
        "name": entry.key,
        "title": "" if entry.broken else entry.title,
        "notes": entry.description,
        "license_id": "cc-by",
        "metadata_modified": "2026-09-16T07:12:36.602495",
        "metadata_created": "2013-10-17T20:45:22.826827",
        "organization": {"name": "ville", "title": "Ville"},
        "tags": [],
        "groups": [],
        "resources": [
            {"id": f"r-{entry.key}", "name": "Tableau", "format": "CSV", "url": f"https://v.example/{entry.key}.csv"}
        ],
    }
