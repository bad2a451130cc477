"""The demo's municipal portal: content/city.yaml as package dicts, pages and files."""

from __future__ import annotations

import copy
import html as markup
import json
import uuid
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from pole_demo.ckan_api import Portal
from pole_demo.downloads import content_type, download
from pole_demo.reading import read_yaml
from pole_demo.reply import Reply, Request, html

PORTAL = "https://donnees.montreal.ca"
CC_BY = {
    "license_id": "cc-by",
    "license_title": "Creative Commons Attribution 4.0 International",
    "license_url": "http://creativecommons.org/licenses/by/4.0/",
    "isopen": True,
}
LICENCES = [
    {
        "id": "cc-by",
        "title": CC_BY["license_title"],
        "url": CC_BY["license_url"],
        "family": "Creative Commons",
        "maintainer": "Creative Commons",
        "domain_content": True,
        "domain_data": False,
        "domain_software": False,
        "od_conformance": "approved",
        "osd_conformance": "not reviewed",
    }
]
#: Stands for the server's address inside package dicts; each answer puts the caller's in.
HERE = "{city}"


def identifier(*parts: str) -> str:
    """Give the stable id of a thing of this portal: same words, same id, other than its name."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join([PORTAL, *parts])))


def named(kind: str, name: str, title: str, description: str = "") -> dict[str, Any]:
    """Make the short dict of an organisation or a group."""
    return {"id": identifier(kind, name), "name": name, "title": title, "description": description}


def tags(names: list[str]) -> list[dict[str, Any]]:
    """Make CKAN's tag dicts."""
    return [
        {"id": identifier("tag", n), "name": n, "display_name": n, "state": "active", "vocabulary_id": None}
        for n in names
    ]


def load(folder: Path) -> Portal:
    """Read city.yaml.

    Args:
        folder: the content folder; data files are in its `files/`.

    Raises:
        FileNotFoundError: city.yaml, or a file that a resource names, is not there.
    """
    source = read_yaml(folder / "city.yaml")
    packages = [_package(row, source, folder / "files") for row in source["datasets"]]
    return Portal(packages, source["site"], LICENCES)


def _package(row: dict[str, Any], source: dict[str, Any], files: Path) -> dict[str, Any]:
    """Turn one dataset of the file into a package dict of the live portal's shape."""
    slug = row["slug"]
    found = identifier("dataset", slug)
    organization = row.get("organization", "ville-de-montreal")
    coverage = source["coverage"][row["coverage"]]
    period = [str(day) for day in row.get("temporal", [])]
    notes = row["notes"].strip()
    if any(res.get("sample") for res in row["resources"]):
        notes = f"{notes}\n\n{source['sample']['notes'].strip()}"
    when = moment(row["modified"])
    contact = source["contacts"][row["contact"]]
    return {
        "id": found,
        "name": slug,
        "title": row["title"],
        "notes": notes,
        "language": "FR",
        "state": "active",
        "type": "dataset",
        "private": False,
        "url": f"{PORTAL}/dataset/{slug}",
        "landing_page": f"{PORTAL}/dataset/{slug}",
        "author": contact["name"],
        "author_email": contact["email"],
        "maintainer": contact["name"],
        "maintainer_email": contact["email"],
        **CC_BY,
        "organization": {
            **named("organization", organization, source["organizations"][organization]),
            "type": "organization",
        },
        "owner_org": identifier("organization", organization),
        "update_frequency": row["frequency"],
        "temporal": "/".join(period),
        "temporal_start": period[0] if period else "",
        "temporal_end": period[-1] if period else "",
        "territoires": coverage["territories"],
        "methodologie": "",
        "spatial": json.dumps(_polygon(coverage["box"])),
        "tags": tags(row["tags"]),
        "num_tags": len(row["tags"]),
        "groups": [named("group", name, **source["groups"][name]) for name in row["groups"]],
        "metadata_created": when,
        "metadata_modified": when,
        "num_resources": len(row["resources"]),
        "resources": [
            {"position": at, "package_id": found, **_resource(_marked(res, source["sample"]), slug, when, files)}
            for at, res in enumerate(row["resources"])
        ],
    }


def _marked(res: dict[str, Any], words: dict[str, str]) -> dict[str, Any]:
    """Say in the name and the description of a sample that it is one."""
    if not res.get("sample"):
        return res
    description = f"{res.get('description', '')} {words['description']}".strip()
    return {**res, "name": words["name"].format(name=res["name"]), "description": description}


