"""The databases and roles of the site and of its tests."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import postgres
from .errors import Stop
from .layout import Layout

OWNER = "ckan"
READER = "datastore_ro"


@dataclass(frozen=True)
class Databases:
    """The names of one set of databases.

    Attributes:
        main: CKAN's.
        datastore: the tables that people load.
        jobs: xloader's own, apart so that emptying CKAN's leaves it whole.
        durable: whether a commit waits for the disk.
    """

    main: str
    datastore: str
    jobs: str
    durable: bool = True


SITE = Databases("ckan", "datastore", "xloader")
TEST = Databases("ckan_test", "datastore_test", "xloader_test", durable=False)


def create(layout: Layout, port: int, secrets: dict[str, Any], names: Databases) -> None:
    """Create what is missing and set the passwords; safe to repeat.

    Raises:
        Stop: PostgreSQL refuses.
    """
    # Names are ours and the passwords have no quote: nothing here comes from outside.
    roles = "".join(
        f"SELECT 'CREATE ROLE {role} LOGIN' WHERE NOT EXISTS"  # noqa: S608
        f" (SELECT FROM pg_roles WHERE rolname = '{role}') \\gexec\n"
        f"ALTER ROLE {role} PASSWORD '{secrets[secret]}';\n"
        for role, secret in ((OWNER, "pg_ckan"), (READER, "pg_datastore_ro"))
    )
    databases = "".join(
        f"SELECT 'CREATE DATABASE {name} OWNER {OWNER}' WHERE NOT EXISTS"  # noqa: S608
        f" (SELECT FROM pg_database WHERE datname = '{name}') \\gexec\n"
        + ("" if names.durable else f"ALTER DATABASE {name} SET synchronous_commit = off;\n")
        for name in (names.main, names.datastore, names.jobs)
    )
    postgres.run_sql(layout, port, secrets["pg_superuser"], roles + databases)


def grant_datastore(layout: Layout, port: int, secrets: dict[str, Any], names: Databases) -> None:
    """Give the read-only role of the DataStore its rights, with CKAN's own script.

    Raises:
        Stop: the script is not where CKAN 2.12 has it, or PostgreSQL refuses it.
    """
    found = list(layout.venv.glob("lib/python*/site-packages/ckanext/datastore/set_permissions.sql"))
    if not found:
        raise Stop("CKAN n'est pas installé dans .local/venv.", "CKAN is not installed in .local/venv.", do="./dev up")
    sql = permissions(found[0], names)
    postgres.run_sql(layout, port, secrets["pg_superuser"], sql)


def permissions(script: Path, names: Databases) -> str:
    """Fill in CKAN's permission script as `ckan datastore set-permissions` does, without starting CKAN for it."""
    return script.read_text("utf-8").format(
        maindb=names.main, datastoredb=names.datastore, mainuser=OWNER, writeuser=OWNER, readuser=READER
    )


def url(names_of: str, port: int, secrets: dict[str, Any], *, reader: bool = False) -> str:
    """A connection URL.

    Args:
        names_of: the database.
        port: the cluster's.
        secrets: drawn passwords.
        reader: as the DataStore's read-only role.
    """
    user, password = (READER, secrets["pg_datastore_ro"]) if reader else (OWNER, secrets["pg_ckan"])
    return f"postgresql://{user}:{password}@127.0.0.1:{port}/{names_of}"
