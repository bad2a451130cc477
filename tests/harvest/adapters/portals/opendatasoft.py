"""An Opendatasoft portal: Explore 2.1 with its refusals."""

from __future__ import annotations

from typing import Any

from pole_demo.reply import Reply, Request

from portals.base import Entry, Portal, number


class Opendatasoft(Portal):
    source_type = "pole_opendatasoft"
    lists = "*/catalog/datasets"
    #: limit + offset beyond this is refused.
    window = 10_000

    def answer(self, request: Request) -> Reply:
        params = request.params()
        rows = [_dataset(entry) for entry in sorted(self.entries, key=lambda entry: entry.key)]
        if request.path == "/api/explore/v2.1/catalog/exports/json":
            return Reply(data=rows)
        if request.path != "/api/explore/v2.1/catalog/datasets":
            return _refusal(404, "NotFoundResource", "The requested resource does not exist.")
        limit, offset = number(params, "limit", 10), number(params, "offset", 0)
        if limit is None or limit > 100:
            said = f"{params.get('limit')} was found but -1 <= limit <= 100 is expected."
            return _refusal(400, "InvalidRESTParameterError", f"Invalid value for limit API parameter: {said}")
        if offset is None or limit + offset > self.window:
            return _refusal(400, "InvalidRESTParameterError", "Invalid value for offset API parameter.")
        # `q`, which the version before knew, is passed over in silence.
        return Reply(data={"total_count": len(rows), "results": rows[offset : offset + limit]})


def _refusal(status: int, code: str, message: str) -> Reply:
    return Reply(status, data={"error_code": code, "message": message})


def _dataset(entry: Entry) -> dict[str, Any]:
    return {
        "visibility": "domain",
        "dataset_id": f"{entry.key}-dans-l-adresse",
        "dataset_uid": f"da_{entry.key}",
        "has_records": True,
        "data_visible": True,
        "features": ["geo"],
        "attachments": [
            {"id": "notice_pdf", "title": "Notice", "mimetype": "application/pdf", "url": "odsfile://n.pdf"}
        ],
        "metas": {
            "default": {
                "title": None if entry.broken else entry.title,
                "description": f"<p>{entry.description}</p>",
                "language": "fr",
                "license": "CC BY 4.0 International",
                "modified": "2026-09-16T07:12:36+00:00",
                "records_count": 12,
            }
        },
    }
