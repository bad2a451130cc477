"""A table of the DataStore is brought to the spooled rows: by id, with no more of them in memory than a statement's."""

from __future__ import annotations

import json
import tracemalloc
from types import SimpleNamespace

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan.tests import factories
from ckanext.datastore.backend.postgres import get_read_engine

from ckanext.pole.directory import datastore
from ckanext.pole.directory.columns import column
from ckanext.pole.harvest import datasets

COLUMNS = tuple(
    column(name, kind, name, name)
    for name, kind in (
        ("id", "text"), ("name", "text"), ("places", "integer"), ("price", "number"), ("open", "boolean"),
        ("seen", "timestamp"),
    )
)  # fmt: skip
ROW = {"id": "a", "name": "Halte", "places": 12, "price": 4.5, "open": True, "seen": "2026-11-01T08:30:00"}


@pytest.fixture
def table(with_plugins, clean_db, tmp_path):
    """A table in the DataStore: what loads rows into it, and what reads them."""
    dataset = factories.Dataset(owner_org=factories.Organization()["id"])
    resource_id = factories.Resource(package_id=dataset["id"])["id"]
    spooled = tmp_path / "rows.jsonl"

    def load(rows, columns=COLUMNS):
        with spooled.open("w", encoding="utf-8") as out:
            out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        datastore.make(resource_id, columns, datasets.context())
        return datastore.load(resource_id, columns, spooled)

    def search(**asked):
        return tk.get_action("datastore_search")({"ignore_auth": True}, {"resource_id": resource_id, **asked})

    return SimpleNamespace(id=resource_id, load=load, search=search)


def versions(table):
    """What PostgreSQL writes anew whenever a row is written, by id."""
    with get_read_engine().connect() as connection:
        return dict(connection.execute(sa.text(f'SELECT id, CAST(ctid AS text) FROM "{table.id}"')).tuples().all())


class TestBadRows:
    def test_rows_of_which_one_is_no_number_leave_the_table_as_it_was(self, table):
        table.load([ROW])
        with pytest.raises(sa.exc.DataError):
            table.load([{**ROW, "name": "Autre"}, {**ROW, "id": "b", "places": "douze"}])
        assert [row["name"] for row in table.search()["records"]] == ["Halte"]

    def test_an_id_that_comes_twice_leaves_the_table_as_it_was(self, table):
        table.load([ROW])
        with pytest.raises(sa.exc.IntegrityError):
            table.load([{**ROW, "id": "b"}, {**ROW, "id": "b", "name": "Autre"}])
        assert [row["id"] for row in table.search()["records"]] == ["a"]

    def test_no_row_at_all_empties_the_table(self, table):
        table.load([ROW])
        assert table.load([]) == {"added": 0, "changed": 0, "removed": 1}


class TestRowsById:
    def test_only_what_is_new_changed_or_gone_is_written(self, table):
        kept, changing, going = ROW, {**ROW, "id": "b"}, {**ROW, "id": "c"}
        assert table.load([kept, changing, going]) == {"added": 3, "changed": 0, "removed": 0}
        before = versions(table)
        rows = [kept, {**changing, "name": "Jardin"}, {**ROW, "id": "d"}]
        assert table.load(rows) == {"added": 1, "changed": 1, "removed": 1}
        after = versions(table)
        assert after.keys() == {"a", "b", "d"}
        assert after["a"] == before["a"], "an unchanged row was written"
        assert after["b"] != before["b"]

    @pytest.mark.parametrize("field", ["name", "places", "price", "open", "seen"])
    def test_a_value_that_comes_or_goes_is_a_change_and_a_value_that_stays_away_is_none(self, table, field):
        without = {**ROW, field: None}
        table.load([without])
        assert table.load([without])["changed"] == 0
        assert table.load([ROW])["changed"] == 1
        assert table.load([without])["changed"] == 1

    def test_the_same_number_written_otherwise_is_no_change(self, table):
        table.load([{**ROW, "price": 4}])
        assert table.load([{**ROW, "price": "4.0"}])["changed"] == 0

    def test_an_empty_text_is_no_number(self, table):
        table.load([{**ROW, "places": "", "seen": ""}])
        found = table.search()["records"][0]
        assert (found["places"], found["seen"]) == (None, None)

    def test_a_changed_row_is_found_by_its_new_words_and_not_by_the_old_ones(self, table):
        table.load([ROW])
        table.load([{**ROW, "name": "Jardin"}])
        assert table.search(q="jardin")["total"] == 1
        assert table.search(q="halte")["total"] == 0


def test_rows_without_ids_take_the_place_of_those_that_were_there(table):
    columns = COLUMNS[1:]
    rows = [{**ROW, "name": name} for name in ("un", "deux")]
    for row in rows:
        del row["id"]
    assert table.load(rows, columns) == {"added": 2, "changed": 0, "removed": 0}
    assert table.load(rows[:1], columns) == {"added": 1, "changed": 0, "removed": 2}
    assert [row["name"] for row in table.search()["records"]] == ["un"]


def test_four_times_the_rows_take_no_more_memory(table):
    def peak(rows):
        # Once unmeasured: what is loaded at the first call is no row.
        table.load(wide(rows))
        tracemalloc.start()
        try:
            table.load(wide(rows, "b"))
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    few, many = peak(datastore.CHUNK), peak(4 * datastore.CHUNK)
    assert many < 1.3 * few, f"{few >> 20} MiB for {datastore.CHUNK} rows, {many >> 20} for four times as many"


def wide(rows, letter="a"):
    return ({**ROW, "id": f"{number:06}", "name": letter * 400} for number in range(rows))
