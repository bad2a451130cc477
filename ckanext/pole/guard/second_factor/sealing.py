"""Secrets of devices as the database holds them: sealed, so that a copy of it opens no account. Pure."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_PURPOSE = b"ckanext-pole second factor"


class Unreadable(Exception):
    """Sealed with another key, for another account, or too long ago."""


class Seal:
    """Seals and opens (Fernet: AES-128-CBC with HMAC-SHA256; the keys by HKDF-SHA256).

    Args:
        secrets: the first one seals, any of them opens; so a new one is put in front of the old one.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        self._keys = MultiFernet([Fernet(_key(secret)) for secret in secrets])

    def close(self, account: str, secret: str) -> str:
        """Seal a secret for one account: in another one's row it cannot be opened."""
        return self._keys.encrypt(f"{account} {secret}".encode()).decode()

    def open(self, account: str, sealed: str, within: int | None = None) -> str:
        """The secret.

        Args:
            account: for which it was sealed.
            sealed: by `close`.
            within: seconds since then, at most.

        Raises:
            Unreadable: see there.
        """
        try:
            whose, _, secret = self._keys.decrypt(sealed.encode(), ttl=within).decode().partition(" ")
        except InvalidToken as wrong:
            raise Unreadable from wrong
        if whose != account:
            raise Unreadable
        return secret


def _key(secret: str) -> bytes:
    return base64.urlsafe_b64encode(HKDF(SHA256(), 32, None, _PURPOSE).derive(secret.encode()))
