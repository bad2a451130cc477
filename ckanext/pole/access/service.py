"""Signed addresses by which one of our own programs reads one closed file for a few minutes."""

from __future__ import annotations

import re

import ckan.plugins.toolkit as tk
from itsdangerous import BadSignature, URLSafeTimedSerializer

#: The query parameter that carries the signature; a word whose value our logs blot out (`watch.logs`).
PARAMETER = "signature"
#: Seconds. A loader asks at once.
LIFETIME = 300
#: A signature in a text, for Python and for PostgreSQL.
SIGNED = rf"([?&]{PARAMETER}=)[A-Za-z0-9_.%-]+"


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(tk.config["SECRET_KEY"], salt="ckanext-pole data for the table loader")


def signed(url: str, resource_id: str) -> str:
    """A gateway address that opens without an account, for this resource and for `LIFETIME`."""
    return f"{url.partition('?')[0]}?{PARAMETER}={_signer().dumps(resource_id)}"


def is_valid(token: str, resource_id: str) -> bool:
    """Whether a signature is ours, for this resource, and not too old."""
    try:
        return _signer().loads(token, max_age=LIFETIME) == resource_id
    except BadSignature:  # expired ones too
        return False


def without_signature(text: str) -> str:
    """A text, of a log or an error, in which no address opens anything."""
    return re.sub(SIGNED, r"\1…", text)
