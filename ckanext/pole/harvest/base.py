"""The base of every harvester: all that an adapter need not know.

An adapter says how to read its source (`pages`), what names a record for good
(`identity`) and how it reads in our terms (`normalise`). The base compares,
queues only what changed, deletes with care, and writes datasets through CKAN's
actions inside ckanext-harvest's three stages.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any, ClassVar

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckan import model
from ckanext.harvest.interfaces import IHarvester
from ckanext.harvest.model import HarvestJob, HarvestObject
from sqlalchemy.exc import InterfaceError, OperationalError

from ckanext.pole.harvest import datasets, options, tables
from ckanext.pole.harvest import model as store
from ckanext.pole.harvest.changes import Known, Tally, deletions
from ckanext.pole.harvest.records import BadRecord, Page, Record, dataset_id, digest
from ckanext.pole.harvest.source import Source
from ckanext.pole.http.client import GuardedClient
from ckanext.pole.http.problems import HttpProblem

log = logging.getLogger(__name__)


class PoleHarvester(p.SingletonPlugin):
    """An IHarvester whose subclasses give `source_type`, `pages`, `identity` and `normalise`."""

    p.implements(IHarvester, inherit=True)

    #: ckanext-harvest's name of the source type, its title and description (English msgids, translated on show).
    source_type: ClassVar[str] = ""
    source_title: ClassVar[str] = ""
    source_description: ClassVar[str] = ""

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
        raise BadRecord("no identity")

    def normalise(self, raw: Any, source: Source) -> Record:
        """The record in our terms.

        Raises:
            BadRecord: it cannot be read.
        """
        raise BadRecord("cannot be read")

    def wanted(self, raw: Any, source: Source) -> bool:
        """May the record come? One left out still counts as read, so that the run is whole."""
        return True

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

    def gather_stage(self, harvest_job: HarvestJob) -> list[str]:
        """Read the whole source and queue what changed.

        Returns:
            Ids of the harvest objects to import; empty if nothing changed.
        """
        source = Source.of(harvest_job.source)
        known = store.known_records(source.id)
        tally = Tally()
        ids: list[str] = []
        try:
            with options.client(source) as http:
                for page in self.pages(http, source):
                    if page.expected_total is not None:
                        tally.totals.add(page.expected_total)
                    for raw in page.records:
                        ids += self._gather_one(raw, source, harvest_job, known, tally)
                    model.Session.commit()
        except HttpProblem as problem:
            tally.broken = True
            store.gather_error(harvest_job, f"{problem.code}: {options.message(problem)}")
        except BadRecord as error:
            # The source as a whole cannot be used.
            tally.broken = True
            store.gather_error(harvest_job, str(error))
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            log.exception("Harvest %s cannot be gathered", source.id)
            model.Session.rollback()
            tally.broken = True
            store.gather_error(harvest_job, type(error).__name__)
        ids += self._gather_deletions(harvest_job, known, tally)
        model.Session.commit()
        log.info(
            "Harvest %s: %d read, %d new, %d changed, %d same, %d set aside",
            source.id, tally.records, tally.new, tally.changed, tally.same, tally.bad,
        )  # fmt: skip
        return ids

    def fetch_stage(self, harvest_object: Any) -> bool:
        """Everything was read while gathering."""
        return True

    def import_stage(self, harvest_object: Any) -> bool | str:
        """Write one change.

        Returns:
            True when done, False when the record was set aside with its reason.
        """
        action = store.extra(harvest_object, store.ACTION)
        object_id = harvest_object.id
        try:
            if action == "delete":
                datasets.delete(harvest_object)
            else:
                self.write(harvest_object, Source.of(harvest_object.source))
        except tk.ValidationError as error:
            model.Session.rollback()
            store.object_error(_again(object_id), json.dumps(error.error_dict, ensure_ascii=False, default=str))
            return False
        except (BadRecord, HttpProblem) as error:
            model.Session.rollback()
            store.object_error(_again(object_id), str(error))
            return False
        except (OperationalError, InterfaceError):
            # The database is away: the record is not to blame, and is tried again.
            raise
        except Exception as error:
            log.exception("Harvest object %s failed", object_id)
            model.Session.rollback()
            store.object_error(_again(object_id), f"{type(error).__name__}: {error}")
            return False
        return True

    def write(self, harvest_object: Any, source: Source) -> dict[str, Any]:
        """Create or update the dataset of one harvest object, in one transaction.

        Returns:
            The dataset as stored.
        """
        content = json.loads(harvest_object.content)
        package_id = dataset_id(source.id, harvest_object.guid)
        store.make_current(harvest_object, package_id)
        stored = datasets.upsert(package_id, content["dataset"], source, content.get("files") or {})
        if source.config.get("load_data"):
            tables.submit(stored)
        return stored

    # Gathering, step by step

    def _gather_one(
        self, raw: Any, source: Source, job: HarvestJob, known: dict[str, Known], tally: Tally
    ) -> list[str]:
        tally.records += 1
        guid = ""
        try:
            guid = self.identity(raw)
            if not tally.meet(guid):
                raise BadRecord("the source lists it twice")
            if not self.wanted(raw, source):
                return []
            record = self.normalise(raw, source)
        except BadRecord as error:
            tally.bad += 1
            store.gather_error(job, f"{guid or '?'}: {error}")
            return []
        except Exception as error:
            # A record that our own code cannot bear must not end the run of the others.
            log.exception("Harvest %s: record %s cannot be read", source.id, guid)
            tally.bad += 1
            store.gather_error(job, f"{guid or '?'}: {type(error).__name__}")
            return []
        fresh = digest(record)
        change = tally.compare(fresh, known.get(guid))
        if change == "same":
            return []
        content = {"dataset": record.dataset, "files": record.files}
        return [store.add_object(job, guid, change, content, fresh)]

    def _gather_deletions(self, job: HarvestJob, known: dict[str, Known], tally: Tally) -> list[str]:
        plan = deletions(tally, known)
        if plan.held:
            store.gather_error(
                job,
                {
                    "incomplete": "The source was not read to its end: {n} missing records are kept",
                    "too many": "{n} records are missing at once: they are kept until a person decides",
                }[plan.reason].format(n=len(plan.held)),
            )
        return [store.add_object(job, guid, "delete", None) for guid in plan.guids]


def _again(harvest_object_id: str) -> Any:
    """The object afresh, after a rollback."""
    found = model.Session.get(HarvestObject, harvest_object_id)
    if found is None:
        raise tk.ObjectNotFound(harvest_object_id)
    return found
