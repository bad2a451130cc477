"""Questions to ckanext-harvest's tables and to what we know of its records, one statement each.

ckanext-harvest's rows are annotated as `Any`: a type checker takes their columns for what they describe.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import sqlalchemy as sa
from ckan import model
from ckanext.harvest.model import HarvestGatherError, HarvestJob, HarvestObject, HarvestObjectError
from sqlalchemy.dialects.postgresql import insert

from ckanext.pole.harvest.changes import Known
from ckanext.pole.harvest.model import new_id, now, quarantine, record


@dataclass(frozen=True)
class Planned:
    """A change to make, as the import stage finds it.

    Attributes:
        guid: the source's own id of the record.
        action: `new`, `changed` or `delete`.
        content: dataset, files, digests and cross-source key of the record; empty for a deletion.
    """

    guid: str
    action: str
    content: dict[str, Any]


def naive_now() -> datetime:
    """The present moment as ckanext-harvest's columns have it: UTC without a zone."""
    return datetime.now(timezone.utc).replace(tzinfo=None)


def known_records(source_id: str, guids: Sequence[str]) -> dict[str, tuple[Known, str]]:
    """What is known of some records whose datasets live, and their cross-source keys, by the source's own id.

    Two statements and no join: right after a first import PostgreSQL does not know yet how many rows there are, and
    joins a page of them a hundred times more slowly.
    """
    rows = model.Session.execute(
        sa.select(record.c.guid, record.c.digest, record.c.package_id, record.c.raw_digest, record.c.cross_key)
        .where(record.c.source_id == source_id, record.c.guid.in_(guids))
    ).all()  # fmt: skip
    package = model.package_table.c
    ids = [row.package_id for row in rows]
    alive = set(
        model.Session.execute(
            sa.select(package.id).where(package.id.in_(ids), package.state == model.State.ACTIVE)
        ).scalars()
    )
    return {
        row.guid: (Known(row.digest, row.package_id, row.raw_digest), row.cross_key)
        for row in rows
        if row.package_id in alive
    }


def stored_guids(source_id: str) -> Iterator[tuple[str, str]]:
    """All records of a source whose datasets live: id at the source and id here, streamed."""
    rows = model.Session.execute(
        sa.select(record.c.guid, record.c.package_id)
        .join(model.Package, model.Package.id == record.c.package_id)
        .where(record.c.source_id == source_id, model.Package.state == model.State.ACTIVE)
        .order_by(record.c.guid)
        .execution_options(yield_per=5000)
    )
    yield from ((row.guid, row.package_id) for row in rows)


def owners(keys: Iterable[str], but: str) -> dict[str, list[str]]:
    """Which other sources hold a living dataset under each of some cross-source keys."""
    found: dict[str, list[str]] = {}
    rows = model.Session.execute(
        sa.select(record.c.cross_key, record.c.source_id)
        .join(model.Package, model.Package.id == record.c.package_id)
        .where(
            record.c.cross_key.in_([key for key in keys if key]),
            record.c.cross_key != "",
            record.c.source_id != but,
            model.Package.state == model.State.ACTIVE,
        )
    )
    for key, source_id in rows:
        found.setdefault(key, []).append(source_id)
    return found


def sick(source_id: str, guids: Sequence[str]) -> dict[str, Any]:
    """Rows of quarantine of some records."""
    rows = model.Session.execute(
        sa.select(quarantine).where(quarantine.c.source_id == source_id, quarantine.c.guid.in_(guids))
    )
    return {row.guid: row for row in rows}


def planned_guids(job_id: str, guids: Sequence[str]) -> set[str]:
    """Which of some records a run that was cut has planned already."""
    return set(
        model.Session.execute(
            sa.select(HarvestObject.guid).where(HarvestObject.harvest_job_id == job_id, HarvestObject.guid.in_(guids))
        ).scalars()
    )


def add_objects(job: Any, plans: Sequence[Planned]) -> None:
    """Add changes to a job, one statement, uncommitted."""
    if not plans:
        return
    moment = naive_now()
    model.Session.execute(
        sa.insert(HarvestObject),
        [
            {
                "id": new_id(),
                "guid": plan.guid,
                "current": False,
                "gathered": moment,
                "state": "WAITING",
                "retry_times": 0,
                "harvest_job_id": job.id,
                "harvest_source_id": job.source_id,
                "content": json.dumps({"action": plan.action, **plan.content}, ensure_ascii=False),
            }
            for plan in plans
        ],
    )


