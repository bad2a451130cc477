"""Making a backup: every database as of one moment, then the files, into one sealed file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
import sqlalchemy as sa

from ckanext.pole.backup import databases, sealing
from ckanext.pole.backup.archive import PIECE, Writer

FORMAT = 1
"""Of the archive; raised when an older reader would restore it wrongly."""
COUNTED = ("package", "resource", "group", "user", "pole_agreement")
"""Tables whose rows are counted, so that who restores sees at once that all is back."""
#: Made again from our files and CKAN's at the next start.
_LEFT_OUT = ("webassets", "tmp", ".restoring")

Say = Callable[[str, int], None]


def make(target: Path, public: str, say: Say) -> dict[str, Any]:
    """Write a backup; the portal may go on working.

    Args:
        target: the file to write, which appears whole or not at all.
        public: the age key that seals it.
        say: told each part that is in, and its bytes.

    Returns:
        What stands in the backup's `about.json`.

    Raises:
        FileExistsError: `target` is there.
        sealing.BadKey: `public` is no key.
        databases.Failed: a database could not be read whole.
        OSError: the disk is full, a file cannot be read.
    """
    if target.exists():
        raise FileExistsError(target)
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            with sealing.sealed(file, public) as stream, Writer(stream) as writer:
                about = _write(writer, say)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, target)  # unlike a rename, it overwrites nobody who came first
    finally:
        draft.unlink(missing_ok=True)
    return about


def storage() -> Path | None:
    """The folder of uploaded files, if the site has one."""
    path = tk.config.get("ckan.storage_path")
    return Path(str(path)) if path else None


def _write(writer: Writer, say: Say) -> dict[str, Any]:
    addresses = databases.addresses(tk.config)
    with ExitStack() as stack:
        held: dict[str, sa.Connection] = {}
        snapshots: dict[str, str] = {}
        # One right after the other, and held until each dump is done: that is the moment the backup is of.
        for name, url in addresses.items():
            held[name] = stack.enter_context(_frozen(url))
            snapshots[name] = held[name].execute(sa.text("SELECT pg_export_snapshot()")).scalar_one()
        about = _about(held["main"])
        say("about.json", writer.add("about.json", [json.dumps(about, ensure_ascii=False, indent=1).encode()]))
        settings = Path(str(tk.config["__file__"]))
        say("settings", writer.add(f"settings/{settings.name}", _pieces(settings)))
        total = count = 0
        for path, part in _files():
            try:
                total += writer.add(part, _pieces(path))
                count += 1
            except FileNotFoundError:
                continue  # somebody deleted it since: the dataset says so too, later than our moment
        say(f"{count} × storage", total)
        for name, url in addresses.items():
            part = f"databases/{name}.sql.gz"
            say(part, writer.add(part, databases.dump(url, snapshots[name])))
    return about


@contextmanager
def _frozen(url: str) -> Iterator[sa.Connection]:
    """A transaction that goes on seeing one moment."""
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        yield connection


def _about(connection: sa.Connection) -> dict[str, Any]:
    tables = set(sa.inspect(connection).get_table_names())
    counts = {
        name: connection.execute(sa.select(sa.func.count()).select_from(sa.table(name))).scalar_one()
        for name in COUNTED if name in tables
    }  # fmt: skip
    head = None
    if p.plugin_loaded("pole_access"):
        from ckanext.pole.access.ledger_tables import head_of

        link = head_of(connection)
        head = {"seq": link.seq, "hash": link.hash}
    return {
        "format": FORMAT, "made": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "site_url": tk.config["ckan.site_url"], "site_id": tk.config["ckan.site_id"],
        "versions": {name: version(name) for name in ("ckan", "ckanext-pole")}, "counts": counts, "ledger": head,
    }  # fmt: skip


def _files() -> Iterator[tuple[Path, str]]:
    """The uploaded files and the name of each in the archive, in a steady order; links lead elsewhere and stay out."""
    root = storage()
    if root is None or not root.is_dir():
        return
    for folder, inner, names in os.walk(root):
        inner[:] = sorted(name for name in inner if Path(folder) != root or name not in _LEFT_OUT)
        for name in sorted(names):
            path = Path(folder, name)
            if not path.is_symlink() and (Path(folder) != root or name not in _LEFT_OUT):
                yield path, f"storage/{path.relative_to(root).as_posix()}"


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece
