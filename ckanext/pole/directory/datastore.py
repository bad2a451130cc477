"""Tables of a directory into the DataStore: rows are added, changed and removed by id, the table itself stays."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import Context

from ckanext.pole.directory import columns as c
from ckanext.pole.directory.columns import Column
from ckanext.pole.directory.tables import Table

#: Rows a call: few enough for a request's memory, many enough to be fast.
CHUNK = 5000
TYPES = {"text": "text", "integer": "int", "number": "numeric", "boolean": "bool", "timestamp": "timestamp"}

#: The columns of each table, by its name.
COLUMNS: dict[str, tuple[Column, ...]] = {
    "services": c.SERVICES,
    "organizations": c.ORGANIZATIONS,
    "locations": (*c.LOCATIONS, *c.POINT),
    "service_at_location": (*c.SERVICE_AT_LOCATION, *c.POINT),
    "taxonomy": c.TAXONOMY,
    "summary": c.SUMMARY,
}


def spool(table: Table, folder: Path) -> Path:
    """Write a table's rows for `load`, which runs later and in another process; one JSON object a line."""
    path = folder / f"{table.name}.jsonl"
    with path.open("w", encoding="utf-8") as out:
        for row in table.records():
            out.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")
    return path


def load(resource_id: str, columns: Sequence[Column], rows: Path, context: Context) -> dict[str, int]:
    """Make the resource's DataStore table hold the spooled rows.

    Args:
        resource_id: the resource.
        columns: of the table; a table whose first column is no id is replaced whole.
        rows: what `spool` wrote.
        context: who writes.

    Returns:
        Counts of rows `added`, `changed` and `removed`.
    """
    key = columns[0].id
    keyed = key == "id"
    tk.get_action("datastore_create")(
        Context(context),
        {
            "resource_id": resource_id,
            "force": True,
            "primary_key": [key] if keyed else [],
            "fields": [_field(column) for column in columns],
        },
    )
    if not keyed:
        return _replace(resource_id, rows, context)
    stored = {row[key]: row for row in _stored(resource_id, context)}
    with rows.open(encoding="utf-8") as lines:
        wanted = {str(row[key]): row for row in map(json.loads, lines)}
    added = [row for id_, row in wanted.items() if id_ not in stored]
    changed = [row for id_, row in wanted.items() if id_ in stored and not _same(stored[id_], row)]
    removed = [id_ for id_ in stored if id_ not in wanted]
    _put(resource_id, "insert", added, context)
    _put(resource_id, "upsert", changed, context)
    for chunk in _chunks(removed):
        tk.get_action("datastore_records_delete")(
            Context(context), {"resource_id": resource_id, "force": True, "filters": {key: chunk}}
        )
    return {"added": len(added), "changed": len(changed), "removed": len(removed)}


def _replace(resource_id: str, rows: Path, context: Context) -> dict[str, int]:
    removed = sum(1 for _ in _stored(resource_id, context))
    tk.get_action("datastore_records_delete")(
        Context(context), {"resource_id": resource_id, "force": True, "filters": {}}
    )
    with rows.open(encoding="utf-8") as lines:
        added = _put(resource_id, "insert", map(json.loads, lines), context)
    return {"added": added, "changed": 0, "removed": removed}


def _put(resource_id: str, method: str, rows: Iterable[dict[str, Any]], context: Context) -> int:
    count = 0
    for chunk in _chunks(rows):
        tk.get_action("datastore_upsert")(
            Context(context), {"resource_id": resource_id, "force": True, "method": method, "records": chunk}
        )
        count += len(chunk)
    return count


def _field(column: Column) -> dict[str, Any]:
    return {
        "id": column.id,
        "type": TYPES[column.type],
        "info": {
            "label_translated": dict(column.label),
            "notes_translated": dict(column.note),
        },
    }


def _stored(resource_id: str, context: Context) -> Iterator[dict[str, Any]]:
    offset = 0
    while True:
        found = tk.get_action("datastore_search")(
            Context(context),
            {"resource_id": resource_id, "limit": CHUNK, "offset": offset, "sort": "_id", "include_total": False},
        )["records"]
        yield from found
        if len(found) < CHUNK:
            return
        offset += CHUNK


def _same(stored: dict[str, Any], row: dict[str, Any]) -> bool:
    return all(_text(stored.get(key)) == _text(value) for key, value in row.items())


def _text(value: Any) -> str:
    """The same for 1, 1.0, Decimal and "1"; nothing and an empty text are the same in a table."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    try:
        return repr(float(value)) if not isinstance(value, str) else value
    except (TypeError, ValueError):
        return str(value)


def _chunks(rows: Iterable[Any]) -> Iterator[list[Any]]:
    rows = iter(rows)
    while chunk := list(islice(rows, CHUNK)):
        yield chunk
