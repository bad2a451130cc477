"""Salted hashes of private values: enough to recognise one in a file, not to learn one."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from .private_values import PrivateValues


@dataclass(frozen=True)
class Markers:
    """What a scan looks for.

    The salt is made for one run and the hashes stay in memory with it, since
    telephone numbers are few enough to be guessed by whoever holds both.

    Attributes:
        salt: random bytes.
        streets: hashes of house number and street word.
        houses: hashes of the house numbers alone, to look no further where none fits.
        phrases: hashes of places without house number.
        heads: hashes of the first words of those.
        lengths: how many words those have.
        phones: hashes of telephone digits.
        tails: hashes of the last seven digits of those, for numbers said without area code.
        points: hashes of the cells of points.
    """

    salt: bytes
    streets: frozenset[bytes] = frozenset()
    houses: frozenset[bytes] = frozenset()
    phrases: frozenset[bytes] = frozenset()
    heads: frozenset[bytes] = frozenset()
    lengths: tuple[int, ...] = ()
    phones: frozenset[bytes] = frozenset()
    tails: frozenset[bytes] = frozenset()
    points: frozenset[bytes] = frozenset()

    def __repr__(self) -> str:
        return f"<Markers of {len(self)} values>"

    def __len__(self) -> int:
        return len(self.streets) + len(self.phrases) + len(self.phones) + len(self.points)

    def digest(self, kind: str, *parts: object) -> bytes:
        """Hash one value."""
        message = "\x1f".join((kind, *map(str, parts))).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(message, key=self.salt, digest_size=16).digest()


def markers(values: PrivateValues) -> Markers:
    """Make the markers of one run."""
    salt = secrets.token_bytes(32)
    digest = Markers(salt).digest
    return Markers(
        salt,
        frozenset(digest("street", house, name) for house, names in values.streets.items() for name in names),
        frozenset(digest("house", house) for house in values.streets),
        frozenset(digest("phrase", *key) for key in values.phrases),
        frozenset(digest("head", key[0]) for key in values.phrases),
        tuple(sorted({len(key) for key in values.phrases})),
        frozenset(digest("phone", digits) for digits in values.phones),
        frozenset(digest("tail", digits[-7:]) for digits in values.phones),
        frozenset(digest("point", *point) for point in values.points),
    )
