"""Codes of a device that shares a secret with us (TOTP, RFC 6238), and those on paper for the day it is lost. Pure."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

import segno
from pyotp import random_base32
from pyotp.totp import TOTP
from pyotp.utils import strings_equal

DRIFT = 1
"""Steps of thirty seconds by which a device's clock may be off, either way (RFC 6238, 5.2 and 6)."""
RECOVERY_CODES = 10
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Of the codes on paper: none that is read as another one."""
_LENGTH = 16
"""Letters of such a code: 80 bits, so that its plain digest tells nobody what it is."""
_GROUP = 4


def new_secret() -> str:
    """A secret for a device: 160 bits in base32, as RFC 4226 recommends."""
    return random_base32()


def address(secret: str, account: str, site: str) -> str:
    """What a device reads from the picture: `otpauth://totp/…`.

    Args:
        secret: of `new_secret`.
        account: under which the device lists it.
        site: beside the account, so that two portals are told apart.
    """
    # A colon parts the two names in the address; in a title it would be read as that.
    return TOTP(secret).provisioning_uri(name=account, issuer_name=site.replace(":", " "))


def picture(content: str) -> str:
    """A QR code as SVG to put into a page: black on white whatever the page's colours, without style or script."""
    return segno.make(content, error="m").svg_inline(scale=5, border=4, dark="#000", light="#fff", omitsize=False)


def grouped(text: str) -> str:
    """Letters in groups of four, for a person to copy."""
    return " ".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))


def accepted(secret: str, typed: str, at: datetime, used: int) -> int | None:
    """Whether six digits are a device's, now.

    Args:
        secret: the device's.
        typed: by the person; spaces between the digits are no matter.
        at: now.
        used: the last step whose digits were accepted; those and older ones are accepted no more.

    Returns:
        The step whose digits they are, to be remembered as used; None: they are not accepted.
    """
    digits = "".join(typed.split())
    if not (digits.isascii() and digits.isdecimal()):
        return None
    device = TOTP(secret)
    now = device.timecode(at)
    found = None
    for step in range(now - DRIFT, now + DRIFT + 1):  # all of them: how long it takes tells nothing
        if strings_equal(digits, device.generate_otp(step)) and step > used:
            found = step
    return found


def recovery_codes() -> list[str]:
    """New codes for paper, each good for once."""
    drawn = ("".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)) for _ in range(RECOVERY_CODES))
    return [grouped(code).replace(" ", "-").lower() for code in drawn]


def digest(typed: str) -> str:
    """What a code on paper is known by: written in whatever case, with or without hyphens and spaces."""
    letters = "".join(letter for letter in typed.upper() if letter.isalnum())
    return hashlib.sha256(letters.encode()).hexdigest()
