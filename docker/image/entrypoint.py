"""What a container of our image does: write the settings from the environment, then become the role that is asked for.

`entrypoint.py web|worker|gather|fetch|scheduler` runs that role; `init` makes the databases fit the code and ends;
`configset FOLDER` writes Solr's configset, `collection NODE FOLDER` gives it to a SolrCloud; anything else is a command
to run with the settings in place (`ckan …`).

Secrets come from files: for each NAME below that is secret, NAME_FILE names one. Standard library only.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from string import Template
from urllib.parse import quote

import cloud
import roles

TEMPLATES = Path(os.environ.get("POLE_TEMPLATES", "/opt/pole/config/ini"))
PROGRAMS = Path(sys.executable).parent
STATE = Path("/var/lib/pole")
INI = Path("/run/pole/ckan.ini")

SECRETS = ("POLE_SECRET_KEY", "POLE_CSRF_KEY", "POLE_JWT_KEY", "POLE_DB_PASSWORD", "POLE_DATASTORE_PASSWORD",
           "POLE_REDIS_PASSWORD")  # fmt: skip
NEEDED = ("POLE_SITE_URL",)
CONFIGSET, COLLECTION = "pole", "ckan"
DEFAULTS = {
    "POLE_DB_HOST": "postgres", "POLE_DB_PORT": "5432", "POLE_REDIS_HOST": "redis", "POLE_REDIS_PORT": "6379",
    "POLE_SOLR_URL": "http://solr:8983/solr/ckan", "POLE_INTERNAL_URL": "http://web:5000", "POLE_ALLOW_PRIVATE": "",
    "POLE_LOG_FORMAT": "json", "POLE_PROXIES": "1", "POLE_API_LIMIT": "1200/minute",
    "POLE_SECOND_FACTOR": "",
    "POLE_KEPT_SECONDS": "60",
}  # fmt: skip


class Missing(Exception):
    """A setting without which the portal must not start."""


def secret(name: str, environ: Mapping[str, str]) -> str:
    """A secret: what stands in the file that NAME_FILE names, else NAME itself.

    Raises:
        Missing: neither is there, the file cannot be read, or it is empty.
    """
    path = environ.get(f"{name}_FILE")
    try:
        value = Path(path).read_text("utf-8").strip() if path else environ.get(name, "")
    except OSError as error:
        raise Missing(f"{name}_FILE: {error.strerror}") from None
    if not value:
        raise Missing(f"{name}_FILE")
    return value


def values(environ: Mapping[str, str], state: Path = STATE) -> dict[str, str]:
    """What the ini template asks for, from the environment.

    Args:
        environ: the container's environment.
        state: the folder that keeps what `init` made, and the uploaded files.

    Raises:
        Missing: a secret or a mandatory setting is absent.
    """
    given = {**DEFAULTS, **{name: value for name, value in environ.items() if value}}
    for name in NEEDED:
        if not given.get(name):
            raise Missing(name)
    hidden = {name: secret(name, environ) for name in SECRETS}
    place = f"{given['POLE_DB_HOST']}:{given['POLE_DB_PORT']}"
    owner = f"postgresql://ckan:{quote(hidden['POLE_DB_PASSWORD'], safe='')}@{place}"
    reader = f"postgresql://datastore_ro:{quote(hidden['POLE_DATASTORE_PASSWORD'], safe='')}@{place}"
    redis = f"redis://:{quote(hidden['POLE_REDIS_PASSWORD'], safe='')}@{given['POLE_REDIS_HOST']}"
    token = state / "xloader_token"
    lines = (TEMPLATES / "plugins.txt").read_text("utf-8").splitlines()
    return {
        "site_url": given["POLE_SITE_URL"].rstrip("/"), "internal_url": given["POLE_INTERNAL_URL"],
        "secret_key": hidden["POLE_SECRET_KEY"], "csrf": hidden["POLE_CSRF_KEY"], "jwt": hidden["POLE_JWT_KEY"],
        "main_url": f"{owner}/ckan", "datastore_url": f"{owner}/datastore", "jobs_url": f"{owner}/xloader",
        "datastore_read_url": f"{reader}/datastore",
        "redis_url": f"{redis}:{given['POLE_REDIS_PORT']}/0", "solr_url": given["POLE_SOLR_URL"],
        "storage": str(state / "storage"), "allow_private": given["POLE_ALLOW_PRIVATE"],
        "log_format": given["POLE_LOG_FORMAT"], "proxies": given["POLE_PROXIES"],
        "api_limit": given["POLE_API_LIMIT"], "second_factor": given["POLE_SECOND_FACTOR"],
        "kept_seconds": given["POLE_KEPT_SECONDS"],
        "plugins": " ".join(line.strip() for line in lines if line.strip() and not line.startswith("#")),
        "xloader_token": token.read_text("ascii") if token.exists() else "NOT_SET",
    }  # fmt: skip


def write_ini(environ: Mapping[str, str], ini: Path = INI, state: Path = STATE) -> None:
    """Fill in the ini template, readable by us alone; a reader never sees half of it.

    Raises:
        Missing: see `values`.
    """
    given = {name: value.replace("%", "%%") for name, value in values(environ, state).items()}
    text = Template((TEMPLATES / "ckan.ini.in").read_text("utf-8")).substitute(given)
    ini.parent.mkdir(parents=True, exist_ok=True)
    _write(ini, text)


def _write(path: Path, text: str) -> None:
    handle, draft = tempfile.mkstemp(dir=path.parent)  # made with mode 0600
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
    os.replace(draft, path)


def initialise(environ: Mapping[str, str], state: Path = STATE) -> None:
    """Make the databases fit the code, create the administrator if its password is given, keep xloader's token.

    Safe to repeat, and to run again after a crash.

    Raises:
        subprocess.CalledProcessError: CKAN could not do it; its own words are on standard error.
    """
    (state / "storage").mkdir(parents=True, exist_ok=True)
    token = state / "xloader_token"
    wishes: dict[str, object] = {"xloader_token": token.read_text("ascii") if token.exists() else ""}
    if environ.get("POLE_ADMIN_PASSWORD_FILE"):
        wishes["admin"] = {"name": "admin", "password": secret("POLE_ADMIN_PASSWORD", environ)}
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("prepare.py"))],
        input=json.dumps(wishes), stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    _write(token, json.loads(done.stdout.splitlines()[-1])["xloader_token"])
    permissions = subprocess.run(
        [str(PROGRAMS / "ckan"), "datastore", "set-permissions"], stdout=subprocess.PIPE, text=True, check=True
    )
    given = values(environ, state)
    subprocess.run(
        ["psql", "-q", "-v", "ON_ERROR_STOP=1", "--dbname", given["datastore_url"]],
        # psql's \connect in CKAN's script keeps the address and the password of the first connection.
        input=permissions.stdout, stdout=subprocess.DEVNULL, text=True, check=True,
    )  # fmt: skip


def command(words: list[str]) -> list[str]:
    """The command line that the container becomes: a role's, or the words themselves."""
    role, *rest = words
    return [*roles.command(role, PROGRAMS, TEMPLATES), *rest] if role in roles.ROLES else words


