"""The tables that the migration makes are those that the code describes."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

TABLES = (
    "pole_policy", "pole_policy_terms", "pole_agreement", "pole_acceptance", "pole_access_request",
    "pole_access_suspension",
)  # fmt: skip


@pytest.mark.usefixtures("with_plugins", "clean_db")
def test_migrated_tables_are_the_described_ones_and_go_away_again(migrate_db_for):
    from ckan import model

    described = model.meta.metadata.tables if TABLES[0] in model.meta.metadata.tables else model.repo.metadata.tables
    found = sa.inspect(model.Session.get_bind())
    for name in TABLES:
        columns = {column["name"]: column for column in found.get_columns(name)}
        assert set(columns) == set(described[name].columns.keys()), name
        for column in described[name].columns:
            assert columns[column.name]["nullable"] == bool(column.nullable), (name, column.name)
        assert {index["name"]: bool(index["unique"]) for index in found.get_indexes(name)} == {
            index.name: index.unique for index in described[name].indexes
        }, name
    model.Session.remove()
    migrate_db_for("pole_access", "base", forward=False)
    assert not set(TABLES) & set(sa.inspect(model.Session.get_bind()).get_table_names())
    migrate_db_for("pole_access")
