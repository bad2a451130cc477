"""Credentials for partners' sites: only their names are stored, the secrets stay in the environment. Pure.

`POLE_CREDENTIAL_CENTRAIDE="https://donnees.centraide.example/ Bearer s3cret"`: an address under which the secret may
be sent, a space, and the value of the `Authorization` header. Who edits a dataset may name a credential but can send
it nowhere else.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

_NAME = re.compile(r"[A-Z0-9_]{1,60}")
PREFIX = "POLE_CREDENTIAL_"


def header(name: str, url: str, environment: Mapping[str, str] = os.environ) -> str:
    """The `Authorization` header for an address.

    Args:
        name: of the credential.
        url: where it would be sent.
        environment: where the secrets are.

    Returns:
        Empty when there is no such credential, or not for this address.
    """
    if not _NAME.fullmatch(name):
        return ""
    scope, _, secret = environment.get(PREFIX + name, "").strip().partition(" ")
    return secret.strip() if secret and _under(url, scope) else ""


def fits(name: str, url: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether there is such a credential for an address."""
    return bool(header(name, url, environment))


def _under(url: str, scope: str) -> bool:
    try:
        asked, allowed = urlsplit(url), urlsplit(scope)
        same = (asked.scheme, asked.hostname, asked.port) == (allowed.scheme, allowed.hostname, allowed.port)
    except ValueError:
        return False
    folder = allowed.path if allowed.path.endswith("/") else f"{allowed.path}/"
    # A path with dots could climb out of the folder once the site has read it.
    steps = asked.path.replace("%2e", ".").replace("%2E", ".").split("/")
    return same and bool(allowed.hostname) and f"{asked.path}/".startswith(folder) and ".." not in steps
