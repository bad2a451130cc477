"""The import stage in batches: many changes in one transaction, each in a savepoint of its own.

A batch holds its objects' rows locked from the first statement to the commit, and what it writes (datasets, objects,
what is known of the records, the report, the list for the index) is committed together: a process that dies leaves
the batch as if it had not begun, and two processes never write one object.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from ckan import model
from ckanext.harvest.model import HarvestJob, HarvestObject
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError

from ckanext.pole.harvest import bulk, datasets, fields, indexing, objects, runs, updating
from ckanext.pole.harvest.objects import Planned
from ckanext.pole.harvest.outcomes import Outcome, Task, close
from ckanext.pole.harvest.records import dataset_id
from ckanext.pole.harvest.source import Source

#: Objects in one transaction.
BATCH = 100
AWAY = (OperationalError, InterfaceError)


class Importer:
    """Imports objects of one source.

    Args:
        source: whose records they are.
        sender: brings them to the index; whoever gives one calls its `rest`. Without it each `run` ends with that.
    """

    def __init__(self, source: Source, sender: indexing.Sender | None = None) -> None:
        self.source = source
        self.sender = sender or indexing.Sender()
        self.rests = sender is None
        self.context = datasets.context()
        self.maker: bulk.Maker | None = None
        self.out = Outcome(self.source.id)

    def run(self, ids: Sequence[str]) -> int:
        """Import objects; those that somebody else holds, or that are done with, are left alone.

        Returns:
            How many were dealt with.

        Raises:
            OperationalError: the database is away; nothing of the batch is written.
        """
        tasks = self._claimed(ids)
        # What CKAN's actions write by themselves, and may roll back, goes after the batch, one transaction each.
        closed = updating.closed_here([task.package_id for task in tasks])
        alone = [task for task in tasks if _needs_action(task, closed)]
        together = [task for task in tasks if task not in alone]
        self._batch(together)
        self.out.commit(together, self.sender)
        for task in alone:
            self.out = Outcome(self.source.id)
            if again := self._claimed([task.row.id]):
                self._alone(again[0])
                self.out.commit(again, self.sender)
        if self.rests:
            self.sender.rest()
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
                close([row.id], "ERROR", "errored")
                continue
            tasks.append(task)
        return tasks

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
            self.out.fail(task, "taken", "resource")
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
        self.out.written(task, "added", updating.Change("new", custom, {}, paths), {})
        self.out.pairs.append(made.shown)

    def _update(self, task: Task, last: dict[str, str]) -> None:
        change = updating.update(self.context, task.package_id, task.plan.content["dataset"], self.source, last)
        self.out.written(task, "updated", change, last)
        if change.pair is not None:
            self.out.pairs.append(change.pair)

    def _delete(self, task: Task) -> None:
        self.out.deleted(task, datasets.remove(task.package_id))

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
            self.out.refused(task, error)
            return
        status = "added" if change.action == "new" else "updated"
        self.out.written(task, status, change, last)

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
            self.out.refused(task, error)
            return False
        return True


def write_one(harvest_object: Any, source: Source) -> dict[str, Any]:
    """Write one object whose states ckanext-harvest keeps itself; commits.

    The run's counter is left to the caller, who may have more to write before the record is done.

    Returns:
        The dataset as stored.

    Raises:
        ValidationError: it does not fit our schema; nothing was written.
    """
    content = objects.plan_of(harvest_object.content, harvest_object.guid).content
    package_id = dataset_id(source.id, harvest_object.guid)
    out = Outcome(source.id)
    task = Task(harvest_object, Planned(harvest_object.guid, "changed", content), package_id)
    last = objects.written_fields(source.id, [harvest_object.guid]).get(harvest_object.guid, {})
    objects.make_current(harvest_object, package_id)
    change = updating.by_action(package_id, content["dataset"], source, content.get("files") or {}, last)
    out.written(task, "", change, last)
    objects.remember(out.known)
    runs.add_changes(out.changes)
    runs.mended(source.id, [harvest_object.guid])
    indexing.note([package_id])
    model.Session.commit()
    indexing.done([package_id])
    return change.dataset


def _needs_action(task: Task, closed: set[str]) -> bool:
    """Whether CKAN's actions must write it: closed as it comes or as it stands here, uploads, what rows do not say."""
    if task.plan.action == "delete":
        return False
    return task.package_id in closed or not bulk.fits(task.plan.content["dataset"], task.plan.content["files"])


def _is_stopped(run_id: str) -> bool:
    row = runs.get(run_id)
    return row is not None and (row.state == runs.STOPPED or row.stop_asked)