def _resource(res: dict[str, Any], slug: str, when: str, files: Path) -> dict[str, Any]:
    """Turn one resource of the file into a resource dict."""
    name = res.get("file")
    found = identifier("dataset", slug, "resource", name or res["url"])
    url = f"{HERE}/dataset/{identifier('dataset', slug)}/resource/{found}/download/{name}" if name else res["url"]
    return {
        "id": found,
        "name": res["name"],
        "description": res.get("description", "").strip(),
        "format": res["format"],
        "resource_type": res.get("type", "donnees"),
        "url": url,
        "url_type": "upload" if name else "",
        "size": (files / name).stat().st_size if name else None,
        "mimetype": content_type(name).partition(";")[0] if name else "",
        "datastore_active": res["format"] == "CSV",
        "state": "active",
        "created": when,
        "last_modified": when,
        "metadata_modified": when,
    }


def moment(value: Any) -> str:
    """Write a day or a time as CKAN writes it: UTC, microseconds, no zone."""
    when = datetime.fromisoformat(str(value))
    if when.tzinfo:
        when = when.astimezone(timezone.utc).replace(tzinfo=None)
    return when.isoformat(timespec="microseconds")


def _polygon(box: list[float]) -> dict[str, Any]:
    """Make a GeoJSON polygon of a box: west, south, east, north in degrees."""
    west, south, east, north = box
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


class City:
    """Everything under `/city`."""

    def __init__(self, portal: Portal, files: Path) -> None:
        """Serve `portal`; downloads come from the folder `files`."""
        self.portal = portal
        self.files = files

    def answer(self, request: Request, path: str) -> Reply:
        """Answer a request; `path` is what follows `/city`."""
        prefix = f"{request.base}/city"
        parts = [part for part in path.split("/") if part]
        if parts[:1] == ["api"]:
            name = parts[-1] if len(parts) in (3, 4) and parts[-2] == "action" else ""
            reply = self.portal.answer(request, prefix, name)
            return Reply(reply.status, data=_placed(reply.data, prefix), headers=reply.headers)
        if len(parts) == 6 and parts[0] == "dataset" and parts[2] == "resource" and parts[4] == "download":
            return self._file(request, parts[1], parts[3], parts[5])
        if len(parts) == 2 and parts[0] == "dataset":
            return self._page(parts[1], prefix)
        if parts in ([], ["dataset"]):
            return self._index(prefix)
        return html("Page introuvable", "<p>Cette page n’existe pas.</p>", 404)

    def _file(self, request: Request, package: str, resource: str, name: str) -> Reply:
        for row in (self.portal.package(package) or {"resources": []})["resources"]:
            if row["id"] == resource and row["url"].endswith(f"/download/{name}") and row["url"].startswith(HERE):
                return download(request, self.files / name, row["last_modified"])
        return html("Fichier introuvable", "<p>Ce fichier n’existe pas.</p>", 404)

    def _page(self, key: str, prefix: str) -> Reply:
        row = self.portal.package(key)
        if row is None:
            return html("Jeu de données introuvable", "<p>Ce jeu de données n’existe pas.</p>", 404)
        links = "".join(
            f'<li><a href="{markup.escape(res["url"].replace(HERE, prefix))}">{markup.escape(res["name"])}</a></li>'
            for res in row["resources"]
        )
        notes = markup.escape(row["notes"] or "")
        return html(markup.escape(row["title"]), f"<p>{notes}</p>\n<ul>{links}</ul>")

    def _index(self, prefix: str) -> Reply:
        links = "".join(
            f'<li><a href="{prefix}/dataset/{markup.escape(row["name"])}">{markup.escape(row["title"])}</a></li>'
            for row in sorted(self.portal.packages, key=lambda row: row["name"])
        )
        return html(markup.escape(self.portal.site["title"]), f"<ul>{links}</ul>")


def _placed(data: Any, prefix: str) -> Any:
    """Put the caller's address of this server into every resource's URL."""
    if isinstance(data, dict):
        return {key: _placed(value, prefix) for key, value in data.items()}
    if isinstance(data, list):
        return [_placed(value, prefix) for value in data]
    if isinstance(data, str) and data.startswith(HERE):
        return prefix + data[len(HERE) :]
    return copy.copy(data)
