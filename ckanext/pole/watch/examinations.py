"""Examinations of a running site: what it is installed from, stands on, and has left to do."""

from __future__ import annotations

import json
import os
import shutil
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, redirect_stdout
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, requires, version
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

from ckanext.pole.watch.accounts import of_second_factors
from ckanext.pole.watch.doctor import Examination, Finding, failure, warning, well
from ckanext.pole.watch.services import PATIENCE, ask_all
from ckanext.pole.watch.site_settings import of_site

CLOCKS = 2.0
"""Seconds that two clocks may differ: agreements end to the second."""
WAITING = 15 * 60
"""Seconds that a job may wait before its workers are asked about."""
FREE = 0.05
"""Share of a disk below which it counts as full."""


def of_versions(_settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Whether the packages installed are those that we were written for."""
    from packaging.requirements import Requirement

    asked = [Requirement(line) for line in requires("ckanext-pole") or ()]
    wrong = 0
    for one in asked:
        if one.marker is not None and not one.marker.evaluate({"extra": ""}):
            continue
        try:
            found = version(one.name)
        except PackageNotFoundError:
            found = ""
        if not found or not one.specifier.contains(found, prereleases=True):
            wrong += 1
            yield failure(
                "versions", f"{one.name} {found or 'absent'} : il faut {one.specifier or 'ce paquet'}.",
                f"{one.name} {found or 'missing'}: {one.specifier or 'this package'} is needed.",
            )  # fmt: skip
    if not wrong:
        said = f"ckanext-pole {version('ckanext-pole')}, CKAN {version('ckan')}"
        yield well("versions", f"{said}, et ce qu’il leur faut.", f"{said}, and what they need.")


def of_services(settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Whether PostgreSQL, the DataStore, Redis and Solr answer."""
    for one in ask_all(settings):
        if one.ok:
            yield well(one.name, f"Répond en {one.seconds * 1000:.0f} ms.", f"Answers in {one.seconds * 1000:.0f} ms.")
        else:
            yield failure(one.name, f"Ne répond pas : {one.error}.", f"Does not answer: {one.error}.")


def of_datastore(settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Whether the tables of directories can be compared where they lie: that is done beside a temporary table."""
    import ckan.plugins.toolkit as tk
    import psycopg2
    from psycopg2.extensions import quote_ident

    subject = "datastore"
    if "pole_directory_harvester" not in tk.aslist(settings["ckan.plugins"]):
        return
    connected = psycopg2.connect(str(settings["ckan.datastore.write_url"]), connect_timeout=int(PATIENCE))
    with closing(connected) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT has_database_privilege(current_database(), 'TEMPORARY'), current_database(), current_user"
        )
        may, database, person = cursor.fetchone() or (False, "", "")
        grant = f"GRANT TEMPORARY ON DATABASE {quote_ident(database, cursor)} TO {quote_ident(person, cursor)};"
    if may:
        yield well(subject, "Des tableaux temporaires y sont permis.", "Temporary tables are allowed there.")
    else:
        yield failure(
            subject, f"Aucun répertoire ne peut y être versé, faute de tableaux temporaires : {grant}",
            f"No directory can be loaded there, for want of temporary tables: {grant}",
        )  # fmt: skip


def of_storage(settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Whether uploaded files can be written, are nobody else's to read, and have room."""
    from ckan.exceptions import CkanConfigurationException

    from ckanext.pole.access import storage_check

    subject = "storage"
    root = Path(str(settings.get("ckan.storage_path") or ""))
    if not settings.get("ckan.storage_path") or not root.is_dir():
        yield failure(subject, "ckan.storage_path ne mène à aucun dossier.", "ckan.storage_path leads to no folder.")
        return
    if not os.access(root, os.W_OK | os.X_OK):
        yield failure(subject, "Le dossier des fichiers ne peut être écrit.", "The folder of files cannot be written.")
    if stat.S_IMODE(root.stat().st_mode) & 0o007:
        yield warning(
            subject, "Tout compte de cette machine peut lire les fichiers téléversés : chmod o-rwx.",
            "Every account of this machine can read the uploaded files: chmod o-rwx.",
        )  # fmt: skip
    try:
        storage_check.check(settings)
    except CkanConfigurationException as error:
        yield failure(
            subject, f"Des fichiers fermés seraient servis à tous : {error}", f"Closed files would be open: {error}"
        )
    space = shutil.disk_usage(root)
    if space.free < FREE * space.total:
        yield failure(subject, f"Le disque est plein à {100 - 100 * space.free // space.total} %.",
                      f"The disk is {100 - 100 * space.free // space.total} % full.")  # fmt: skip
    else:
        room = f"{space.free / 2**30:.0f}"
        yield well(subject, f"{room} Gio libres.", f"{room} GiB free.")


def of_clocks(settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Whether this machine's clock is the database's."""
    import psycopg2

    connected = psycopg2.connect(str(settings["sqlalchemy.url"]), connect_timeout=int(PATIENCE))
    with closing(connected) as connection, connection.cursor() as cursor:
        before = time.time()
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        row = cursor.fetchone()
        between = (before + time.time()) / 2
    apart = abs(float(row[0]) - between) if row else CLOCKS * 2
    if apart > CLOCKS:
        yield failure(
            "clocks", f"L’horloge de la base s’écarte de {apart:.0f} s : les ententes finissent à la seconde.",
            f"The database's clock is {apart:.0f} s off: agreements end to the second.",
        )  # fmt: skip
    else:
        yield well("clocks", "La base et cette machine ont la même heure.", "The database and this machine agree.")


def of_solr_schema(settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Whether Solr runs on the configset of this version."""
    from ckanext.pole.search import configset

    opener, base = build_opener(ProxyHandler({})), str(settings["solr_url"]).rstrip("/")
    found: dict[str, str] = {}
    for path, key in (("schema/fields", "fields"), ("schema/dynamicfields", "dynamicFields")):
        with opener.open(f"{base}/{path}?wt=json", timeout=PATIENCE) as answer:
            found |= {one["name"]: one["type"] for one in json.load(answer)[key]}
    wanted = configset.field_types()
    wrong = sorted(name for name, kind in wanted.items() if found.get(name) != kind)
    if wrong:
        told = ", ".join(wrong[:5]) + (" …" if len(wrong) > 5 else "")
        yield failure(
            "solr", f"Schéma d’une autre version ({told}) : ckan pole solr config, puis ckan search-index rebuild.",
            f"Schema of another version ({told}): ckan pole solr config, then ckan search-index rebuild.",
        )  # fmt: skip
    else:
        yield well("solr", "Le schéma est celui de cette version.", "The schema is that of this version.")


def of_migrations(_settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Whether the tables are those of this version."""
    from ckan.cli.db import _get_pending_plugins

    with redirect_stdout(StringIO()):  # alembic prints its history
        pending = _get_pending_plugins()
    if pending:
        told = ", ".join(f"{name} ({count})" for name, count in sorted(pending.items()))
        yield failure(
            "tables", f"Migrations à faire : {told}. ckan db upgrade", f"Migrations to run: {told}. ckan db upgrade"
        )
    else:
        yield well("tables", "Toutes les migrations sont faites.", "All migrations are done.")


def of_work(_settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Whether somebody does what waits."""
    from ckan.lib import jobs
    from ckan.lib.redis import connect_to_redis
    from rq import Worker

    workers = len(Worker.all(connection=connect_to_redis()))
    waiting, oldest = 0, None
    for queue in jobs.get_all_queues():
        waiting += len(queue)
        first = queue.fetch_job(queue.job_ids[0]) if len(queue) else None
        if first is not None and first.enqueued_at is not None:
            since = first.enqueued_at.replace(tzinfo=timezone.utc)
            oldest = min(oldest or since, since)
    age = (datetime.now(timezone.utc) - oldest).total_seconds() if oldest else 0
    if not workers:
        yield failure("work", f"Aucun travailleur ne tourne; {waiting} tâches attendent.",
                      f"No worker runs; {waiting} jobs wait.")  # fmt: skip
    elif age > WAITING:
        yield warning(
            "work", f"Une tâche attend depuis {age / 60:.0f} minutes.", f"A job waits since {age / 60:.0f} minutes."
        )
    else:
        yield well(
            "work",
            f"{workers} travailleurs, {waiting} tâches en attente.",
            f"{workers} workers, {waiting} jobs waiting.",
        )


def of_loading(_settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Whether there are files that are not loaded any more, because loading them kills the worker."""
    import sqlalchemy as sa
    from ckan import model

    from ckanext.pole.watch.unloaded import DEADLY

    note = model.TaskStatus
    asked = (
        sa.select(note.entity_id)
        .join(model.Resource, model.Resource.id == note.entity_id)
        .where(
            note.task_type == "xloader", note.key == "xloader", note.state == "error",
            note.error.contains(f'"code": "{DEADLY}"', autoescape=True), model.Resource.state == "active",
        )
        .order_by(note.last_updated.desc())
    )  # fmt: skip
    with model.ensure_engine().connect() as connection:
        found = connection.execute(asked).scalars().all()
    if found:
        told = ", ".join(found[:5]) + (" …" if len(found) > 5 else "")
        yield warning(
            "loading",
            f"Fichiers dont le versement tue son exécutant et n’est plus tenté ({len(found)}) : {told}",
            f"Files whose loading kills its worker and is not tried any more ({len(found)}): {told}",
        )
    else:
        yield well("loading", "Aucun versement n’est abandonné.", "No loading is given up.")


def of_index(_settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Whether the index has as many datasets as the database."""
    import ckan.plugins.toolkit as tk
    import sqlalchemy as sa
    from ckan import model
    from ckan.lib.search.common import make_connection

    with model.ensure_engine().connect() as connection:
        held = connection.execute(
            sa.select(sa.func.count()).select_from(model.package_table).where(model.package_table.c.state == "active")
        ).scalar_one()
    query = [f'+site_id:"{tk.config["ckan.site_id"]}"', "+entity_type:package", "+state:active"]
    found = make_connection().search("*:*", fq=query, rows=0).hits
    if held != found:
        yield warning(
            "index", f"{held} jeux dans la base, {found} dans l’index : ckan pole search check --repair",
            f"{held} datasets in the database, {found} in the index: ckan pole search check --repair",
        )  # fmt: skip
    else:
        yield well("index", f"{found} jeux, comme la base.", f"{found} datasets, as the database.")


ALL: tuple[tuple[str, Examination], ...] = (
    ("settings", of_site), ("versions", of_versions), ("services", of_services), ("datastore", of_datastore),
    ("storage", of_storage), ("clocks", of_clocks), ("tables", of_migrations), ("solr", of_solr_schema),
    ("index", of_index), ("work", of_work), ("loading", of_loading), ("accounts", of_second_factors),
)  # fmt: skip
