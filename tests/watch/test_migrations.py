"""The tables of each slice go away and come back, step by step from their first schema, on a real PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from ckan import model

MIGRATIONS = Path(__file__).resolve().parents[2] / "ckanext" / "pole" / "migration"
PLUGINS = sorted(folder.name for folder in MIGRATIONS.iterdir() if (folder / "versions").is_dir())

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db")


def steps(plugin: str) -> list[str]:
    """The revisions of a plugin, the first one first."""
    from alembic.script import ScriptDirectory

    found = ScriptDirectory(str(MIGRATIONS / plugin)).walk_revisions()
    return [revision.revision for revision in found][::-1]


def tables() -> dict[str, tuple]:
    """Every table with its columns, indexes and links, as PostgreSQL has them."""
    found = sa.inspect(model.ensure_engine())
    return {
        name: (
            sorted((column["name"], str(column["type"]), column["nullable"]) for column in found.get_columns(name)),
            sorted((str(index["name"]), index["unique"], index["column_names"]) for index in found.get_indexes(name)),
            sorted(str(link["constrained_columns"]) + link["referred_table"] for link in found.get_foreign_keys(name)),
        )
        for name in found.get_table_names()
        if not name.endswith("_alembic_version")
    }


def without_our_indexes(found: dict[str, tuple]) -> dict[str, tuple]:
    """The same; of other tables than ours without the indexes that ours gave them."""
    return {
        name: (columns, [one for one in indexes if name.startswith("pole_") or not one[0].startswith("pole_")], links)
        for name, (columns, indexes, links) in found.items()
    }


@pytest.mark.parametrize("plugin", PLUGINS)
def test_down_to_nothing_and_up_step_by_step_gives_the_same_tables(plugin, migrate_db_for):
    model.Session.remove()
    before = tables()
    migrate_db_for(plugin, "base", forward=False)
    without = tables()
    assert before.keys() - without.keys(), "a migration that leaves its tables takes nothing down"
    assert all(name.startswith("pole_") for name in before.keys() - without.keys())
    assert without_our_indexes(without).items() <= without_our_indexes(before).items(), "nothing of CKAN's changed"
    for revision in steps(plugin):
        migrate_db_for(plugin, revision)
    assert tables() == before
    for revision in [*steps(plugin)[-2::-1], "base"]:  # and down again, a step at a time
        migrate_db_for(plugin, revision, forward=False)
    assert tables() == without
    migrate_db_for(plugin)
    assert tables() == before


def test_every_slice_with_tables_has_migrations():
    from ckanext.pole import plugin as wiring

    folder = Path(wiring.__file__).parent
    owners = {path.parent.name for path in folder.rglob("model.py")} | {
        path.parent.name for path in folder.glob("*/*tables.py") if "sa.Table(" in path.read_text("utf-8")
    }
    assert {f"pole_{name}" for name in owners} == set(PLUGINS)
