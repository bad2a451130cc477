"""What happens by itself: harvests, letters, retention, the index that follows the database, machine translation."""

from __future__ import annotations

import logging
from collections.abc import Callable

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import Context

log = logging.getLogger(__name__)


def round_of_jobs() -> None:
    """Do once all that is due; what fails is logged, holds up nothing else, and is tried again the next round."""
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


def _translation() -> None:
    from ckanext.pole.translation import jobs

    jobs.enqueue_due()


#: Plugin → what it has to do, where it is loaded.
_DUE: dict[str, Callable[[], None]] = {
    "harvest": _harvests,
    "pole_harvest": _harvest_notices,
    "pole_access": _access,
    "pole_search": _index,
    "pole_translation": _translation,
}
