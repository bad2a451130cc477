"""A portal that publishes one data.json."""

from __future__ import annotations

from typing import Any

from pole_demo.reply import Reply, Request

from portals.base import Entry, Portal


class DcatUs(Portal):
    source_type = "pole_dcat_us"
    lists = "/data.json"
    paged = False
    counts = False

    def answer(self, request: Request) -> Reply:
        if request.path != "/data.json":
            return Reply(404, data="Not Found")
        document = {
            "@context": "https://project-open-data.cio.gov/v1.1/schema/catalog.jsonld",
            "conformsTo": "https://project-open-data.cio.gov/v1.1/schema",
            "dataset": [_dataset(entry, self.url) for entry in self.entries],
            "describedBy": "https://project-open-data.cio.gov/v1.1/schema/catalog.json",
        }
        return Reply(data=document)

    def settings(self) -> dict[str, Any]:
        return {"language": "fr"}


def _dataset(entry: Entry, portal: str) -> dict[str, Any]:
    return {
        "@type": "dcat:Dataset",
        "identifier": entry.key,
        "title": "" if entry.broken else entry.title,
        "description": entry.description,
        "accessLevel": "public",
        "license": "https://creativecommons.org/licenses/by/4.0/",
        "accrualPeriodicity": "R/P1Y",
        "landingPage": f"{portal}/jeux/{entry.key}",
        "distribution": [{"downloadURL": f"{portal}/{entry.key}.csv", "mediaType": "text/csv"}],
    }
