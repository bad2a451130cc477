"""A real HSDS 2 data package (a folder of CSV files, gzipped or not, or a zip) as a feed and as a zip.

The feed is what a directory's API would answer: HSDS 3 objects, children
inside their parents. Ids stay the package's own.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from pole_demo.hsds_api import Feed
from pole_demo.tabular import archive

Row = dict[str, Any]
_DAYS = {"mon": "MO", "tue": "TU", "wed": "WE", "thu": "TH", "fri": "FR", "sat": "SA", "sun": "SU"}
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)\s*([ap])m$", re.IGNORECASE)


def load(source: Path) -> tuple[Feed, bytes]:
    """Read a data package.

    Args:
        source: a folder with datapackage.json and *.csv or *.csv.gz, or a zip with the same.

    Returns:
        The assembled feed, and datapackage.zip with the tables as they are.

    Raises:
        FileNotFoundError: a table that every package has is not there.
    """
    texts = _zipped(source) if source.is_file() else _folder(source)
    for name in ("services.csv", "organizations.csv", "locations.csv", "services_at_location.csv", "datapackage.json"):
        if name not in texts:
            raise FileNotFoundError(source / name)
    rows = {
        name.removesuffix(".csv"): list(csv.DictReader(io.StringIO(text)))
        for name, text in texts.items()
        if name.endswith(".csv")
    }
    return _assemble(defaultdict(list, rows)), archive(dict(sorted(texts.items())))


def _folder(folder: Path) -> dict[str, str]:
    """Read a folder: text by file name, without .gz."""
    plain = {path.name: path.read_text("utf-8") for path in folder.iterdir() if path.suffix in (".csv", ".json")}
    zipped = {path.stem: gzip.decompress(path.read_bytes()).decode("utf-8") for path in folder.glob("*.csv.gz")}
    return plain | zipped


def _zipped(path: Path) -> dict[str, str]:
    """Read a zip: text by file name, folders left out."""
    with zipfile.ZipFile(path) as box:
        return {Path(name).name: box.read(name).decode("utf-8") for name in box.namelist() if not name.endswith("/")}


def _assemble(rows: dict[str, list[dict[str, str]]]) -> Feed:
    """Put children into their parents, each table read once."""
    locations = _locations(rows)
    organizations = {row["id"]: _some(row, rename={"url": "website"}) for row in rows["organizations"]}
    terms = {row["id"]: _term(row) for row in rows["taxonomy"]}
    links = _by(rows["services_taxonomy"], "service_id")
    places = _by(rows["services_at_location"], "service_id")
    phones = _by(rows["phones"], "service_id")
    hours = _by(rows["regular_schedules"], "service_id")
    tongues = _by(rows["languages"], "service_id")
    services = []
    for row in rows["services"]:
        key = row["id"]
        service = _some(row, drop=("organization_id", "program_id"))
        service["status"] = row.get("status") or "active"
        service["organization"] = organizations.get(row["organization_id"], {"id": row["organization_id"]})
        service["phones"] = [_some(p, drop=_OWNERS) for p in phones[key] if p["number"]]
        service["schedules"] = [_schedule(key, at, h) for at, h in enumerate(hours[key])]
        service["languages"] = [{"id": t["id"], "name": t["language"]} for t in tongues[key]]
        service["attributes"] = [
            {
                "id": link["id"],
                "link_type": "link",
                "link_entity": "service",
                "taxonomy_term": terms[link["taxonomy_id"]],
            }
            for link in links[key]
            if link["taxonomy_id"] in terms
        ]
        service["service_at_locations"] = [
            {**_some(p, drop=("service_id", "location_id")), "location": locations[p["location_id"]]}
            for p in places[key]
            if p["location_id"] in locations
        ]
        services.append(service)
    vocabularies = sorted({term["taxonomy"] for term in terms.values()})
    taxonomy = [{"id": name, "name": name, "description": name} for name in vocabularies]
    return Feed(services, list(organizations.values()), taxonomy, list(terms.values()))


def _locations(rows: dict[str, list[dict[str, str]]]) -> dict[str, Row]:
    """Assemble the locations with their addresses and accessibility."""
    addresses = _by(rows["physical_addresses"], "location_id")
    access = _by(rows["accessibility_for_disabilities"], "location_id")
    found = {}
    for row in rows["locations"]:
        place: Row = {**_some(row, drop=("organization_id",)), "location_type": "physical"}
        for axis in ("latitude", "longitude"):
            if row.get(axis):
                place[axis] = float(row[axis])
        place["addresses"] = [
            {**_some(a, drop=("location_id", "organization_id")), "address_type": "physical"}
            for a in addresses[row["id"]]
        ]
        place["accessibility"] = [
            _some(a, drop=("location_id",), rename={"accessibility": "description"})
            for a in access[row["id"]]
            if a["accessibility"] or a["details"]
        ]
        found[row["id"]] = place
    return found


_OWNERS = ("location_id", "service_id", "organization_id", "contact_id", "service_at_location_id")


def _some(row: dict[str, str], drop: tuple[str, ...] = (), rename: dict[str, str] | None = None) -> Row:
    """Keep the columns that say something, trimmed, under HSDS 3's names."""
    names = rename or {}
    return {
        names.get(key, key): value.strip() for key, value in row.items() if value and value.strip() and key not in drop
    }


def _by(rows: list[dict[str, str]], column: str) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        found[row[column]].append(row)
    return found


def _term(row: dict[str, str]) -> Row:
    """Make a term; in this package the id is the code."""
    return {
        "id": row["id"],
        "code": row["id"],
        "name": row["name"],
        "description": row["name"],
        "parent_id": row["parent_id"],
        "taxonomy": row["vocabulary"],
    }


def _schedule(service: str, at: int, row: dict[str, str]) -> Row:
    """Make an HSDS 3 schedule; hours that do not read as a clock stay words only."""
    found: Row = {"id": f"{service}-{at}", "freq": "WEEKLY", "description": row["original_text"]}
    day = _DAYS.get(row["weekday"][:3].lower())
    if day:
        found["byday"] = day
    for key in ("opens_at", "closes_at"):
        clock = _CLOCK.match(row[key].strip())
        if clock and int(clock[1]) <= 12:
            hour = int(clock[1]) % 12 + (12 if clock[3].lower() == "p" else 0)
            found[key] = f"{hour:02}:{clock[2]}"
    return found
