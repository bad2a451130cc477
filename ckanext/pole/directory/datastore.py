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
    with rows.open(encoding="utf-8") as lines, get_write_engine().begin() as connection:
        table, spooled = _Rows(connection, resource_id, columns), map(json.loads, lines)
        counts = table.bring(spooled) if columns[0].id == "id" else table.replace(spooled)
    DatastoreBackend.get_active_backend().clear_table_stats(resource_id)
    tk.signals.datastore_upsert.send(resource_id, records=None)
    return counts


class _Rows:
    """The rows of a table of the DataStore, in an open transaction."""

    def __init__(self, connection: sa.Connection, resource_id: str, columns: Sequence[Column]) -> None:
        self._connection = connection
        quoted = connection.dialect.identifier_preparer.quote_identifier
        self._table, self._key = quoted(resource_id), quoted(columns[0].id)
        names = [quoted(column.id) for column in columns]
        self._names = ", ".join(names)
        self._theirs = ", ".join(f"w.{name}" for name in names)
        self._ours = ", ".join(f"t.{name}" for name in names)
        # An empty text is no number and no date.
        self._texts = {column.id for column in columns if TYPES[column.type] == "text"}

    def replace(self, rows: Iterable[dict[str, Any]]) -> dict[str, int]:
        """Rows without ids take the place of those that are there."""
        removed = self._run(f"DELETE FROM {self._table}")  # noqa: S608  names are quoted
        return {"added": self._put(self._table, rows), "changed": 0, "removed": removed}

    def bring(self, rows: Iterable[dict[str, Any]]) -> dict[str, int]:
        """Add, change and remove rows by their ids; PostgreSQL compares them, so that few are in memory at a time."""
        self._run(
            f"CREATE TEMPORARY TABLE pole_wanted ON COMMIT DROP AS SELECT {self._names} FROM {self._table} WITH NO DATA"  # noqa: S608
        )
        self._put("pole_wanted", rows)
        self._run("ANALYZE pole_wanted")
        same_id = f"w.{self._key} = t.{self._key}"
        removed = self._run(
            f"DELETE FROM {self._table} t WHERE NOT EXISTS (SELECT FROM pole_wanted w WHERE {same_id})"  # noqa: S608
        )
        # CKAN's trigger fills the column that is searched when it is empty.
        changed = self._run(
            f'UPDATE {self._table} t SET ({self._names}, "_full_text") = ROW ({self._theirs}, NULL)'  # noqa: S608
            f" FROM pole_wanted w WHERE {same_id} AND ({self._ours}) IS DISTINCT FROM ({self._theirs})"
        )
        added = self._run(
            f"INSERT INTO {self._table} ({self._names}) SELECT {self._theirs} FROM pole_wanted w"  # noqa: S608
            f" WHERE NOT EXISTS (SELECT FROM {self._table} t WHERE {same_id})"
        )
        return {"added": added, "changed": changed, "removed": removed}

    def _put(self, table: str, rows: Iterable[dict[str, Any]]) -> int:
        """Add rows to a table, some thousands a statement; gives how many."""
        statement = (
            f"INSERT INTO {table} ({self._names}) SELECT {self._names}"  # noqa: S608  names are quoted
            f" FROM json_populate_recordset(NULL::{self._table}, CAST(:rows AS json))"
        )
        count = 0
        for chunk in _chunks(rows):
            found = [
                {name: None if value == "" and name not in self._texts else value for name, value in row.items()}
                for row in chunk
            ]
            count += self._run(statement, rows=json.dumps(found, ensure_ascii=False))
        return count

    def _run(self, statement: str, **values: str) -> int:
        return self._connection.execute(sa.text(statement), values).rowcount


def _field(column: Column) -> dict[str, Any]:
    return {
        "id": column.id,
        "type": TYPES[column.type],
        "info": {
            "label_translated": dict(column.label),
            "notes_translated": dict(column.note),
        },
    }


def _chunks(rows: Iterable[Any]) -> Iterator[list[Any]]:
    rows = iter(rows)
    while chunk := list(islice(rows, CHUNK)):
        yield chunk
