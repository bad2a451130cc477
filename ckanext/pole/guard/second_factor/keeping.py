"""Turning a second factor on, using it, taking it off: what is saved, and what is recorded of it."""

from __future__ import annotations

import logging
import os
from datetime import datetime, timezone
from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckan import model

from ckanext.pole.guard.second_factor import codes
from ckanext.pole.guard.second_factor import model as tables
from ckanext.pole.guard.second_factor.sealing import Seal, Unreadable

log = logging.getLogger(__name__)

KEYS = "POLE_SECOND_FACTOR_KEYS"
"""Environment variable with the keys that seal the secrets, parted by spaces, the newest first."""
SHOWN = 3600
"""Seconds that a secret shown on the page may wait for its first code."""


def seal() -> Seal:
    """The keys of the environment; the site's secret opens, and seals where there is none."""
    return Seal([*os.environ.get(KEYS, "").split(), tk.config["SECRET_KEY"]])


def turn_on(user_id: str, sealed: str, typed: str) -> tuple[str, list[str]] | None:
    """Give an account its second factor, once its device has shown that it knows the secret.

    Args:
        user_id: the account.
        sealed: the secret as the page had it.
        typed: the device's first code.

    Returns:
        The factor's id and its recovery codes, which nobody can read again; None: the code is not the device's, the
        page is too old, or there is a second factor already.
    """
    try:
        secret = seal().open(user_id, sealed, within=SHOWN)
    except Unreadable:
        return None
    step = codes.accepted(secret, typed, _now(), used=0)
    if step is None:
        return None
    written = codes.recovery_codes()
    made = tables.add(user_id, seal().close(user_id, secret), step, [codes.digest(code) for code in written])
    if made is None:
        return None
    _record("on", user_id, by=user_id)
    model.Session.commit()
    return made, written


def known(user_id: str, typed: str) -> str | None:
    """Use a code up: six digits of the device, or one of the codes on paper.

    Args:
        user_id: whose.
        typed: the code.

    Returns:
        The factor's id, if the code was good; the same one is not a second time.
    """
    factor = tables.find(user_id)
    if factor is None:
        return None
    if _of_device(factor, typed):
        model.Session.commit()
        return factor.id
    return known_on_paper(user_id, typed)


def known_on_paper(user_id: str, typed: str) -> str | None:
    """As `known`, but the device's digits, which could be guessed, are not taken."""
    factor = tables.find(user_id)
    if factor is None or not tables.use_code(user_id, codes.digest(typed)):
        model.Session.rollback()
        return None
    _record("recovered", user_id, by=user_id)
    model.Session.commit()
    return factor.id


def renew_codes(user_id: str) -> list[str]:
    """New recovery codes; the old ones are good for nothing any more."""
    written = codes.recovery_codes()
    tables.add_codes(user_id, [codes.digest(code) for code in written])
    _record("codes", user_id, by=user_id)
    model.Session.commit()
    return written


def turn_off(user_id: str, *, by: str, channel: str = "page") -> bool:
    """Take a second factor off; whether there was one.

    Args:
        user_id: whose.
        by: the account that does it; empty on the command line.
        channel: of the ledger.
    """
    if not tables.remove(user_id):
        model.Session.rollback()
        return False
    _record("off", user_id, by=by, channel=channel)
    model.Session.commit()
    return True


def _of_device(factor: Any, typed: str) -> bool:
    try:
        secret = seal().open(factor.user_id, factor.sealed)
    except Unreadable:
        # The keys changed: codes on paper still open, and who keeps the site sees why the others do not.
        log.error("The second factor of %s was sealed with a key that the site does not have", factor.user_id)
        return False
    step = codes.accepted(secret, typed, _now(), factor.used)
    return step is not None and tables.use(factor.user_id, step)


def _record(what: str, user_id: str, *, by: str, channel: str = "page") -> None:
    """On the ledger, in the transaction that changes it, and in the log."""
    log.warning("Second factor %s: account %s, by %s", what, user_id, by or "the command line")
    if p.plugin_loaded("pole_access"):
        from ckanext.pole.access import ledger

        ledger.record(
            f"second_factor.{what}", session=model.Session, user_id=user_id, channel=channel, details={"by": by}
        )


def _now() -> datetime:
    return datetime.now(timezone.utc)
