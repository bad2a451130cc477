"""The base of every harvester: all that an adapter need not know.

An adapter says how to read its source (`pages`), what names a record for good
(`identity`) and how it reads in our terms (`normalise`). The base compares,
queues only what changed, deletes with care, and writes datasets through CKAN's
actions inside ckanext-harvest's three stages.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckan import model
from ckanext.harvest.interfaces import IHarvester
from ckanext.harvest.model import HarvestObject
from sqlalchemy.exc import InterfaceError, OperationalError

from ckanext.pole.harvest import held, importing, options, resuming, runs
from ckanext.pole.harvest import objects as store
from ckanext.pole.harvest.changes import Tally
from ckanext.pole.harvest.gathering import Gathering, Stopped
from ckanext.pole.harvest.lease import Lease, Lost
from ckanext.pole.harvest.model import now
from ckanext.pole.harvest.phrases import N_
from ckanext.pole.harvest.records import BadRecord, Page, Record, raw_digest
from ckanext.pole.harvest.source import Source
from ckanext.pole.http.client import GuardedClient
from ckanext.pole.http.problems import HttpProblem
from ckanext.pole.translations import in_both

log = logging.getLogger(__name__)

#: What a report says of records that are missing and stay, by the reason.
KEPT = {
    "incomplete": N_("The source was not read to its end: {n} missing records are kept"),
    "doubtful": N_("The source was not read to its end without a doubt: {n} missing records are kept"),
    "too many": N_("{n} records are missing at once: they are kept until a person decides"),
}
#: Seconds that a run waits for another one of its source.
PATIENCE = 3 * 3600.0


class PoleHarvester(p.SingletonPlugin):
    """An IHarvester whose subclasses give `source_type`, `pages`, `identity` and `normalise`."""

    p.implements(IHarvester, inherit=True)

    #: ckanext-harvest's name of the source type, its title and description (English msgids, translated on show).
    source_type: ClassVar[str] = ""
    source_title: ClassVar[str] = ""
    source_description: ClassVar[str] = ""
    #: Raised when the mapping changes: every record is then mapped again, though its source did not touch it.
    version: ClassVar[int] = 1
    #: The raw record must be neither shown nor kept (211 directories).
    raw_is_private: ClassVar[bool] = False

    # What an adapter gives

    def pages(self, http: GuardedClient, source: Source) -> Iterator[Page]:
        """Read the source from its first page to its last.

        Raises:
            HttpProblem: the source did not answer, or not as it should.
        """
        raise tk.ObjectNotFound(f"{type(self).__name__} reads no pages")

    def identity(self, raw: Any) -> str:
        """The source's own stable id of a raw record.

        Raises:
            BadRecord: it has none.
        """
        raise BadRecord(N_("The record has no identifier"))

    def normalise(self, raw: Any, source: Source) -> Record:
        """The record in our terms.

        Raises:
            BadRecord: it cannot be read.
        """
        raise BadRecord(N_("The record cannot be read"))

    def wanted(self, raw: Any, source: Source) -> bool:
        """May the record come? One left out still counts as read, so that the run is whole."""
        return True

    def fingerprint(self, raw: Any, salt: str) -> str:
        """What tells, before it is mapped, that a raw record is as it was; "" if only its mapped form can tell.

        Args:
            raw: the record.
            salt: what else the mapped record depends on.
        """
        return raw_digest(raw, salt)

    # IHarvester

    def info(self) -> dict[str, str]:
        """What ckanext-harvest shows in the form of a source."""
        return {
            "name": self.source_type,
            "title": tk._(self.source_title),
            "description": tk._(self.source_description),
        }

    def validate_config(self, config: str | None) -> str:
        """Check a source's settings.

        Returns:
            The settings as JSON, normalised.

        Raises:
            ValueError: a message in the person's language.
        """
        return options.normalised(config)

    def get_original_url(self, harvest_object_id: str) -> str | None:
        """The page of the record at its source."""
        harvest_object: Any = model.Session.get(HarvestObject, harvest_object_id)
        if harvest_object is None or not harvest_object.content:
            return None
        return json.loads(harvest_object.content).get("dataset", {}).get("url")

    def gather_stage(self, harvest_job: Any, progress: Callable[[Tally], None] | None = None) -> list[str]:
        """Read the whole source and plan what changed.

        Another run of the same source is waited for.

        Args:
            harvest_job: ckanext-harvest's.
            progress: told after each page.

        Returns:
            Ids of the harvest objects to import; empty if nothing changed.

        Raises:
            OperationalError: the database is away; the run is begun again when it is back.
            Lost: this process was frozen for so long that another one has taken the run over.
        """
        source = Source.of(harvest_job.source)
        with Lease(f"source:{source.id}", PATIENCE) as lease:
            try:
                return self._gather(harvest_job, source, lease, progress)
            except BaseException:
                model.Session.rollback()
                raise

    def fetch_stage(self, harvest_object: Any) -> bool:
        """Everything was read while gathering."""
        return True

    def import_stage(self, harvest_object: Any) -> bool | str:
        """Write one change, for ckanext-harvest's own consumer and commands; ours works in batches.

        Returns:
            True when done, False when the record was set aside with its reason.
        """
        object_id, source = harvest_object.id, Source.of(harvest_object.source)
        plan = store.plan_of(harvest_object.content, harvest_object.guid)
        if plan.action == "delete" or not self.writes_alone:
            # Its state is ckanext-harvest's from here on; ours come with the batch.
            importing.Importer(source).run([object_id])
            model.Session.refresh(harvest_object)
            return harvest_object.state == "COMPLETE"
        try:
            self.write(harvest_object, source)
        except (OperationalError, InterfaceError):
            # The database is away: the record is not to blame, and is tried again.
            raise
        except Exception as error:
            model.Session.rollback()
            self._set_aside(object_id, plan, source, error)
            return False
        return True

    def write(self, harvest_object: Any, source: Source) -> dict[str, Any]:
        """Create or update the dataset of one harvest object by CKAN's actions, in one transaction.

        A harvester that overrides this is imported one object at a time, and counts it (`runs.count`) when all that
        belongs to it is written: a record that fails later would be counted twice.

        Returns:
            The dataset as stored.
        """
        return importing.write_one(harvest_object, source)

    @property
    def writes_alone(self) -> bool:
        """Whether the harvester does more than write datasets, and so takes no part in batches."""
        return type(self).write is not PoleHarvester.write

    # Gathering, step by step

    def _gather(
        self, job: Any, source: Source, lease: Lease, progress: Callable[[Tally], None] | None
    ) -> list[str]:
        resumed = runs.begin(job.id, source.id)
        model.Session.commit()
        work = Gathering(self, source, job, resumed, lease)
        source = work.go_on()
        problem = detail = ""
        try:
            with options.client(source) as http:
                for page in self.pages(http, source):
                    work.take(page)
                    if progress is not None:
                        progress(work.tally)
            work.note()
        except Stopped:
            runs.progress(job.id, work.tally, state=runs.STOPPED)
            model.Session.commit()
            return []
        except HttpProblem as error:
            problem, detail = error.code, options.message(error)
        except BadRecord as error:
            # The source as a whole cannot be used.
            problem, detail = "unusable_source", str(error)
        except (OperationalError, InterfaceError, Lost):
            raise
        except Exception as error:
            log.exception("Harvest %s cannot be gathered", source.id)
            problem, detail = "internal", type(error).__name__
        if problem:
            model.Session.rollback()
            work.tally.broken = True
            store.gather_errors(job.id, [f"{problem}: {detail}"])
        return self._end(job, source, work, problem, detail)

    def _end(self, job: Any, source: Source, work: Gathering, problem: str, detail: str) -> list[str]:
        """Plan the deletions, and hand the run over to the import stage: one transaction."""
        plan, packages = work.deletions()
        kept = held.refused(source.id)
        waiting = {guid: packages[guid] for guid in plan.held if guid not in kept}
        if plan.reason and waiting:
            store.gather_errors(job.id, [in_both(KEPT[plan.reason], n=len(waiting))])
        # What is deleted now waits no more than what came back.
        held.release(source.id, (work.tally.seen - work.tally.unwanted) | (set(plan.guids) - kept))
        asked = held.hold(source.id, job.id, waiting, plan.reason)
        resuming.forget(source.id)
        gone = [store.Planned(guid, "delete", {}) for guid in plan.guids if guid not in kept]
        if work.resumed:
            there = store.planned_guids(job.id, [item.guid for item in gone])
            gone = [item for item in gone if item.guid not in there]
        store.add_objects(job, gone)
        ids = store.waiting_ids(job.id)
        runs.progress(
            job.id, work.tally, state=runs.WRITING, read_until=now(), missing=len(packages), whole=work.tally.whole(),
            held=asked, problem=problem, problem_detail=detail[:1000],
        )  # fmt: skip
        work.commit()
        runs.close(job.id)
        model.Session.commit()
        tally = work.tally
        log.info(
            "Harvest %s: %d read, %d new, %d changed, %d same, %d set aside",
            source.id, tally.records, tally.new, tally.changed, tally.same, tally.bad,
        )  # fmt: skip
        return ids

    def _set_aside(self, object_id: str, plan: store.Planned, source: Source, error: Exception) -> None:
        """Write on the report, and in quarantine, why an object could not be written."""
        details: Any = str(error)
        reason = "unreadable"
        if isinstance(error, tk.ValidationError):
            reason, details = "invalid", error.error_dict
        elif not isinstance(error, BadRecord | HttpProblem):
            log.error("Harvest object %s failed", object_id, exc_info=error)
            reason, details = "internal", type(error).__name__
        found = _again(object_id)
        store.object_error(found, json.dumps(details, ensure_ascii=False, default=str))
        content = None if self.raw_is_private else plan.content
        digest = plan.content.get("raw", "")
        runs.set_aside(source.id, found.harvest_job_id, plan.guid, reason, details, digest=digest, content=content)
        runs.count(found.harvest_job_id, failed=1)
        model.Session.commit()


def _again(harvest_object_id: str) -> Any:
    """The object afresh, after a rollback."""
    found = model.Session.get(HarvestObject, harvest_object_id)
    if found is None:
        raise tk.ObjectNotFound(harvest_object_id)
    return found
