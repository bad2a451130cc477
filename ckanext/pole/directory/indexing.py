"""A harvested directory into the tables that people search: only the rows that changed are written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from ckan import model
from sqlalchemy.dialects.postgresql import insert

from ckanext.pole.directory.model import COUNT, ENTRY, LISTING

#: Rows a statement.
CHUNK = 500
#: Columns as `jsonb_to_recordset` reads them; what JSON has no type for comes as text and is cast.
_COLUMNS = {
    "id": "text",
    "digest": "text",
    "service_id": "text",
    "organization_id": "text",
    "name_fr": "text",
    "name_en": "text",
    "city": "text",
    "latitude": "float8",
    "longitude": "float8",
    "languages": "text[]",
    "categories": "text[]",
    "codes": "text[]",
    "minimum_age": "int",
    "maximum_age": "int",
    "free": "boolean",
    "accessible": "boolean",
    "week": "int4multirange",
    "dated": "boolean",
    "words": "tsvector",
    "sheet": "jsonb",
}
_NAMES = ", ".join(_COLUMNS)
_PUT = sa.text(
    f"""INSERT INTO pole_directory_entry (package_id, {_NAMES})
    SELECT :package_id, {_NAMES} FROM jsonb_to_recordset(CAST(:rows AS jsonb))
    AS given({", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())})
    ON CONFLICT (package_id, id) DO UPDATE SET
    {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name != "id")}"""  # noqa: S608  names and types of our own columns
)


def spool(entries: Iterable[dict[str, Any]], path: Path) -> Path:
    """Write entries for `fill`, which runs later and in another process; one JSON object a line."""
    with path.open("w", encoding="utf-8") as out:
        for entry in entries:
            out.write(json.dumps(entry, ensure_ascii=False) + "\n")
    return path


def fill(package_id: str, resource_id: str, summary_id: str, entries: Path, counts: Path) -> dict[str, int]:
    """Make the tables hold a directory, uncommitted.

    Args:
        package_id: its dataset.
        resource_id: the resource whose reader may search the entries.
        summary_id: the resource whose reader may see the counts.
        entries: what `spool` wrote.
        counts: the spooled rows of the summary.

    Returns:
        Counts of entries `written`, `same` and `removed`.
    """
    rows = model.Session.execute(sa.select(ENTRY.c.id, ENTRY.c.digest).where(ENTRY.c.package_id == package_id))
    known: dict[str, str] = {row.id: row.digest for row in rows}
    seen: set[str] = set()
    written = 0
    with entries.open(encoding="utf-8") as lines:
        changed = _changed(lines, known, seen)
        while chunk := list(islice(changed, CHUNK)):
            model.Session.execute(_PUT, {"package_id": package_id, "rows": f"[{','.join(chunk)}]"})
            written += len(chunk)
    removed = sorted(known.keys() - seen)
    for start in range(0, len(removed), CHUNK):
        model.Session.execute(
            sa.delete(ENTRY).where(ENTRY.c.package_id == package_id, ENTRY.c.id.in_(removed[start : start + CHUNK]))
        )
    _counts(package_id, counts)
    listing = {
        "resource_id": resource_id,
        "summary_id": summary_id,
        "entries": len(seen),
        "modified": datetime.now(timezone.utc),
    }
    model.Session.execute(
        insert(LISTING)
        .values(package_id=package_id, **listing)
        .on_conflict_do_update(index_elements=[LISTING.c.package_id], set_=listing)
    )
    return {"written": written, "same": len(seen) - written, "removed": len(removed)}


def drop(package_id: str) -> None:
    """Forget a directory, uncommitted."""
    for table in (LISTING, ENTRY, COUNT):
        model.Session.execute(sa.delete(table).where(table.c.package_id == package_id))


def _changed(lines: Iterable[str], known: dict[str, str], seen: set[str]) -> Iterator[str]:
    """Give the lines whose entry is new or has changed, and note all ids."""
    for line in lines:
        entry = json.loads(line)
        if entry["id"] in seen:
            continue
        seen.add(entry["id"])
        if known.get(entry["id"]) != entry["digest"]:
            yield line


def _counts(package_id: str, counts: Path) -> None:
    with counts.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    model.Session.execute(sa.delete(COUNT).where(COUNT.c.package_id == package_id))
    if rows:
        model.Session.execute(
            sa.insert(COUNT),
            [
                {
                    "package_id": package_id,
                    "place": row["place"] or "",
                    "category": row["category"],
                    "name_fr": row["category_name_fr"],
                    "name_en": row["category_name_en"],
                    "services": row["services"],
                    "suppressed": row["suppressed"],
                }
                for row in rows
            ],
        )
