"""How alembic reaches the database for a slice's tables; each slice's `env.py` calls it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context


def migrate(plugin: str) -> None:
    """Run the revisions in one transaction, or write them as SQL with `--sql`.

    Args:
        plugin: whose tables; a table of its own remembers which of its revisions ran.
    """
    url, versions = context.config.get_main_option("sqlalchemy.url") or "", f"{plugin}_alembic_version"
    if context.is_offline_mode():
        context.configure(url=url, literal_binds=True, version_table=versions)
        with context.begin_transaction():
            context.run_migrations()
        return
    with sa.create_engine(url, poolclass=sa.pool.NullPool).connect() as connection:
        context.configure(connection=connection, version_table=versions)
        with context.begin_transaction():
            context.run_migrations()
