"""The import stage in batches: many changes in one transaction, each in a savepoint of its own.

A batch holds its objects' rows locked from the first statement to the commit, and what it writes (datasets, objects,
what is known of the records, the report, the list for the index) is committed together: a process that dies leaves
the batch as if it had not begun, and two processes never write one object.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckanext.harvest.model import HarvestJob, HarvestObject
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError

from ckanext.pole.harvest import bulk, datasets, fields, indexing, objects, runs, updating
from ckanext.pole.harvest.model import now
from ckanext.pole.harvest.objects import Planned
from ckanext.pole.harvest.records import BadRecord, dataset_id
from ckanext.pole.harvest.source import Source
from ckanext.pole.search import documents

log = logging.getLogger(__name__)

#: Objects in one transaction.
BATCH = 100
AWAY = (OperationalError, InterfaceError)


@dataclass
class Task:
    """One object of a batch, on its way."""

    row: Any
    plan: Planned
    package_id: str
    dataset: dict[str, Any] = field(default_factory=dict)


@dataclass
class Outcome:
    """What became of a batch."""

    done: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    changes: list[dict[str, Any]] = field(default_factory=list)
    known: list[dict[str, Any]] = field(default_factory=list)
    pairs: list[documents.Both] = field(default_factory=list)
    touched: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)


class Importer:
    """Imports objects of one source.

    Args:
        source: whose records they are.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.context = datasets.context()
        self.maker: bulk.Maker | None = None
        self.out = Outcome()

    def run(self, ids: Sequence[str]) -> int:
        """Import objects; those that somebody else holds, or that are done with, are left alone.

        Returns:
            How many were dealt with.

        Raises:
            OperationalError: the database is away; nothing of the batch is written.
        """
        tasks = self._claimed(ids)
        # What CKAN's actions write by themselves, and may roll back, goes after the batch, one transaction each.
        alone = [task for task in tasks if self._needs_action(task)]
        together = [task for task in tasks if task not in alone]
        self._batch(together)
        self._finish(tasks=together)
        for task in alone:
            self.out = Outcome()
            if again := self._claimed([task.row.id]):
                self._alone(again[0])
                self._finish(tasks=again)
        return len(tasks)

    def _claimed(self, ids: Sequence[str]) -> list[Task]:
        rows = model.Session.execute(
            sa.select(
                HarvestObject.id, HarvestObject.guid, HarvestObject.content, HarvestObject.harvest_job_id,
                HarvestJob.status,
            )
            .join(HarvestJob, HarvestJob.id == HarvestObject.harvest_job_id)
            .where(HarvestObject.id.in_(list(ids)), HarvestObject.state.not_in(runs.DONE))
            .order_by(HarvestObject.id)
            .with_for_update(skip_locked=True, of=HarvestObject)
        ).all()  # fmt: skip
        stopped = {run_id for run_id in {row.harvest_job_id for row in rows} if _is_stopped(run_id)}
        tasks = []
        for row in rows:
            if row.harvest_job_id in stopped:
                continue
            task = Task(row, objects.plan_of(row.content, row.guid), dataset_id(self.source.id, row.guid))
            if row.status == "Finished":
                self.out.failed[row.id] = "stopped"
                self._close(row.id, "ERROR", "errored")
                continue
            tasks.append(task)
        return tasks

    def _needs_action(self, task: Task) -> bool:
        return task.plan.action != "delete" and not bulk.fits(task.plan.content["dataset"], task.plan.content["files"])

    def _batch(self, tasks: list[Task]) -> None:
        ids = [task.package_id for task in tasks]
        there = set(model.Session.execute(sa.select(model.Package.id).where(model.Package.id.in_(ids))).scalars())
        fresh, last = [], objects.written_fields(self.source.id, [task.row.guid for task in tasks])
        for task in tasks:
            if task.plan.action == "delete":
                self._guarded(task, lambda task=task: self._delete(task))
            elif task.package_id in there:
                self._guarded(task, lambda task=task: self._update(task, last.get(task.row.guid, {})))
            else:
                fresh.append(task)
        self._create(fresh)

    def _create(self, tasks: list[Task]) -> None:
        if not tasks:
            return
        names = datasets.free_names([(task.plan.content["dataset"], task.package_id) for task in tasks])
        ready: list[tuple[Task, bulk.Ready]] = []
        for task in tasks:
            task.dataset = datasets.fresh(task.package_id, task.plan.content["dataset"], self.source)
            task.dataset["name"] = names[task.package_id]
            self._guarded(task, lambda task=task: ready.append((task, self._makes().ready(task.dataset))), nested=False)
        taken = bulk.taken_resources([made for _task, made in ready])
        for task, made in [pair for pair in ready if {row["id"] for row in pair[1].resources} & taken]:
            ready.remove((task, made))
            self._fail(task, "taken", "resource")
        try:
            with model.Session.begin_nested():
                self._makes().insert([made for _task, made in ready])
            written = ready
        except IntegrityError:
            # One of them is in the way of the others: each for itself.
            written = [pair for pair in ready if self._inserted(*pair)]
        for task, made in written:
            self._created(task, made)

    def _makes(self) -> bulk.Maker:
        self.maker = self.maker or bulk.Maker(self.context, self.source.owner_org)
        return self.maker

    def _inserted(self, task: Task, made: bulk.Ready) -> bool:
        return self._guarded(task, lambda: self._makes().insert([made]))

    def _created(self, task: Task, made: bulk.Ready) -> None:
        custom = made.shown[1]
        paths = list(fields.flat(task.dataset))
        self._done(task, "added", updating.Change("new", custom, {}, paths), {})
        self.out.pairs.append(made.shown)

    def _update(self, task: Task, last: dict[str, str]) -> None:
        change = updating.update(self.context, task.package_id, task.plan.content["dataset"], self.source, last)
        self._done(task, "updated", change, last)
        if change.pair is not None:
            self.out.pairs.append(change.pair)

    def _delete(self, task: Task) -> None:
        dataset = datasets.remove(task.package_id)
        self.out.done[task.row.id] = "deleted"
        self.out.gone.append(task.row.guid)
        if dataset is not None:
            self.out.touched.append(task.package_id)
            self.out.changes.append(self._change(task, "delete", dataset, {}, []))

    def _alone(self, task: Task) -> None:
        """One dataset by CKAN's own actions: closed tiers and their vault, uploads, plugins that must hear of it."""
        last = objects.written_fields(self.source.id, [task.row.guid]).get(task.row.guid, {})
        try:
            change = updating.by_action(
                task.package_id, task.plan.content["dataset"], self.source, task.plan.content["files"], last
            )
        except AWAY:
            raise
        except Exception as error:
            model.Session.rollback()
            self._report(task, error)
            return
        status = "added" if change.action == "new" else "updated"
        self._done(task, status, change, last)

    def _guarded(self, task: Task, work: Any, nested: bool = True) -> bool:
        """Do a piece of work in a savepoint; what fails is set aside and hurts no other."""
        try:
            if nested:
                with model.Session.begin_nested():
                    work()
            else:
                work()
        except AWAY:
            raise
        except Exception as error:
            self._report(task, error)
            return False
        return True

    def _report(self, task: Task, error: Exception) -> None:
        if isinstance(error, tk.ValidationError):
            self._fail(task, "invalid", error.error_dict)
        elif isinstance(error, BadRecord):
            self._fail(task, "unreadable", str(error))
        elif isinstance(error, IntegrityError):
            self._fail(task, "taken", "")
        elif isinstance(error, DBAPIError):
            self._fail(task, "not_written", type(error).__name__)
        else:
            log.error("Harvest object %s failed", task.row.id, exc_info=error)
            self._fail(task, "internal", type(error).__name__)

    def _fail(self, task: Task, reason: str, details: Any) -> None:
        self.out.failed[task.row.id] = reason if not details else f"{reason}: {details}"
        content = task.plan.content
        run_id, digest = task.row.harvest_job_id, content.get("raw", "")
        runs.set_aside(self.source.id, run_id, task.row.guid, reason, details, digest=digest, content=content)

    def _done(self, task: Task, status: str, change: updating.Change, last: dict[str, str]) -> None:
        """Note what was written."""
        action, dataset, paths, kept = change.action, change.dataset, change.paths, change.kept
        content = task.plan.content
        self.out.done[task.row.id] = status
        # What a person made theirs keeps the hash of what we last wrote, and so stays theirs.
        hashes = {**fields.hashes(dataset, [path for path in paths if path not in kept])}
        hashes |= {path: last[path] for path in kept if path in last}
        self.out.known.append(
            {
                "source_id": self.source.id, "guid": task.row.guid, "package_id": task.package_id,
                "digest": content.get("digest", ""), "raw_digest": content.get("raw", ""),
                "cross_key": content.get("key", ""), "fields": hashes,
            }
        )  # fmt: skip
        if action != "same":
            self.out.changes.append(self._change(task, action, dataset, change.fields, kept))
        if action != "same":
            self.out.touched.append(task.package_id)

    def _change(
        self, task: Task, action: str, dataset: dict[str, Any], changed: dict[str, Any], kept: Sequence[str]
    ) -> dict[str, Any]:
        return {
            "run_id": task.row.harvest_job_id, "source_id": self.source.id, "guid": task.row.guid,
            "package_id": task.package_id, "action": action, "title": str(dataset.get("title") or ""),
            "fields": {} if action == "new" else changed, "kept": list(kept), "at": now(),
        }  # fmt: skip

    def _finish(self, tasks: Sequence[Task]) -> None:
        """Write what became of the batch, commit, then bring the index after it."""
        out, by_id = self.out, {task.row.id: task for task in tasks}
        if not by_id and not out.failed:
            model.Session.rollback()
            return
        guids = [task.row.guid for task in tasks if task.row.id in out.done]
        objects.retire(self.source.id, guids)
        for id_, status in out.done.items():
            current = None if status == "deleted" else True
            package_id = by_id[id_].package_id
            self._close(id_, "COMPLETE", status, current=bool(current), package_id=package_id)
        for id_ in out.failed:
            if id_ in by_id:
                self._close(id_, "ERROR", "errored")
        objects.object_errors(out.failed)
        objects.remember(out.known)
        runs.add_changes(out.changes)
        runs.mended(self.source.id, guids)
        indexing.note(out.touched)
        written, deleted = len(out.done) - len(out.gone), len(out.gone)
        for run_id in {task.row.harvest_job_id for task in tasks}:
            runs.count(run_id, written=written, deleted=deleted, failed=len(out.failed))
        model.Session.commit()
        indexing.done(out.touched, out.pairs)
        for run_id in {task.row.harvest_job_id for task in tasks}:
            runs.close(run_id)
        model.Session.commit()

    def _close(self, id_: str, state: str, status: str, **more: Any) -> None:
        moment = objects.naive_now()
        model.Session.execute(
            sa.update(HarvestObject)
            .where(HarvestObject.id == id_)
            .values(
                state=state, report_status=status, fetch_started=moment, fetch_finished=moment,
                import_started=moment, import_finished=moment, **more,
            )
            .execution_options(synchronize_session=False)
        )  # fmt: skip