def main(words: list[str]) -> None:
    """Become what is asked for.

    Args:
        words: the container's command; `web` when there is none.
    """
    words = words or ["web"]
    if words[0] == "configset":
        os.execv(sys.executable, [sys.executable, "-m", "ckanext.pole.search.configset", *words[1:]])  # noqa: S606
    if words[0] == "collection":
        node, folder = words[1:]
        try:
            cloud.complete(node, CONFIGSET, Path(folder), [COLLECTION])
        except cloud.Refused as refused:
            sys.exit(f"SolrCloud refuse · SolrCloud refuses: {refused}")
        return
    try:
        write_ini(os.environ)
    except Missing as missing:
        sys.exit(f"Réglage absent · missing setting: {missing}")
    os.environ["CKAN_INI"] = str(INI)
    if os.environ.get("POLE_SMTP_PASSWORD_FILE"):
        os.environ["CKAN_SMTP_PASSWORD"] = Path(os.environ["POLE_SMTP_PASSWORD_FILE"]).read_text("utf-8").strip()
    if os.environ.get("POLE_METRICS_TOKEN_FILE"):
        os.environ["POLE_METRICS_TOKEN"] = Path(os.environ["POLE_METRICS_TOKEN_FILE"]).read_text("utf-8").strip()
    if words[0] == "init":
        initialise(os.environ)
        return
    if words[0] == "web":
        os.environ.setdefault("POLE_BIND", "0.0.0.0:5000")
        os.chdir(TEMPLATES)
    chosen = command(words)
    os.execvp(chosen[0], chosen)  # noqa: S606  that is what an entry point is for


if __name__ == "__main__":
    main(sys.argv[1:])
