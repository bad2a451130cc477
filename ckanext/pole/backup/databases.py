"""Databases out and in, with PostgreSQL's own pg_dump and psql."""

from __future__ import annotations

import os
import subprocess
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO

from sqlalchemy.engine import make_url

from ckanext.pole.backup.archive import PIECE

ROOMS = {"jobs": "ckanext.xloader.jobs_db.uri", "datastore": "ckan.datastore.write_url", "main": "sqlalchemy.url"}
"""Part of the archive → the setting that says where the database is. CKAN's own comes last: when it is back, all is."""

# What a site's preparation put there goes; extensions, which belong to the database's administrator, stay.
_EMPTY = b"""
SET lock_timeout = '20s';
DO $$ DECLARE one record; BEGIN
  FOR one IN
    SELECT relname AS name, CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
      ELSE 'TABLE' END AS kind
    FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')
      AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
  LOOP EXECUTE format('DROP %s IF EXISTS public.%I CASCADE', one.kind, one.name); END LOOP;
  FOR one IN
    SELECT oid::regprocedure::text AS name FROM pg_proc WHERE pronamespace = 'public'::regnamespace
      AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
  LOOP EXECUTE format('DROP ROUTINE IF EXISTS %s CASCADE', one.name); END LOOP;
  FOR one IN
    SELECT typname AS name FROM pg_type WHERE typnamespace = 'public'::regnamespace
      AND (typtype IN ('e', 'd') OR typrelid IN (SELECT oid FROM pg_class WHERE relkind = 'c'))
      AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_type.oid AND deptype = 'e')
  LOOP EXECUTE format('DROP TYPE IF EXISTS public.%I CASCADE', one.name); END LOOP;
END $$;
"""


class Failed(Exception):
    """PostgreSQL's programs could not do it; the message is theirs, without the password."""


def addresses(settings: Mapping[str, object]) -> dict[str, str]:
    """The databases of a site.

    Args:
        settings: CKAN's configuration.

    Returns:
        A connection URL for each name in ROOMS that the site has, in that order, none twice.
    """
    found: dict[str, str] = {}
    for name, key in reversed(ROOMS.items()):
        url = str(settings.get(key) or "")
        if url and url not in found.values():
            found[name] = url
    return {name: found[name] for name in ROOMS if name in found}


def dump(url: str, snapshot: str) -> Iterator[bytes]:
    """The whole database as gzipped SQL, in pieces.

    Args:
        url: of the database.
        snapshot: exported by a transaction that is still open; what was written later is not in the dump.

    Raises:
        Failed: pg_dump is absent, or could not read everything.
    """
    words = ["pg_dump", "--format=plain", "--no-owner", "--no-privileges", "--compress=6", f"--snapshot={snapshot}"]
    with _running(words, url, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None  # noqa: S101 - for the reader and the type checker
        while piece := process.stdout.read(PIECE):
            yield piece


def load(url: str, pieces: Iterable[bytes]) -> None:
    """Fill a database with a dump, instead of what it holds, in one transaction.

    Args:
        url: of the database.
        pieces: as `dump` gave them.

    Raises:
        Failed: psql is absent, or refused; the database is as it was.
    """
    words = ["psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    unzip = zlib.decompressobj(wbits=31)
    with _running(words, url, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        assert process.stdin is not None  # noqa: S101
        try:
            process.stdin.write(_EMPTY)
            for piece in pieces:
                process.stdin.write(unzip.decompress(piece))
            if not unzip.eof:
                # psql commits at the end of its input: it must not come to that.
                process.kill()
            process.stdin.close()
        except BrokenPipeError:
            pass  # psql gave up and says why
        except BaseException:
            process.kill()
            raise


@contextmanager
def _running(
    words: list[str], url: str, *, stdin: int | None = None, stdout: int | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    # The password travels in the environment: a command line is public on its machine.
    place = make_url(url)
    environment = {
        **os.environ, "PGHOST": place.host or "", "PGPORT": str(place.port or 5432), "PGUSER": place.username or "",
        "PGPASSWORD": str(place.password or ""), "PGDATABASE": place.database or "", "PGCONNECT_TIMEOUT": "10",
        "PGCLIENTENCODING": "UTF8",
    }  # fmt: skip
    with tempfile.TemporaryFile() as errors:
        try:
            process = subprocess.Popen(words, env=environment, stdin=stdin, stdout=stdout, stderr=errors)
        except FileNotFoundError:
            raise Failed(f"{words[0]}: not installed") from None
        try:
            yield process
        except BaseException:
            process.kill()
            raise
        finally:
            for stream in (process.stdin, process.stdout):
                _close(stream)
            code = process.wait()
        if code:
            errors.seek(0)
            said = errors.read(4000).decode("utf-8", "replace").strip()
            raise Failed(said or f"{words[0]}: {code}")


def _close(stream: IO[bytes] | None) -> None:
    try:
        if stream is not None:
            stream.close()
    except BrokenPipeError:
        pass