def write_one(harvest_object: Any, source: Source) -> dict[str, Any]:
    """Write one object whose states ckanext-harvest keeps itself; commits.

    Returns:
        The dataset as stored.

    Raises:
        ValidationError: it does not fit our schema; nothing was written.
    """
    content = objects.plan_of(harvest_object.content, harvest_object.guid).content
    package_id = dataset_id(source.id, harvest_object.guid)
    importer = Importer(source)
    task = Task(_Row(harvest_object), Planned(harvest_object.guid, "changed", content), package_id)
    last = objects.written_fields(source.id, [harvest_object.guid]).get(harvest_object.guid, {})
    objects.make_current(harvest_object, package_id)
    change = updating.by_action(package_id, content["dataset"], source, content.get("files") or {}, last)
    importer._done(task, "", change, last)
    objects.remember(importer.out.known)
    runs.add_changes(importer.out.changes)
    runs.mended(source.id, [harvest_object.guid])
    runs.count(task.row.harvest_job_id, written=1)
    indexing.note([package_id])
    model.Session.commit()
    indexing.done([package_id])
    return change.dataset


@dataclass
class _Row:
    """What a batch reads of an object, taken from ckanext-harvest's."""

    of: Any

    @property
    def id(self) -> str:
        return self.of.id

    @property
    def guid(self) -> str:
        return self.of.guid

    @property
    def harvest_job_id(self) -> str:
        return self.of.harvest_job_id


def _is_stopped(run_id: str) -> bool:
    row = runs.get(run_id)
    return row is not None and (row.state == runs.STOPPED or row.stop_asked)
