"""A sealed envelope for a record as it was received, private parts included.

Readers seal, and only `redaction` and `languages` unseal (a test holds them to
it). What a format flags as private is kept apart from the record from the
start, so that the record alone never shows it; it travels along only so that
redaction can remove the same value wherever else it stands. An envelope
cannot be printed, compared, pickled nor written as JSON.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Generic, NoReturn, TypeVar

from .records import KIND_OF, Address, Phone, Record

R = TypeVar("R", bound=Record)
T_co = TypeVar("T_co", bound=Record, covariant=True)

Point = tuple[float, float]

_NO = frozenset({"false", "no", "non", "n", "f", "faux", "0", "0.0"})
_YES = frozenset({"true", "yes", "oui", "y", "o", "t", "vrai", "1", "1.0"})


def flag_rule(value: object, *, required: bool) -> str:
    """Read a privacy flag, fail closed.

    Args:
        value: the flag as the source has it (text, boolean, number or None).
        required: whether the format demands this flag; then its absence means private.

    Returns:
        "" if the part is public, else the rule that makes it private:
        `flag_private`, `flag_absent` or `flag_unreadable`.
    """
    word = "" if value is None else str(value).strip().casefold()
    if word in _NO:
        return ""
    if word in _YES:
        return "flag_private"
    if not word:
        return "flag_absent" if required else ""
    return "flag_unreadable"


@dataclass(frozen=True)
class Flags:
    """What the source says must not be published.

    Attributes:
        dropped: rule by which the whole record is left out, or "".
        withheld: rule by which its place is secret, or "".
        addresses: addresses flagged private, already absent from the record.
        phones: telephone lines flagged private, already absent from the record.
        points: latitude and longitude of a flagged place, already absent from the record.
        rules: one rule name for each private part, for the report's counts.
    """

    dropped: str = ""
    withheld: str = ""
    addresses: tuple[Address, ...] = ()
    phones: tuple[Phone, ...] = ()
    points: tuple[Point, ...] = ()
    rules: tuple[str, ...] = ()

    def __or__(self, other: Flags) -> Flags:
        """Unite the flags of one record met twice: what either hides is hidden."""
        if other in (NO_FLAGS, self):
            return self
        return Flags(
            self.dropped or other.dropped,
            self.withheld or other.withheld,
            self.addresses + other.addresses,
            self.phones + other.phones,
            self.points + other.points,
            self.rules + other.rules,
        )


NO_FLAGS = Flags()


class Raw(Generic[T_co]):
    """A sealed record. Only its kind and upstream id can be seen."""

    __slots__ = ("__flags", "__record", "kind", "source_id")

    def __init__(self, record: T_co, flags: Flags = NO_FLAGS) -> None:
        self.__record = record
        self.__flags = flags
        self.kind = KIND_OF[type(record)]
        self.source_id = record.id

    def __repr__(self) -> str:
        return f"<Raw {self.kind} {self.source_id!r}>"

    def digest(self) -> bytes:
        """The sha256 of the record and its flags: it tells two readings apart, and nothing of what they hold."""
        said = f"{self.__record!r} {self.__flags!r}"
        return hashlib.sha256(said.encode("utf-8", "surrogatepass")).digest()

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("a raw record is never stored: redact it first")

    def _unseal(self) -> tuple[T_co, Flags]:
        return self.__record, self.__flags


@dataclass(frozen=True)
class Rejected:
    """A record that could not be read: its kind, its upstream id or line, and why (a code, never a value)."""

    kind: str
    source_id: str
    reason: str


def unseal(raw: Raw[R]) -> tuple[R, Flags]:
    """Open an envelope. For `redaction` and `languages` only."""
    return raw._unseal()


class Screen:
    """Sorts the parts of one record into public and private while a reader reads it."""

    def __init__(self) -> None:
        self._dropped = ""
        self._withheld = ""
        self._addresses: list[Address] = []
        self._phones: list[Phone] = []
        self._points: list[Point] = []
        self._rules: list[str] = []

    def drop(self, rule: str) -> None:
        """Leave the whole record out by `rule` ("" does nothing); the first rule counts."""
        self._dropped = self._dropped or rule

    def withhold(self, rule: str) -> None:
        """Keep the place of this record secret by `rule` ("" does nothing)."""
        self._withheld = self._withheld or rule

    def addresses(self, found: Iterable[tuple[Address, str]]) -> tuple[Address, ...]:
        """Keep the public addresses of (address, rule) pairs and put the others aside."""
        public = []
        for address, rule in found:
            if rule:
                self._addresses.append(address)
                self._rules.append(rule)
            else:
                public.append(address)
        return tuple(public)

    def phones(self, found: Iterable[tuple[Phone, str]]) -> tuple[Phone, ...]:
        """Keep the public lines of (phone, rule) pairs and put the others aside."""
        public = []
        for phone, rule in found:
            if rule:
                self._phones.append(phone)
                self._rules.append(rule)
            else:
                public.append(phone)
        return tuple(public)

    def point(self, latitude: float | None, longitude: float | None) -> Point | tuple[None, None]:
        """Give the point back, or put it aside if the place is withheld."""
        if latitude is None or longitude is None:
            return None, None
        if self._withheld:
            self._points.append((latitude, longitude))
            return None, None
        return latitude, longitude

    def seal(self, record: R) -> Raw[R]:
        """Close the envelope on `record` and what was put aside."""
        if not (self._dropped or self._withheld or self._rules):
            return Raw(record)
        return Raw(
            record,
            Flags(
                self._dropped,
                self._withheld,
                tuple(self._addresses),
                tuple(self._phones),
                tuple(self._points),
                tuple(self._rules),
            ),
        )
