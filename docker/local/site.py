"""The portal's ini files, and its databases made to fit the code."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from . import databases, environment, postgres, python_env, solr, store
from .databases import Databases
from .errors import Stop
from .layout import Layout

ADMIN = "admin"
LOOPBACK = ("127.0.0.1", "localhost", "0.0.0.0", "::", "::1")


@dataclass(frozen=True)
class Place:
    """Where a portal's parts listen.

    Attributes:
        ports: of `postgres`, `redis`, `solr`, `demo` and `web`.
        host: the address of `web`.
        paired: whether there are two of each, behind nginx.
    """

    ports: dict[str, int]
    host: str
    paired: bool = False

    @property
    def url(self) -> str:
        """The portal's address for a person."""
        name = "localhost" if self.host in LOOPBACK else self.host
        return f"http://{name}:{self.ports['web']}"

    @property
    def internal_url(self) -> str:
        """The portal's address for its own processes: the one it listens on."""
        name = "127.0.0.1" if self.host in ("0.0.0.0", "localhost") else self.host
        return f"http://{f'[{name}]' if ':' in name else name}:{self.ports['web']}"

    @property
    def demo_url(self) -> str:
        """The demonstration sources' address."""
        return f"http://127.0.0.1:{self.ports['demo']}"


def plugins(layout: Layout) -> list[str]:
    """The plugins of the portal, in order."""
    lines = (layout.templates / "plugins.txt").read_text("utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def render(template: str, values: dict[str, Any]) -> str:
    """Fill in an ini template.

    Args:
        template: its text; `$name` stands for a value.
        values: by name. A % is doubled, because CKAN expands it.

    Raises:
        KeyError: the template names a value that is not given.
    """
    return Template(template).substitute({name: str(value).replace("%", "%%") for name, value in values.items()})


def values(
    layout: Layout, place: Place, secrets: dict[str, Any], names: Databases, *, core: str, redis_db: int, storage: Path,
    loaded: Sequence[str] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """What the ini templates ask for.

    Args:
        layout: the checkout.
        place: where the site's parts listen.
        secrets: drawn values.
        names: of its databases.
        core: of Solr.
        redis_db: its database in Redis.
        storage: folder of its files.
        loaded: plugins; the portal's by default.
    """
    port = place.ports["postgres"]
    return {
        "secret_key": secrets["secret_key"], "csrf": secrets["csrf"], "jwt": secrets["jwt"],
        "redis_url": f"redis://:{secrets['redis']}@127.0.0.1:{place.ports['redis']}/{redis_db}",
        "solr_url": f"http://127.0.0.1:{place.ports['solr']}/solr/{core}",
        "log_format": "generic", "allow_private": f"127.0.0.1:{place.ports['demo']}",
        "main_url": databases.url(names.main, port, secrets),
        "datastore_url": databases.url(names.datastore, port, secrets),
        "datastore_read_url": databases.url(names.datastore, port, secrets, reader=True),
        "jobs_url": databases.url(names.jobs, port, secrets),
        "plugins": " ".join(plugins(layout) if loaded is None else loaded), "storage": storage,
        "site_url": place.url, "internal_url": place.internal_url, "proxies": int(place.paired),
        "api_limit": "1200/minute", "second_factor": "", "kept_seconds": "60",
        "xloader_token": secrets.get("xloader_token", "NOT_SET"),
    }


def write_ini(layout: Layout, place: Place, secrets: dict[str, Any]) -> str:
    """Write the site's ini.

    Returns:
        Its text.
    """
    return write(
        layout, layout.ini,
        values(layout, place, secrets, databases.SITE, core="ckan", redis_db=0, storage=layout.storage),
    )  # fmt: skip


def write(layout: Layout, ini: Path, given: dict[str, Any]) -> str:
    """Write a site's ini, of what `values` gives.

    Returns:
        Its text.
    """
    text = render((layout.templates / "ckan.ini.in").read_text("utf-8"), given)
    store.write_text(ini, text)
    return text


def write_test_ini(layout: Layout, place: Place, secrets: dict[str, Any]) -> None:
    """Write the tests' ini: the same site on databases, a Redis database and a Solr core of its own."""
    storage = layout.local / "test-storage"
    storage.mkdir(mode=0o700, exist_ok=True)
    given = values(layout, place, secrets, databases.TEST, core="ckan_test", redis_db=1, storage=storage)
    store.write_text(layout.test_ini, render((layout.templates / "test.ini.in").read_text("utf-8"), given))


def stamp(layout: Layout) -> str:
    """What the databases were prepared for: the packages, the plugins, our migrations and words, and the accounts."""
    digest = hashlib.sha256(python_env.stamp(layout, "serve").encode())
    digest.update(" ".join(plugins(layout)).encode())
    ours = [*(layout.root / "ckanext").rglob("migration/**/*.py"), *(layout.root / "i18n").rglob("*.po")]
    for path in sorted(ours):
        digest.update(f"{path.relative_to(layout.root)}\n".encode())
        digest.update(path.read_bytes())
    digest.update(Path(__file__).with_name("prepare.py").read_bytes())
    digest.update(repr(sorted(store.read(layout.secrets).items())).encode())
    return digest.hexdigest()


def is_prepared(layout: Layout) -> bool:
    """Whether the databases fit the code. The mark lives in the cluster, and goes with it."""
    mark = postgres.data_folder(layout) / postgres.PREPARED
    try:
        return mark.read_text("ascii") == stamp(layout)
    except OSError:
        return False


def prepare(layout: Layout, secrets: dict[str, Any], *, reindex: bool, paired: bool = False) -> dict[str, Any]:
    """Migrate the databases, create the administrator and xloader's token, index anew if asked.

    Args:
        layout: the checkout.
        secrets: drawn values.
        reindex: whether the Solr index is to be made again.
        paired: whether it is a SolrCloud's.

    Returns:
        The secrets, with xloader's token.

    Raises:
        Stop: CKAN could not do it.
    """
    wishes = {
        "admin": {"name": ADMIN, "password": secrets["admin"]},
        "xloader_token": secrets.get("xloader_token", ""),
        "reindex": reindex,
    }
    outcome = _run_prepare(layout, layout.ini, wishes)
    secrets = store.update(layout.secrets, xloader_token=outcome["xloader_token"])
    if reindex:
        solr.mark_indexed(layout, paired=paired)
    store.write_text(postgres.data_folder(layout) / postgres.PREPARED, stamp(layout))
    return secrets


def accounts(layout: Layout, secrets: dict[str, Any]) -> dict[str, str]:
    """Names and passwords of the accounts that `./dev` or the demonstration made."""
    return {ADMIN: secrets["admin"], **store.read(layout.accounts)}


def prepare_tests(layout: Layout) -> None:
    """Migrate the tests' databases, so that a test that does not empty them finds tables.

    Raises:
        Stop: CKAN could not do it.
    """
    migrate(layout, layout.test_ini)


def migrate(layout: Layout, ini: Path) -> None:
    """Bring the databases of an ini to what the code needs.

    Raises:
        Stop: CKAN could not do it.
    """
    _run_prepare(layout, ini, {})


def _run_prepare(layout: Layout, ini: Path, wishes: dict[str, Any]) -> dict[str, Any]:
    done = subprocess.run(
        [str(layout.python), str(Path(__file__).with_name("prepare.py"))],
        env=environment.command(layout, ini), cwd=layout.root, input=json.dumps(wishes),
        capture_output=True, text=True, check=False,
    )
    lines = done.stdout.splitlines()
    with layout.setup_log.open("a", encoding="utf-8") as out:
        out.write("\n".join(lines[:-1]) + "\n" + done.stderr)
    if done.returncode or not lines:
        raise Stop(
            "La base de données n'a pas pu être préparée.", "The database could not be prepared.", log=layout.setup_log
        )
    return json.loads(lines[-1])


def code_stamp(layout: Layout) -> str:
    """What the running processes have loaded: our code, schemas, settings and packages, by size and time."""
    digest = hashlib.sha256(layout.ini.read_bytes())
    digest.update(python_env.stamp(layout, "serve").encode())
    for folder in ("ckanext", "schemas", "config", "i18n"):
        for parent, folders, files in os.walk(layout.root / folder):
            folders[:] = sorted(name for name in folders if name != "__pycache__")
            for name in sorted(files):
                found = os.stat(os.path.join(parent, name))
                digest.update(f"{parent}/{name} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()
