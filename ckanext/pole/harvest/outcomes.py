"""What became of a batch: noted while it is worked on, written in its transaction, sent to the index after it."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckanext.harvest.model import HarvestObject
from sqlalchemy.exc import DBAPIError, IntegrityError

from ckanext.pole.harvest import fields, indexing, objects, runs
from ckanext.pole.harvest.model import now
from ckanext.pole.harvest.objects import Planned
from ckanext.pole.harvest.records import BadRecord
from ckanext.pole.harvest.updating import Change
from ckanext.pole.search import documents

log = logging.getLogger(__name__)


@dataclass
class Task:
    """One object of a batch, on its way."""

    row: Any
    plan: Planned
    package_id: str
    dataset: dict[str, Any] = field(default_factory=dict)


@dataclass
class Outcome:
    """What became of a batch of one source, not yet written.

    Attributes:
        source_id: whose records they are.
        done: ckanext-harvest's word for what was done, by object.
        failed: what is to be said of an object that failed.
        changes: rows of the report.
        known: what the records were imported with.
        pairs: for the index, where the writer has them.
        touched: datasets that the index does not have yet.
        gone: records whose datasets were deleted.
    """

    source_id: str
    done: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    changes: list[dict[str, Any]] = field(default_factory=list)
    known: list[dict[str, Any]] = field(default_factory=list)
    pairs: list[documents.Both] = field(default_factory=list)
    touched: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)

    def written(self, task: Task, status: str, change: Change, last: dict[str, str]) -> None:
        """A dataset was created, updated, or found to be as it should."""
        action, dataset, paths, kept = change.action, change.dataset, change.paths, change.kept
        content = task.plan.content
        self.done[task.row.id] = status
        # What a person made theirs keeps the hash of what we last wrote, and so stays theirs.
        hashes = {**fields.hashes(dataset, [path for path in paths if path not in kept])}
        hashes |= {path: last[path] for path in kept if path in last}
        self.known.append(
            {
                "source_id": self.source_id, "guid": task.row.guid, "package_id": task.package_id,
                "digest": content.get("digest", ""), "raw_digest": content.get("raw", ""),
                "cross_key": content.get("key", ""), "fields": hashes,
            }
        )  # fmt: skip
        if action != "same":
            self.changes.append(self._change(task, action, dataset, change.fields, kept))
            self.touched.append(task.package_id)

    def deleted(self, task: Task, dataset: dict[str, Any] | None) -> None:
        """A dataset was deleted, or was gone already."""
        self.done[task.row.id] = "deleted"
        self.gone.append(task.row.guid)
        if dataset is not None:
            self.touched.append(task.package_id)
            self.changes.append(self._change(task, "delete", dataset, {}, []))

    def refused(self, task: Task, error: Exception) -> None:
        """An object could not be written: the error says why."""
        if isinstance(error, tk.ValidationError):
            self.fail(task, "invalid", error.error_dict)
        elif isinstance(error, BadRecord):
            self.fail(task, "unreadable", str(error))
        elif isinstance(error, IntegrityError):
            self.fail(task, "taken", "")
        elif isinstance(error, DBAPIError):
            self.fail(task, "not_written", type(error).__name__)
        else:
            log.error("Harvest object %s failed", task.row.id, exc_info=error)
            self.fail(task, "internal", type(error).__name__)

    def fail(self, task: Task, reason: str, details: Any) -> None:
        """An object is set aside, with the code of a reason (`reasons.CODES`)."""
        self.failed[task.row.id] = reason if not details else f"{reason}: {details}"
        content = task.plan.content
        run_id, digest = task.row.harvest_job_id, content.get("raw", "")
        runs.set_aside(self.source_id, run_id, task.row.guid, reason, details, digest=digest, content=content)

    def _change(
        self, task: Task, action: str, dataset: dict[str, Any], changed: dict[str, Any], kept: Sequence[str]
    ) -> dict[str, Any]:
        return {
            "run_id": task.row.harvest_job_id, "source_id": self.source_id, "guid": task.row.guid,
            "package_id": task.package_id, "action": action, "title": str(dataset.get("title") or ""),
            "fields": {} if action == "new" else changed, "kept": list(kept), "at": now(),
        }  # fmt: skip

    def commit(self, tasks: Sequence[Task], sender: indexing.Sender) -> None:
        """Write what became of the batch, commit, then hand it over to be brought to the index."""
        by_id = {task.row.id: task for task in tasks}
        if not by_id and not self.failed:
            model.Session.rollback()
            return
        guids = [task.row.guid for task in tasks if task.row.id in self.done]
        objects.retire(self.source_id, guids)
        for status in set(self.done.values()):
            found = {id_: by_id[id_].package_id for id_, done in self.done.items() if done == status}
            close(list(found), "COMPLETE", status, found, current=status != "deleted")
        close([id_ for id_ in self.failed if id_ in by_id], "ERROR", "errored")
        objects.object_errors(self.failed)
        objects.remember(self.known)
        runs.add_changes(self.changes)
        runs.mended(self.source_id, guids)
        indexing.note(self.touched)
        for run_id in {task.row.harvest_job_id for task in tasks}:
            ids = [task.row.id for task in tasks if task.row.harvest_job_id == run_id]
            ends = Counter("failed" if id_ in self.failed else self.done.get(id_, "") for id_ in ids)
            written = ends["added"] + ends["updated"]
            runs.count(run_id, written=written, deleted=ends["deleted"], failed=ends["failed"])
        model.Session.commit()
        sender.give(self.touched, self.pairs, {task.row.harvest_job_id for task in tasks})


def close(
    ids: Sequence[str], state: str, status: str, packages: Mapping[str, str] | None = None, current: bool = False
) -> None:
    """End harvest objects, uncommitted, one statement.

    Args:
        ids: the objects.
        state: ckanext-harvest's `COMPLETE` or `ERROR`.
        status: its word for what was done.
        packages: the dataset of each.
        current: whether they are their records' present state.
    """
    if not ids:
        return
    moment = objects.naive_now()
    values: dict[str, Any] = {"package_id": sa.case(dict(packages), value=HarvestObject.id)} if packages else {}
    model.Session.execute(
        sa.update(HarvestObject)
        .where(HarvestObject.id.in_(list(ids)))
        .values(
            state=state, report_status=status, current=current, fetch_started=moment, fetch_finished=moment,
            import_started=moment, import_finished=moment, **values,
        )
        .execution_options(synchronize_session=False)
    )  # fmt: skip
