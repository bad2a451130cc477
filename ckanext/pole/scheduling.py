"""What happens by itself: harvests, letters, retention, the index, machine translation, jobs whose worker died."""

from __future__ import annotations

import logging
from collections.abc import Callable

import ckan.plugins as p
import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.types import Context
from sqlalchemy.exc import SQLAlchemyError

log = logging.getLogger(__name__)

LOCK = 0x706F6C65
"""PostgreSQL's advisory lock that whoever makes a round holds: "pole"."""


def round_of_jobs() -> bool:
    """Do once all that is due; what fails is logged, holds up nothing else, and is tried again the next round.

    Of several schedulers one makes the round. PostgreSQL takes the lock back from one that dies.

    Returns:
        Whether the round was made here.
    """
    try:
        with model.ensure_engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if not connection.scalar(sa.text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK}):
                return False
            try:
                _make_round()
            finally:
                connection.execute(sa.text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})
            return True
    except SQLAlchemyError:
        log.exception("No round of the scheduler: the database is away")
        return False


def _make_round() -> None:
    for plugin, job in _DUE.items():
        if not p.plugin_loaded(plugin):
            continue
        try:
            job()
        except Exception:
            # A database or a queue that is away for a moment must not end the scheduler.
            log.exception("A round of the scheduler failed: %s", plugin)
            model.Session.rollback()
        finally:
            model.Session.remove()


def _harvests() -> None:
    site_user = tk.get_action("get_site_user")({"ignore_auth": True}, {})
    context = Context(model=model, session=model.Session, user=site_user["name"], ignore_auth=True)  # type: ignore[typeddict-item]
    tk.get_action("harvest_jobs_run")(context, {})


def _harvest_notices() -> None:
    from ckanext.pole.harvest import notices

    notices.send()


def _access() -> None:
    from ckanext.pole.access import upkeep

    upkeep.enqueue_due()


def _index() -> None:
    from ckanext.pole.search import upkeep

    upkeep.enqueue_due()
    upkeep.enqueue_joining()


def _translation() -> None:
    from ckanext.pole.translation import jobs

    jobs.enqueue_due()


def _lost_jobs() -> None:
    from ckanext.pole.watch import lost

    lost.put_back()


def _tables() -> None:
    from ckanext.pole.watch import unloaded

    unloaded.load_again()


#: Plugin → what it has to do, where it is loaded.
_DUE: dict[str, Callable[[], None]] = {
    "harvest": _harvests,
    "pole_harvest": _harvest_notices,
    "pole_access": _access,
    "pole_search": _index,
    "pole_translation": _translation,
    "pole_watch": _lost_jobs,
    "xloader": _tables,
}
