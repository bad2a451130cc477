"""What happens by itself: harvests start and are closed, the index follows the database, machines translate."""

from __future__ import annotations

import logging

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import Context

log = logging.getLogger(__name__)


def round_of_jobs() -> None:
    """Do once all that is due; an error is logged and the next round tries again."""
    try:
        if p.plugin_loaded("harvest"):
            site_user = tk.get_action("get_site_user")({"ignore_auth": True}, {})
            context = Context(model=model, session=model.Session, user=site_user["name"], ignore_auth=True)  # type: ignore[typeddict-item]
            tk.get_action("harvest_jobs_run")(context, {})
        if p.plugin_loaded("pole_harvest"):
            from ckanext.pole.harvest import notices

            notices.send()
        if p.plugin_loaded("pole_search"):
            from ckanext.pole.search import upkeep

            upkeep.enqueue_due()
        if p.plugin_loaded("pole_translation"):
            from ckanext.pole.translation import jobs

            jobs.enqueue_due()
    except Exception:
        # A database or a queue that is away for a moment must not end the scheduler.
        log.exception("A round of the scheduler failed")
        model.Session.rollback()
    finally:
        model.Session.remove()
