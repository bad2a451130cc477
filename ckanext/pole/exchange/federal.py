"""A dataset as the federal portal (open.canada.ca) writes one: `*_translated`, ISO periods, both languages.

Its shape is ckanext-canada's schema; `harvest.adapters.ckan_mapping` reads it back. A machine's text goes under its own
code there too: the federal portal's `en-t-fr`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ckanext.pole.bilingual import states, vocabularies

#: Our fields that keep their name and their value.
SAME = ("id", "name", "title_translated", "notes_translated", "keywords", "license_id", "spatial", "frequency")
RENAMED = {
    "contact_email": "maintainer_email",
    "contact_name": "maintainer",
    "period_start": "time_period_coverage_start",
    "period_end": "time_period_coverage_end",
    "url": "landing_page",
    "metadata_created": "date_published",
    "metadata_modified": "date_modified",
}
#: Frequencies of ISO 8601, as that schema wants them.
PERIODS = {
    "continuous": "continuous",
    "daily": "P1D",
    "weekly": "P1W",
    "monthly": "P1M",
    "quarterly": "P3M",
    "biannual": "P6M",
    "annual": "P1Y",
    "biennial": "P2Y",
    "quinquennial": "P5Y",
    "irregular": "irregular",
    "once": "not_planned",
    "unknown": "unknown",
}
KINDS = {"data": "dataset", "api": "api", "documentation": "guide", "dictionary": "guide"}


def record(dataset: Mapping[str, Any], organization: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The federal form of a dataset.

    Args:
        dataset: what `package_show` gives.
        organization: what `organization_show` gives, for its name in both languages; the dataset's own otherwise.

    Returns:
        A dict with what the dataset says; a field that it leaves empty is absent.
    """
    found = {name: dataset.get(name) for name in SAME}
    found |= {theirs: dataset.get(ours) for ours, theirs in RENAMED.items()}
    owner: Mapping[str, Any] = organization or dataset.get("organization") or {}
    titles = states.read(owner, "title_translated") or {"fr": owner.get("title")}
    frequency = str(dataset.get("frequency") or "")
    found |= {
        "type": "dataset",
        "collection": "primary",
        "jurisdiction": "municipal",
        "frequency": PERIODS.get(frequency, frequency),
        "language": list(dataset.get("data_languages") or []),
        "themes": list(dataset.get("themes") or []),
        "places": list(dataset.get("places") or []),
        "org_title_at_publication": {lang: text for lang, text in titles.items() if text},
        "license_url": _licence_url(dataset.get("license_id")),
        "resources": [_resource(resource) for resource in dataset.get("resources") or []],
    }
    return {name: value for name, value in found.items() if value not in (None, "", [], {})}


def _resource(resource: Mapping[str, Any]) -> dict[str, Any]:
    found = {
        "id": resource.get("id"),
        "name_translated": states.read(resource, "name_translated"),
        "description_translated": states.read(resource, "description_translated"),
        "url": resource.get("url"),
        "format": resource.get("format"),
        "language": list(resource.get("language") or []),
        "resource_type": KINDS.get(str(resource.get("kind") or ""), "dataset"),
    }
    return {name: value for name, value in found.items() if value not in (None, "", [], {})}


def _licence_url(code: Any) -> str | None:
    licences = vocabularies.load("licences")
    return str(licences[code].extra.get("url") or "") or None if code in licences else None
