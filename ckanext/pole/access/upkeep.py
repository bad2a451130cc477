"""What happens by itself about access: letters before an agreement ends, rows of the ledger past their time."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import ckan.plugins.toolkit as tk
from ckan import model

from ckanext.pole import due, settings
from ckanext.pole.access import expiry, ledger_keeping
from ckanext.pole.access.model import now


def enqueue_due() -> bool:
    """Queue it if it was not queued lately; called at each round of the scheduler.

    Returns:
        Whether it was queued now.
    """
    title = "Notices of agreements, retention of the ledger"
    return due.enqueue("access:upkeep", settings.access_upkeep_interval(), run, title=title)


def run() -> dict[str, int]:
    """Do all of it; doing it again does nothing more.

    Returns:
        How many agreements were written about, and how many rows of the ledger removed.
    """
    bounds = [0, *settings.access_notice_days()]
    told = [agreement for above, days in pairwise(bounds) for agreement in expiry.remind(days, above=above)]
    return {"told": len(told), "pruned": _prune(settings.ledger_retention_days())}


def _prune(days: int) -> int:
    if days <= 0:
        return 0
    name = tk.get_action("get_site_user")({"ignore_auth": True}, {})["name"]
    account = model.User.get(name)
    if account is None:  # nobody prunes unsigned
        return 0
    before = now() - timedelta(days=days)
    return ledger_keeping.prune(before, user_id=account.id, reason=f"retention: {days} days")["rows"]
