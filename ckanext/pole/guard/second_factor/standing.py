"""What somebody who gave the right password still owes before the session is hers. Pure."""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum

PATIENCE = 10 * 60
"""Seconds between the password and the code; after them one starts again."""


ROLES = ("sysadmins", "custodians")
"""Of whom a second factor may be required: who runs the portal, and who answers for an organisation."""


class Standing(Enum):
    """Of a session that names an account."""

    FREE = "free"
    """Nothing is asked: the session is the account's."""
    ASKED = "asked"
    """The code has to be given first."""
    LATE = "late"
    """It was not given in time, or the session is older than the second factor, or comes from a remembered login."""
    OWING = "owing"
    """This account must have a second factor and has none: it may set one up, and nothing else."""


def of(factor: str | None, mark: str | None, asked: float | None, now: float, *, required: bool) -> Standing:
    """Where a session stands.

    Args:
        factor: the id of the account's second factor, which a new one does not share; None: it has none.
        mark: the id of the one whose code the session was given for.
        asked: when the password was given, in seconds; None: not in this session.
        now: the same for now.
        required: the account must have one.
    """
    if factor is None:
        return Standing.OWING if required else Standing.FREE
    if mark == factor:
        return Standing.FREE
    if asked is None or not 0 <= now - asked <= PATIENCE:
        return Standing.LATE
    return Standing.ASKED


def required(roles: Collection[str], *, sysadmin: bool, custodian: bool) -> bool:
    """Whether an account must have a second factor.

    Args:
        roles: those of `ROLES` of whom the site requires one.
        sysadmin: the account runs the portal.
        custodian: it answers for an organisation.
    """
    return ("sysadmins" in roles and sysadmin) or ("custodians" in roles and custodian)
