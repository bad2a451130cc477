"""The key in a letter for a new password ends: a mailbox that somebody reads next year opens no account.

CKAN's keys stay good until they are used. When one is sent it is noted in Redis (as a digest that names neither the
account nor the key), and a key of which nothing is noted is refused. An invitation is good as long as its account is
young. Without Redis the page says to come back: to guess that a key is young would be to let an old one in.

Rule: OWASP ASVS 5.0, 6.4.1 (what a letter brings expires after a short time).
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model

from ckanext.pole.guard import trying
from ckanext.pole.guard.counting import Counter

LASTS = timedelta(days=1)
"""How long the key of a letter is good; the letter says so."""
INVITED = timedelta(days=14)
"""How long an invitation is; the letter says so."""


def note(counter: Counter, user: model.User) -> None:
    """A letter with this account's key was sent.

    Raises:
        Away: Redis does not answer; the letter is worth nothing, and another one can be asked for.
    """
    counter.note(_name(user), int(LASTS.total_seconds()))


def has_ended(counter: Counter, account: str, key: str) -> bool:
    """Whether a key is the account's, and too old.

    Args:
        counter: where letters are noted.
        account: its name or id.
        key: as the address brings it. Of one that is not the account's CKAN says so itself.

    Raises:
        Away: Redis does not answer.
    """
    user: Any = model.User.get(account)
    if user is None or not user.reset_key or key.strip() != user.reset_key:
        return False
    now = datetime.now(timezone.utc).replace(tzinfo=None)  # CKAN's times have no zone, and are UTC
    if user.state == model.State.PENDING and user.created and now - user.created < INVITED:
        return False
    return not counter.noted(_name(user))


def _name(user: Any) -> str:
    return trying.key(tk.config["SECRET_KEY"], "letter", user.id, user.reset_key)
