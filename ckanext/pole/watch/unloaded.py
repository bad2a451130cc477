"""Tables that a service's absence kept from being loaded: they are loaded once it is back.

A file is acknowledged before its table is loaded. xloader notes what it is about to do in PostgreSQL and gives the job
to Redis; with Redis frozen in between, the note says `submitting` for ever and nobody knows of the job. And it tries
again what HTTP or a lock turned down, not what Solr or PostgreSQL did: its note says `error` then.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta, timezone

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model

log = logging.getLogger(__name__)

PATIENCE = timedelta(minutes=2)
"""How old a note must be: time for a service to come back, and for xloader to go on by itself."""
KEPT = timedelta(days=1)
"""How long after a resource was changed last its table is tried for."""
AT_ONCE = 100
"""How many tables are tried for in a round."""
_AWAY = (
    "Search Index Error", "Solr responded with an error (HTTP 50", "Solr returned an error",
    "server closed the connection unexpectedly", "could not connect to server", "connection to server", "SSL SYSCALL",
    "the database system is", "terminating connection", "Error 111 connecting", "Timeout reading from socket",
)  # fmt: skip
"""What Solr, PostgreSQL or Redis leave in a note when they are away; a fault of the file is none of them."""


def load_again(now: datetime | None = None) -> int:
    """Give xloader again what it could not load for want of a service.

    Args:
        now: the time, with its zone; this moment by default.

    Returns:
        How many tables it took.
    """
    at = (now or datetime.now(timezone.utc)).astimezone(timezone.utc)
    return sum(_submit(resource_id) for resource_id in _waiting(at))


def _waiting(now: datetime) -> list[str]:
    """The resources whose table waits for nobody, the longest first."""
    note, at = model.TaskStatus, now.replace(tzinfo=None)  # CKAN's times have no zone, and are UTC
    away = sa.or_(*(note.error.contains(sign, autoescape=True) for sign in _AWAY))
    asked = (
        sa.select(note.entity_id)
        .join(model.Resource, model.Resource.id == note.entity_id)
        .join(model.Package, model.Package.id == model.Resource.package_id)
        .where(
            note.task_type == "xloader", note.key == "xloader", note.last_updated < at - PATIENCE,
            sa.or_(note.state == "submitting", sa.and_(note.state == "error", away)),
            model.Resource.state == "active", model.Package.state == "active",
            sa.func.coalesce(model.Resource.metadata_modified, model.Resource.created) > at - KEPT,
        )
        .order_by(note.last_updated)
        .limit(AT_ONCE)
    )  # fmt: skip
    return list(model.Session.scalars(asked))


def _submit(resource_id: str) -> bool:
    context = {"model": model, "session": model.Session, "ignore_auth": True}
    taken = tk.get_action("xloader_submit")(context, {"resource_id": resource_id})  # type: ignore[arg-type]
    if taken:
        log.warning("A table is loaded again, a service was away: %s", resource_id)
    return bool(taken)
