"""Questions to ckanext-harvest's tables, one statement each.

Its rows are annotated as `Any`: a type checker takes their columns for what they describe.
"""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from ckan import model
from ckanext.harvest.model import HarvestGatherError, HarvestJob, HarvestObject, HarvestObjectError, HarvestObjectExtra
from sqlalchemy.orm import aliased

from ckanext.pole.harvest.changes import Known

DIGEST = "pole_digest"
ACTION = "pole_action"


def known_records(source_id: str) -> dict[str, Known]:
    """The current records of a source whose datasets live, by the source's own id."""
    extra = aliased(HarvestObjectExtra)
    rows = model.Session.execute(
        sa.select(HarvestObject.guid, extra.value, HarvestObject.package_id)
        .join(model.Package, model.Package.id == HarvestObject.package_id)
        .outerjoin(extra, sa.and_(extra.harvest_object_id == HarvestObject.id, extra.key == DIGEST))
        .where(
            HarvestObject.harvest_source_id == source_id,
            HarvestObject.current.is_(True),
            model.Package.state == model.State.ACTIVE,
        )
    )
    return {guid: Known(digest or "", package_id) for guid, digest, package_id in rows}


def add_object(job: HarvestJob, guid: str, action: str, content: dict[str, Any] | None, digest: str = "") -> str:
    """Add one change to a job, uncommitted.

    Args:
        job: the running job.
        guid: the source's own id of the record.
        action: `new`, `changed` or `delete`.
        content: what the import stage needs, as JSON; None for a deletion.
        digest: the record's digest.

    Returns:
        The id of the harvest object.
    """
    harvest_object: Any = HarvestObject(
        guid=guid,
        job=job,
        content=json.dumps(content, ensure_ascii=False) if content is not None else None,
        extras=[HarvestObjectExtra(key=ACTION, value=action), HarvestObjectExtra(key=DIGEST, value=digest)],
    )
    model.Session.add(harvest_object)
    model.Session.flush()
    return harvest_object.id


def extra(harvest_object: Any, key: str) -> str:
    """A harvest object's extra; empty if it has none."""
    return next((item.value or "" for item in harvest_object.extras if item.key == key), "")


def make_current(harvest_object: Any, package_id: str) -> None:
    """Mark the object as its record's present state, uncommitted, in the transaction that writes the dataset.

    The foreign key is checked at the end of that transaction, since the dataset comes after.
    """
    model.Session.execute(sa.text("SET CONSTRAINTS harvest_object_package_id_fkey DEFERRED"))
    retire(harvest_object)
    harvest_object.package_id = package_id
    harvest_object.current = True
    model.Session.add(harvest_object)
    model.Session.flush()


def retire(harvest_object: Any) -> None:
    """Earlier objects of the same record are no longer current, uncommitted."""
    model.Session.execute(
        sa.update(HarvestObject)
        .where(
            HarvestObject.guid == harvest_object.guid,
            HarvestObject.harvest_source_id == harvest_object.harvest_source_id,
            HarvestObject.id != harvest_object.id,
            HarvestObject.current.is_(True),
        )
        .values(current=False)
        .execution_options(synchronize_session=False)
    )


def gather_error(job: HarvestJob, message: str) -> None:
    """Write an error of the gather stage on the job's report."""
    HarvestGatherError.create(message, job)


def object_error(harvest_object: Any, message: str) -> None:
    """Write an error of the import stage on the job's report."""
    HarvestObjectError.create(message, harvest_object, "Import")
