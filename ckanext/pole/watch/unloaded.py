"""Tables that a service's absence kept from being loaded: they are loaded once it is back.

A file is acknowledged before its table is loaded. xloader notes what it is about to do in PostgreSQL and gives the job
to Redis; with Redis frozen in between, the note says `submitting` for ever and nobody knows of the job. How the job
went it tells the web processes, which write it down: while PostgreSQL is frozen they cannot, and the note says
`running`, or `pending`, of a job that has failed. And it tries again at once what HTTP or a lock turned down, but once
only, and not at all what Solr or PostgreSQL did: its note says `error` then.

A file whose loading kills its worker is another matter: `watch.lost` puts its job back a few times. When that gives it
up, so do we, and say so in the note, where people read how a file was loaded. A new file, or the button there, begins
anew.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.lib import jobs
from ckan.lib.redis import connect_to_redis
from redis import RedisError
from rq.job import Job, JobStatus
from rq.registry import StartedJobRegistry

from ckanext.pole.watch import lost

log = logging.getLogger(__name__)

PATIENCE = timedelta(minutes=2)
"""How old a note must be: time for a service to come back, and for xloader to go on by itself."""
LONGEST = timedelta(minutes=15)
"""How old it must be at most: what keeps failing is tried after as long again as has passed since the file came."""
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
_NOT_GIVEN = (" status=502 ", " status=503 ", " status=504 ", " status=None ", "Connection timed out after")
"""What is left there of a file of ours that the web processes could not give; of a foreign one it is no news of us."""
_UNDER_WAY = ("submitting", "pending", "running", "running_but_viewable")
DEADLY = "kills_its_worker"
"""The `code` in a note of a file that is given up."""
_GIVEN_UP = (
    f"Le versement de ce fichier a mis fin {lost.TRIES + 1} fois au processus qui le faisait : il n’est plus tenté."
    f" · Loading this file ended the process that did it {lost.TRIES + 1} times: it is not tried any more."
)
_IN_QUEUE = (JobStatus.QUEUED, JobStatus.STARTED, JobStatus.DEFERRED, JobStatus.SCHEDULED)


def load_again(now: datetime | None = None) -> int:
    """Give xloader again what it could not load for want of a service.

    Args:
        now: the time, with its zone; this moment by default.

    Returns:
        How many tables it took.
    """
    at = (now or datetime.now(timezone.utc)).astimezone(timezone.utc)
    waiting = _waiting(at)
    noted = {one.entity_id: one.value for one in waiting if one.state in _UNDER_WAY}
    try:
        held, deadly = _in_hand(noted)
    except RedisError as error:
        log.info("No table is loaded again, Redis is away: %s", type(error).__name__)
        return 0
    for resource_id in deadly:
        _give_up(resource_id, noted[resource_id])
    return sum(_submit(one.entity_id) for one in waiting if one.entity_id not in held | deadly)


def _waiting(now: datetime) -> Sequence[Any]:
    """The notes (`entity_id`, `state`, `value`) of resources whose table has waited long enough, the longest first."""
    note, now = model.TaskStatus, now.replace(tzinfo=None)  # CKAN's times have no zone, and are UTC
    changed = sa.func.coalesce(model.Resource.metadata_modified, model.Resource.created)
    away = sa.or_(_says(note.error, _AWAY), sa.and_(model.Resource.url_type == "upload", _says(note.error, _NOT_GIVEN)))
    pause = sa.func.least(sa.func.greatest(note.last_updated - changed, PATIENCE), LONGEST)
    asked = (
        sa.select(note.entity_id, note.state, note.value)
        .join(model.Resource, model.Resource.id == note.entity_id)
        .join(model.Package, model.Package.id == model.Resource.package_id)
        .where(
            note.task_type == "xloader", note.key == "xloader", note.last_updated < now - pause,
            sa.or_(note.state.in_(_UNDER_WAY), sa.and_(note.state == "error", away)),
            model.Resource.state == "active", model.Package.state == "active", changed > now - KEPT,
        )
        .order_by(note.last_updated)
        .limit(AT_ONCE)
    )  # fmt: skip
    return model.Session.execute(asked).all()


def _says(error: Any, signs: Iterable[str]) -> Any:
    return sa.or_(*(error.contains(sign, autoescape=True) for sign in signs))


def _in_hand(noted: Mapping[str, str]) -> tuple[set[str], set[str]]:
    """Of resources, by what their notes hold: whose job waits, is at work or will be put back; whose is given up."""
    if not noted:
        return set(), set()
    connection = connect_to_redis()
    numbers = {resource: _job(value) for resource, value in noted.items()}
    known = Job.fetch_many(sorted({number for number in numbers.values() if number}), connection=connection)
    waiting = {job.id for job in known if job is not None and job.get_status(refresh=False) in _IN_QUEUE}
    at_work = [number for queue in jobs.get_all_queues() for number in StartedJobRegistry(queue=queue).get_job_ids()]
    # What was put back, or is tried for the second time, has another number than its note says.
    begun = {_resource(job) for job in Job.fetch_many(at_work, connection=connection) if job is not None}
    gone = list(lost.lying())
    begun |= {_resource(one.job) for one in gone if not one.given_up}
    ended = {one.first for one in gone if one.given_up}
    held = {resource for resource, number in numbers.items() if number in waiting or resource in begun}
    return held, {resource for resource, number in numbers.items() if number in ended} - held


def _job(value: str) -> str:
    with suppress(ValueError, TypeError, AttributeError):
        return str(json.loads(value).get("job_id") or "")
    return ""


def _resource(job: Job) -> str:
    given = job.args[0] if job.args and isinstance(job.args[0], dict) else {}
    return str(given.get("metadata", {}).get("resource_id") or "")


def _submit(resource_id: str) -> bool:
    context = {"model": model, "session": model.Session, "ignore_auth": True}
    taken = tk.get_action("xloader_submit")(context, {"resource_id": resource_id})  # type: ignore[arg-type]
    if taken:
        log.warning("A table is loaded again, a service was away: %s", resource_id)
    return bool(taken)


def _give_up(resource_id: str, value: str) -> None:
    """Note that a file is not tried any more, if its note is still of the job that was given up."""
    note = model.TaskStatus
    said = {
        "state": "error", "error": json.dumps({"code": DEADLY, "message": _GIVEN_UP}, ensure_ascii=False),
        "last_updated": datetime.now(timezone.utc).replace(tzinfo=None),
    }  # fmt: skip
    model.Session.execute(
        sa.update(note)
        .where(note.entity_id == resource_id, note.task_type == "xloader", note.key == "xloader", note.value == value)
        .values(said)
    )
    model.Session.commit()
    log.warning("A table is given up, loading it kills its worker: %s", resource_id)
