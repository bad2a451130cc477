"""Tables of a directory into the DataStore: rows are added, changed and removed by id, the table itself stays."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan.types import Context
from ckanext.datastore.backend import DatastoreBackend
from ckanext.datastore.backend.postgres import get_write_engine

from ckanext.pole.directory import columns as c
from ckanext.pole.directory.columns import Column
from ckanext.pole.directory.tables import Table

#: Rows a statement: few enough for memory, many enough to be fast.
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


def make(resource_id: str, columns: Sequence[Column], context: Context) -> None:
    """Make the resource's table in the DataStore, or bring its columns up to date.

    Args:
        resource_id: the resource.
        columns: of the table.
        context: who writes.
    """
    key = columns[0].id
    tk.get_action("datastore_create")(
        Context(context),
        {
            "resource_id": resource_id,
            "force": True,
            "primary_key": [key] if key == "id" else [],
            "fields": [_field(column) for column in columns],
        },
    )


def load(resource_id: str, columns: Sequence[Column], rows: Path) -> dict[str, int]:
    """Make the resource's table hold the spooled rows; all of them in one transaction, in any thread.

    CKAN's `datastore_upsert` sends row after row, so that a directory's forty thousand take longer than all the rest:
    here PostgreSQL reads some thousands at once, and the DataStore is told of it as the action tells it.

    Args:
        resource_id: the resource.
        columns: of the table; a table whose first column is no id is replaced whole.
        rows: what `spool` wrote.

    Returns:
        Counts of rows `added`, `changed` and `removed`.
    """
    key = columns[0].id
    with rows.open(encoding="utf-8") as lines, get_write_engine().begin() as connection:
        table, spooled = _Rows(connection, resource_id, columns), map(json.loads, lines)
        counts = _bring(table, {str(row[key]): row for row in spooled}) if key == "id" else _replace(table, spooled)
    DatastoreBackend.get_active_backend().clear_table_stats(resource_id)
    tk.signals.datastore_upsert.send(resource_id, records=None)
    return counts


class _Rows:
    """The rows of a table of the DataStore, in an open transaction."""

    def __init__(self, connection: sa.Connection, resource_id: str, columns: Sequence[Column]) -> None:
        self._connection = connection
        quoted = connection.dialect.identifier_preparer.quote_identifier
        self._table, self._key, self._id = quoted(resource_id), quoted(columns[0].id), columns[0].id
        names = [quoted(column.id) for column in columns]
        self._names = ", ".join(names)
        self._new = ", ".join(f"{name} = EXCLUDED.{name}" for name in names)
        # An empty text is no number and no date.
        self._texts = {column.id for column in columns if TYPES[column.type] == "text"}

    def stored(self) -> dict[str, dict[str, Any]]:
        """The rows that are there, by their ids."""
        columns = f"SELECT {self._names} FROM {self._table}"  # noqa: S608  names are quoted
        asked = sa.text(f"SELECT CAST(row_to_json(r) AS text) FROM ({columns}) r")  # noqa: S608
        return {str(row[self._id]): row for row in map(json.loads, self._connection.execute(asked).scalars())}

    def put(self, rows: Iterable[dict[str, Any]], over: bool = False) -> int:
        """Add rows, over those of the same id if told so; gives how many."""
        # CKAN's trigger fills the column that is searched when it is empty.
        clause = f'ON CONFLICT ({self._key}) DO UPDATE SET {self._new}, "_full_text" = NULL' if over else ""
        statement = sa.text(
            f"INSERT INTO {self._table} ({self._names}) SELECT {self._names}"  # noqa: S608  names are quoted
            f" FROM json_populate_recordset(NULL::{self._table}, CAST(:rows AS json)) {clause}"
        )
        count = 0
        for chunk in _chunks(rows):
            found = [
                {name: None if value == "" and name not in self._texts else value for name, value in row.items()}
                for row in chunk
            ]
            self._connection.execute(statement, {"rows": json.dumps(found, ensure_ascii=False)})
            count += len(chunk)
        return count

    def drop(self, ids: Sequence[str] | None = None) -> int:
        """Remove rows by their ids, or all; gives how many."""
        where = "" if ids is None else f"WHERE {self._key} = ANY(:ids)"
        return self._connection.execute(
            sa.text(f"DELETE FROM {self._table} {where}"),  # noqa: S608  names are quoted
            {} if ids is None else {"ids": list(ids)},
        ).rowcount


def _bring(table: _Rows, wanted: dict[str, dict[str, Any]]) -> dict[str, int]:
    """Add, change and remove rows by their ids."""
    stored = table.stored()
    removed = [id_ for id_ in stored if id_ not in wanted]
    return {
        "added": table.put(row for id_, row in wanted.items() if id_ not in stored),
        "changed": table.put(
            (row for id_, row in wanted.items() if id_ in stored and not _same(stored[id_], row)), over=True
        ),
        "removed": table.drop(removed) if removed else 0,
    }


def _replace(table: _Rows, rows: Iterable[dict[str, Any]]) -> dict[str, int]:
    """Rows without ids take the place of those that are there."""
    return {"removed": table.drop(), "added": table.put(rows), "changed": 0}


def _field(column: Column) -> dict[str, Any]:
    return {
        "id": column.id,
        "type": TYPES[column.type],
        "info": {
            "label_translated": dict(column.label),
            "notes_translated": dict(column.note),
        },
    }


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
