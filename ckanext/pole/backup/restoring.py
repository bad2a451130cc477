"""Making a portal again from a backup, on a machine that has an empty one."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model

from ckanext.pole.backup import archive, databases, sealing
from ckanext.pole.backup.making import COUNTED, FORMAT, storage

Say = Callable[[str], None]
MARKER = ".restoring"
"""In the storage while a restore is under way; one that was interrupted may go on with the same backup only."""


class Refused(Exception):
    """Nothing was changed; the message says why, in French and English."""


def restore(source: Path, secret: str, say: Say, settings: Path | None = None) -> dict[str, Any]:
    """Fill an empty portal. The whole file is read and checked before anything is written.

    Safe to repeat after an interruption: files come first, CKAN's own database last and each database at once, so that
    a portal that shows its catalogue has all of it.

    Args:
        source: the backup.
        secret: the key that opens it.
        say: told each step.
        settings: where to put the backup's settings file; None: nowhere, the machine's own are kept.

    Returns:
        The backup's `about.json`, `counts` as they are now under `found`, and `ledger_ok`.

    Raises:
        Refused: the portal is not empty, or the backup is of another version.
        archive.Damaged: the file is not whole.
        sealing.BadKey: the key does not open it, or the file was changed.
        databases.Failed: PostgreSQL refused.
    """
    about = _checked(source, secret)
    root = storage()
    if root is None:
        raise Refused("ckan.storage_path ?")
    root.mkdir(parents=True, exist_ok=True)
    addresses = databases.addresses(tk.config)
    marker, sign = root / MARKER, hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()
    going_on = marker.exists() and marker.read_text("ascii") == sign
    _refuse_what_is_not_empty(addresses, root, going_on=going_on)
    if settings is not None and settings.exists():
        raise Refused(f"{settings} existe déjà · exists already")
    marker.write_text(sign, "ascii")
    # This process's own connections must not keep psql waiting.
    model.Session.remove()
    model.ensure_engine().dispose()
    with _parts(source, secret) as parts:
        for part, pieces in parts:
            room, _, rest = part.partition("/")
            if room == "storage":
                _write(root / rest, pieces)
            elif room == "settings" and settings is not None:
                _write(settings, pieces)
            elif room == "databases" and (url := addresses.get(rest.removesuffix(".sql.gz"))):
                say(part)
                databases.load(url, pieces)
    marker.unlink()
    return about


def verdict(about: dict[str, Any]) -> dict[str, Any]:
    """Whether what is here is what the backup says.

    Args:
        about: as `restore` returned it.

    Returns:
        `found`: counts of rows; `same`: whether they are those of the backup; `ledger`: whether the chain holds and
        ends where it ended then, None where there was none.
    """
    with model.ensure_engine().connect() as connection:
        there = set(sa.inspect(connection).get_table_names())
        found = {
            name: connection.execute(sa.select(sa.func.count()).select_from(sa.table(name))).scalar_one()
            for name in COUNTED if name in there and name in about["counts"]
        }  # fmt: skip
    ledger = None
    if about.get("ledger") and p.plugin_loaded("pole_access"):
        from ckanext.pole.access import ledger_keeping

        answer = ledger_keeping.verify()
        ledger = bool(answer["ok"] and answer["head"] == about["ledger"])
    return {"found": found, "same": found == about["counts"], "ledger": ledger}


@contextmanager
def _parts(source: Path, secret: str) -> Iterator[Iterator[tuple[str, Iterator[bytes]]]]:
    with source.open("rb") as file, sealing.opened(file, secret) as stream:
        yield archive.read(stream)
        _drain(stream)


def _drain(stream: IO[bytes]) -> None:
    # tar ends before its padding; age's last block, which says that nothing was cut, comes after it.
    while stream.read(archive.PIECE):
        pass


def _checked(source: Path, secret: str) -> dict[str, Any]:
    """What the backup is, once all of it was read."""
    about: dict[str, Any] = {}
    with _parts(source, secret) as parts:
        for part, pieces in parts:
            if not about:
                if part != "about.json":
                    raise archive.Damaged("no about.json")
                about = json.loads(b"".join(pieces))
                _refuse_another_version(about)
    return about


def _refuse_another_version(about: dict[str, Any]) -> None:
    if about.get("format") != FORMAT:
        raise Refused(f"format {about.get('format')!r}, attendu · expected {FORMAT}")
    theirs, ours = (_numbers(str(found)) for found in (about["versions"]["ckan"], version("ckan")))
    if theirs[:2] != ours[:2]:
        raise Refused(f"CKAN {about['versions']['ckan']} ≠ {version('ckan')}")
    if _numbers(about["versions"]["ckanext-pole"]) > _numbers(version("ckanext-pole")):
        raise Refused(
            f"La sauvegarde vient d’une version plus récente · the backup is of a newer version:"
            f" ckanext-pole {about['versions']['ckanext-pole']} > {version('ckanext-pole')}"
        )


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(step) for step in text.split(".")[:3] if step.isdigit())


def _refuse_what_is_not_empty(addresses: dict[str, str], root: Path, *, going_on: bool) -> None:
    """A portal with content is never written over.

    What `ckan db init` and the first start put there (accounts, empty tables) is no content.
    """
    with model.ensure_engine().connect() as connection:
        there = set(sa.inspect(connection).get_table_names())
        for name in {"package", "group", "resource", "activity"} & there:
            if connection.execute(sa.select(sa.exists(sa.select(sa.text("1")).select_from(sa.table(name))))).scalar():
                raise Refused(f"Cette base n’est pas vide · this database is not empty: {name}")
    if going_on:
        return
    if any(path.is_file() for path in root.rglob("*") if path.relative_to(root).parts[0] not in ("webassets", "tmp")):
        raise Refused(f"Ce dossier n’est pas vide · this folder is not empty: {root.name}")
    if "datastore" in addresses:
        engine = sa.create_engine(addresses["datastore"], poolclass=sa.pool.NullPool)
        # CKAN's own tables, which its permission script makes, begin with a line.
        if any(not name.startswith("_") for name in sa.inspect(engine).get_table_names()):
            raise Refused("Le DataStore n’est pas vide · the DataStore is not empty")


def _write(path: Path, pieces: Iterator[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        for piece in pieces:
            file.write(piece)
    draft.replace(path)