def waiting_ids(job_id: str) -> list[str]:
    """Objects of a job that are still to be imported, in the order of their records."""
    return list(
        model.Session.execute(
            sa.select(HarvestObject.id)
            .where(HarvestObject.harvest_job_id == job_id, HarvestObject.state == "WAITING")
            .order_by(HarvestObject.gathered, HarvestObject.guid)
        ).scalars()
    )


def plan_of(content: str | None, guid: str) -> Planned:
    """Read what `add_objects` wrote."""
    values = json.loads(content) if content else {"action": "delete"}
    return Planned(guid, values.pop("action", "changed"), values)


def remember(rows: Sequence[dict[str, Any]]) -> None:
    """Note what records were imported with, uncommitted."""
    if not rows:
        return
    moment = now()
    statement = insert(record).values([{**row, "first_seen": moment, "changed": moment} for row in rows])
    fresh = ("package_id", "digest", "raw_digest", "cross_key", "fields", "changed")
    model.Session.execute(
        statement.on_conflict_do_update(
            index_elements=[record.c.source_id, record.c.guid],
            set_={name: statement.excluded[name] for name in fresh},
        )
    )


def settle(source_id: str, guid: str, digest: str, raw_digest: str) -> None:
    """Note what a record was imported with once all that belongs to it is written, uncommitted."""
    model.Session.execute(
        sa.update(record)
        .where(record.c.source_id == source_id, record.c.guid == guid)
        .values(digest=digest, raw_digest=raw_digest)
    )


def read_anew(source_id: str, digests: Mapping[str, str]) -> None:
    """Note records that came otherwise and say the same, so that they are not mapped again next time; uncommitted.

    Args:
        source_id: whose records.
        digests: of the raw records, by their ids.
    """
    if digests:
        model.Session.execute(
            sa.update(record)
            .where(record.c.source_id == source_id, record.c.guid.in_(list(digests)))
            .values(raw_digest=sa.case(dict(digests), value=record.c.guid))
        )


def written_fields(source_id: str, guids: Sequence[str]) -> dict[str, dict[str, str]]:
    """Hashes of the fields that the harvest wrote, by record."""
    rows = model.Session.execute(
        sa.select(record.c.guid, record.c.fields).where(record.c.source_id == source_id, record.c.guid.in_(guids))
    )
    return {guid: dict(fields or {}) for guid, fields in rows}


def make_current(harvest_object: Any, package_id: str) -> None:
    """Mark the object as its record's present state, uncommitted, in the transaction that writes the dataset.

    The foreign key is checked at the end of that transaction, since the dataset comes after.
    """
    model.Session.execute(sa.text("SET CONSTRAINTS harvest_object_package_id_fkey DEFERRED"))
    retire(harvest_object.harvest_source_id, [harvest_object.guid])
    harvest_object.package_id = package_id
    harvest_object.current = True
    model.Session.add(harvest_object)
    model.Session.flush()


def retire(source_id: str, guids: Sequence[str]) -> None:
    """Objects of these records are no longer current, uncommitted."""
    model.Session.execute(
        sa.update(HarvestObject)
        .where(
            HarvestObject.guid.in_(guids),
            HarvestObject.harvest_source_id == source_id,
            HarvestObject.current.is_(True),
        )
        .values(current=False)
        .execution_options(synchronize_session=False)
    )


def gather_error(job: HarvestJob, message: str) -> None:
    """Write an error of the gather stage on the job's report."""
    HarvestGatherError.create(message, job)


def gather_errors(job_id: str, messages: Sequence[str]) -> None:
    """Write many at once, uncommitted."""
    if messages:
        moment = naive_now()
        rows = [
            {"id": new_id(), "harvest_job_id": job_id, "message": message, "created": moment} for message in messages
        ]
        model.Session.execute(sa.insert(HarvestGatherError), rows)


def object_errors(messages: dict[str, str]) -> None:
    """Write errors of the import stage on the job's report, by harvest object, uncommitted."""
    if messages:
        moment = naive_now()
        rows = [
            {"id": new_id(), "harvest_object_id": id_, "message": message, "stage": "Import", "created": moment}
            for id_, message in messages.items()
        ]
        model.Session.execute(sa.insert(HarvestObjectError), rows)


def object_error(harvest_object: Any, message: str) -> None:
    """Write an error of the import stage on the job's report."""
    HarvestObjectError.create(message, harvest_object, "Import")
