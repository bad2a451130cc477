"""An ArcGIS Hub: its search API (1-based, errors with status 200) and its DCAT-US feed."""

from __future__ import annotations

import hashlib
from typing import Any

from pole_demo.reply import Reply, Request

from portals.base import Entry, Portal, number


class ArcgisSearch(Portal):
    source_type = "pole_arcgis"
    lists = "*/items"

    def key(self, number: int) -> str:
        return hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()

    def answer(self, request: Request) -> Reply:
        params = request.params()
        if request.path == "/api/feed/dcat-us/1.1.json":
            return Reply(data={"@type": "dcat:Catalog", "dataset": [_feed(entry, self.url) for entry in self.entries]})
        if request.path != "/api/search/v1/collections/dataset/items":
            return Reply(data={"error": {"code": 400, "message": "Invalid URL", "details": []}})
        # `offset` is passed over in silence.
        limit, start = number(params, "limit", 10), number(params, "startindex", 1)
        if not start or limit is None or limit > 100:
            return Reply(
                400, data={"statusCode": 400, "message": "startindex must not be less than 1", "error": "Bad Request"}
            )
        rows = [_feature(entry) for entry in self.entries]
        page = rows[start - 1 : start - 1 + limit]
        return Reply(
            data={
                "type": "FeatureCollection",
                "timestamp": "2026-09-16T07:12:36Z",
                "numberMatched": len(rows),
                "numberReturned": len(page),
                "features": page,
                "links": [],
            }
        )


class ArcgisFeed(ArcgisSearch):
    lists = "*/1.1.json"
    paged = False
    counts = False

    def settings(self) -> dict[str, Any]:
        return {"language": "fr", "mode": "feed"}


def _feature(entry: Entry) -> dict[str, Any]:
    return {
        "id": f"{entry.key}_0",
        "type": "Feature",
        "geometry": None,
        "properties": {
            "id": f"{entry.key}_0",
            "access": "public",
            "title": None if entry.broken else entry.title,
            "name": None,
            "description": f"<div>{entry.description}</div>",
            "type": "Feature Layer",
            "culture": "en-us",
            "url": "https://services.example/arcgis/rest/services/X/FeatureServer/0",
            "modified": 1627417519723,
            "tags": ["ville"],
        },
    }


def _feed(entry: Entry, hub: str) -> dict[str, Any]:
    return {
        "@type": "dcat:Dataset",
        "identifier": f"https://www.arcgis.com/home/item.html?id={entry.key}&sublayer=0",
        "landingPage": f"{hub}/datasets/ville::{entry.key[:6]}",
        "title": None if entry.broken else entry.title,
        "description": f"<div>{entry.description}</div>",
        "license": '<a href="https://creativecommons.org/licenses/by/4.0/">licence</a>',
        "accessLevel": "public",
        "spatial": "-73.6000,45.4000,-73.4000,45.6000",
        "distribution": [
            {
                "@type": "dcat:Distribution",
                "title": "CSV",
                "format": "CSV",
                "mediaType": "text/csv",
                "accessURL": f"{hub}/api/download/v1/items/{entry.key}/csv?layers=0",
            }
        ],
    }
