"""Socrata's discovery API: many domains behind one address, two shapes of error."""

from __future__ import annotations

from typing import Any

from pole_demo.reply import Reply, Request

from portals.base import Entry, Portal, number

DOMAIN = "donnees.example.org"


class Socrata(Portal):
    source_type = "pole_socrata"
    lists = "/api/catalog/v1"
    #: offset + limit beyond this is refused.
    window = 10_000

    def key(self, number: int) -> str:
        return f"{number:04d}-abcd"

    @property
    def source_url(self) -> str:
        return f"https://{DOMAIN}"

    def settings(self) -> dict[str, Any]:
        return {"language": "fr", "page_size": 4, "discovery_url": self.url}

    def answer(self, request: Request) -> Reply:
        params = request.params()
        if request.path != "/api/catalog/v1":
            return Reply(404, data={"code": "dataset.missing", "error": True, "message": "Not found", "data": {}})
        limit, offset = number(params, "limit", 100), number(params, "offset", 0)
        if limit is None or offset is None or limit > 10_000 or limit + offset > self.window:
            return Reply(400, data={"error": "offset + limit must not exceed 10000"})
        if params.get("domains") != DOMAIN:
            # A domain that nobody has: no error, no result.
            return Reply(data={"results": [], "resultSetSize": 0, "timings": {}})
        rows = sorted(self.entries, key=lambda entry: entry.key)
        after = [entry for entry in rows if entry.key > str(params.get("scroll_id") or "")]
        page = after[offset : offset + limit]
        return Reply(data={"results": [_result(entry) for entry in page], "resultSetSize": len(rows), "timings": {}})


def _result(entry: Entry) -> dict[str, Any]:
    return {
        "resource": {
            "name": "" if entry.broken else entry.title,
            "id": entry.key,
            "description": entry.description,
            "type": "dataset",
            "lens_view_type": "tabular",
            "updatedAt": "2026-09-19T11:00:00.000Z",
            "page_views": {"page_views_total": 98000},
        },
        "classification": {"domain_category": "Transport", "domain_tags": ["rues"], "domain_metadata": []},
        "metadata": {"domain": DOMAIN, "license": "Creative Commons Attribution 4.0 International"},
        "permalink": f"https://{DOMAIN}/d/{entry.key}",
        "link": f"https://{DOMAIN}/Transport/x/{entry.key}",
    }
