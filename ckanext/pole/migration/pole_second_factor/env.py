"""How alembic reaches the database; its own table remembers which revisions of ours ran."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context

VERSIONS = "pole_second_factor_alembic_version"


def migrate() -> None:
    """Run the revisions in one transaction, or write them as SQL with `--sql`."""
    url = context.config.get_main_option("sqlalchemy.url") or ""
    if context.is_offline_mode():
        context.configure(url=url, literal_binds=True, version_table=VERSIONS)
        with context.begin_transaction():
            context.run_migrations()
        return
    with sa.create_engine(url, poolclass=sa.pool.NullPool).connect() as connection:
        context.configure(connection=connection, version_table=VERSIONS)
        with context.begin_transaction():
            context.run_migrations()


migrate()
