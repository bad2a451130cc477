"""The environment that our processes get: the person's, less what would lead them astray."""

from __future__ import annotations

import os
from pathlib import Path

from .layout import Layout
from .processes import MARKER

AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
OURS = ("POLE_PORT", "POLE_HOST", "POLE_BIND", MARKER)
PYTHONS = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE")
"""Another environment's; and without its compiled files CKAN starts in six seconds instead of two."""
LOOPBACK = "localhost,127.0.0.1,::1"


def clean() -> dict[str, str]:
    """A copy of our environment for a child process.

    CKAN reads its settings from CKAN_* variables before its ini file, and Python its modules from PYTHON*: a person
    who works on another portal would otherwise mix the two. A proxy is never asked for our own services.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("CKAN_") and name not in OURS + PYTHONS
    }
    if not kept.get("LC_ALL"):
        kept["LANG"] = "C.UTF-8"
    for name in ("NO_PROXY", "no_proxy"):
        kept[name] = ",".join(filter(None, [kept.get(name), LOOPBACK]))
    return kept


POSTGRES = {"PGCONNECT_TIMEOUT": "5"}
"""libpq's own: a database that is frozen accepts connections and says nothing; nobody waits for it without end."""


def service(layout: Layout) -> dict[str, str]:
    """The environment of the process manager and of all it starts."""
    return {
        **clean(),
        **POSTGRES,
        MARKER: layout.instance,
        "CKAN_INI": str(layout.ini),
        "PYTHONUNBUFFERED": "1",
        "PATH": os.pathsep.join([str(layout.venv / "bin"), os.environ.get("PATH", os.defpath)]),
    }


def command(layout: Layout, ini: Path | None = None) -> dict[str, str]:
    """The environment of a command that a person waits for. It has no marker: `down` does not stop it."""
    return {
        **clean(),
        **POSTGRES,
        "CKAN_INI": str(ini or layout.ini),
        "PATH": os.pathsep.join([str(layout.venv / "bin"), os.environ.get("PATH", os.defpath)]),
    }


def installer(pip_settings: dict[str, str]) -> dict[str, str]:
    """The environment of uv, which does not read pip's configuration: told here in its own words.

    Args:
        pip_settings: what `pip config list` says, without the section.
    """
    told = clean() | {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1"}
    authorities = pip_settings.get("cert") or (str(AUTHORITIES) if AUTHORITIES.exists() else "")
    for name, value in (
        ("SSL_CERT_FILE", authorities),
        ("UV_DEFAULT_INDEX", pip_settings.get("index-url", "")),
        ("UV_INDEX", pip_settings.get("extra-index-url", "")),
        ("UV_FIND_LINKS", pip_settings.get("find-links", "")),
        ("UV_NO_INDEX", "1" if pip_settings.get("no-index", "").lower() in ("1", "true", "yes") else ""),
        ("UV_HTTP_TIMEOUT", pip_settings.get("default-timeout") or pip_settings.get("timeout", "")),
    ):
        if value and not told.get(name):
            told[name] = value
    return told
