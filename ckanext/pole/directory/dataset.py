"""The one dataset that a directory becomes, in our schema's terms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ckanext.pole.directory import feeds
from ckanext.pole.directory.build import Build

#: What people read of each file.
NAMES: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "services": (
        {"fr": "Services", "en": "Services"},
        {
            "fr": "Une ligne par service : ce qu’il offre, à qui, quand et à quel prix.",
            "en": "One row a service: what it offers, to whom, when and at what cost.",
        },
    ),
    "organizations": (
        {"fr": "Organismes", "en": "Organisations"},
        {"fr": "Les organismes qui offrent les services.", "en": "The organisations that offer the services."},
    ),
    "locations": (
        {"fr": "Lieux", "en": "Locations"},
        {
            "fr": "Les lieux où l’on est reçu. Ceux qui doivent rester secrets n’ont ni adresse ni point.",
            "en": "The places that receive people. Those that must stay secret have neither address nor point.",
        },
    ),
    "service_at_location": (
        {"fr": "Services par lieu", "en": "Services at locations"},
        {"fr": "Quel service est offert à quel endroit.", "en": "Which service is offered at which place."},
    ),
    "taxonomy": (
        {"fr": "Taxonomie", "en": "Taxonomy"},
        {"fr": "Les catégories de besoins et de services.", "en": "The categories of needs and services."},
    ),
    "summary": (
        {"fr": "Sommaire par lieu et par catégorie", "en": "Summary by place and category"},
        {
            "fr": "Combien de services par ville et par catégorie; les petits nombres sont masqués.",
            "en": "How many services by city and category; small numbers are suppressed.",
        },
    ),
    "datapackage": (
        {"fr": "Répertoire complet (HSDS 3.1)", "en": "Whole directory (HSDS 3.1)"},
        {
            "fr": "Toutes les tables dans un fichier zip, au format Human Services Data Specification.",
            "en": "All tables in one zip file, in the Human Services Data Specification format.",
        },
    ),
}
#: The kind of file of those that are not CSV.
KINDS = {"locations": "geojson", "service_at_location": "geojson", "datapackage": "zip"}
FORMATS = {"csv": "CSV", "geojson": "GeoJSON", "zip": "ZIP"}
DEFAULT_TITLE = {
    "fr": "Répertoire des services sociaux et communautaires",
    "en": "Directory of social and community services",
}
DEFAULT_NOTES = {
    "fr": "Les services du territoire, leurs organismes, leurs lieux et leurs heures, tenus à jour par le "
    "répertoire 211. Les adresses qui doivent rester secrètes en sont retirées.",
    "en": "The services of the territory, their organisations, places and hours, kept current by the 211 directory. "
    "Addresses that must stay secret are removed.",
}


def dataset(config: Mapping[str, Any], built: Build, url: str) -> dict[str, Any]:
    """The dataset's dict.

    Args:
        config: the source's settings; texts, tier and policy come from there where it has them.
        built: the redacted directory. Its digests change when the content does, not when a file is made again.
        url: the source's address.
    """
    languages = list(feeds.addresses(url, config))
    tier = config.get("access_tier") or "open"
    found = {
        "name": config.get("name") or "repertoire-211",
        "title_translated": config.get("title_translated") or DEFAULT_TITLE,
        "notes_translated": config.get("notes_translated") or DEFAULT_NOTES,
        "keywords": {
            "fr": ["répertoire", "211", "services communautaires", "aide"],
            "en": ["directory", "211", "community services", "help"],
        },
        "themes": list(dict.fromkeys([*(config.get("themes") or {}).values(), "vie-communautaire"])),
        "places": config.get("places") or ["mtl"],
        "frequency": "daily",
        "data_languages": languages,
        "license_id": config.get("license_id") or "notspecified",
        "access_tier": tier,
        "personal_information": "none",
        "url": url,
        "resources": [_resource(key, built, languages) for key in NAMES],
    }
    if config.get("access_policy"):
        found["access_policy"] = config["access_policy"]
    if tier != "confidential":
        # Counts by place and category are fit for everybody, whatever the rest of the directory is.
        summary = next(item for item in found["resources"] if item["table"] == "summary")
        summary["access_tier"] = config.get("summary_tier") or "open"
    return found


def _resource(key: str, built: Build, languages: list[str]) -> dict[str, Any]:
    name, description = NAMES[key]
    kind = KINDS.get(key, "csv")
    return {
        "upstream_id": key,
        "name_translated": name,
        "description_translated": description,
        "format": FORMATS[kind],
        "kind": "data",
        "language": languages,
        "url": f"{key}.{kind}",
        # Names the DataStore table that our own loader fills; xloader leaves it alone.
        "table": key if key != "datapackage" else "",
        "rows": str(built.table_rows[key]),
        "content_digest": built.table_hashes[key],
    }
