"""Reading a source, page by page: what is new, changed, the same, or cannot be used.

Nothing here grows with the source but the ids that were met. An unchanged record costs a hash and no write.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ckan import model
from ckanext.harvest.model import HarvestSource

from ckanext.pole.harvest import objects, resuming, runs
from ckanext.pole.harvest.changes import Deletions, Known, Tally, guarded
from ckanext.pole.harvest.objects import Planned
from ckanext.pole.harvest.phrases import N_
from ckanext.pole.harvest.records import BadRecord, Page, cross_key, digest
from ckanext.pole.harvest.source import Source

if TYPE_CHECKING:
    from ckanext.pole.harvest.base import PoleHarvester
    from ckanext.pole.harvest.lease import Lease

log = logging.getLogger(__name__)

#: Seconds between two looks at whether a person stops the run, while nothing changes: pages in between are not noted.
NOTED_EVERY = 1.0
#: A source's place in the order of owners where its settings give none; the lower number owns.
PRIORITY = 100


class Stopped(Exception):
    """A person asked the run to stop."""


@dataclass
class Entry:
    """A raw record of a page that is not known to be unchanged."""

    guid: str
    raw: Any
    raw_digest: str


class Gathering:
    """One reading of a source into the plans of one job.

    Args:
        harvester: the adapter.
        source: what it reads.
        job: ckanext-harvest's job.
        resumed: the job was cut before: some plans may be there.
        lease: what nothing is written without.
    """

    def __init__(
        self, harvester: PoleHarvester, source: Source, job: Any = None, resumed: bool = False,
        lease: Lease | None = None,
    ) -> None:
        self.harvester = harvester
        self.source = source
        self.job = job
        self.resumed = resumed
        self._lease = lease
        self.tally = Tally()
        self.salt = salt(harvester, source)
        self._ranks: dict[str, tuple[int, str]] = {}
        self._met: list[str] = []
        self._after = ""
        self._noted = 0.0
        self._anew: dict[str, str] = {}
        self._aside: list[dict[str, Any]] = []

    def go_on(self) -> Source:
        """Take up what a run that was cut had read; gives the source with where to begin."""
        resuming.forget(self.source.id, but=self.job.id)
        if not self.resumed:
            return self.source
        self.tally, start = resuming.restored(self.job.id)
        return replace(self.source, start=start)

    def compare(self, page: Page) -> tuple[list[Planned], list[str]]:
        """Compare a page with what is stored; nothing is written.

        Returns:
            The changes to make, and what is to be said of records that cannot be used.
        """
        self._aside, self._anew = [], {}
        self.tally.pages += 1
        if page.expected_total is not None:
            self.tally.totals.add(page.expected_total)
        errors: list[str] = []
        return self._plans(page, errors), errors

    def take(self, page: Page) -> None:
        """Compare a page with what is stored, plan its changes, commit; of pages without any, some are not noted.

        Raises:
            Stopped: a person asked for it.
        """
        plans, errors = self.compare(page)
        if self.resumed and plans:
            there = objects.planned_guids(self.job.id, [plan.guid for plan in plans])
            plans = [plan for plan in plans if plan.guid not in there]
        objects.add_objects(self.job, plans)
        objects.gather_errors(self.job.id, errors)
        for record in self._aside:
            runs.set_aside(self.source.id, self.job.id, **record)
        objects.read_anew(self.source.id, self._anew)
        self._after = page.after
        if plans or errors or self._anew or time.monotonic() - self._noted > NOTED_EVERY:
            self.note()

    def note(self) -> None:
        """Note what was read since the last time, commit.

        Raises:
            Stopped: a person asked for it.
        """
        if self._after:
            resuming.note(self.job.id, self.source.id, self.tally, self._met, self._after)
        self._met, self._after, self._noted = [], "", time.monotonic()
        go_on = runs.progress(self.job.id, self.tally)
        self.commit()
        if not go_on:
            raise Stopped

    def commit(self) -> None:
        """Commit what was planned, unless somebody else has taken the source over.

        Raises:
            Lost: somebody has.
        """
        if self._lease is not None:
            self._lease.confirm()
        model.Session.commit()

    def _plans(self, page: Page, errors: list[str]) -> list[Planned]:
        entries = self._entries(page, errors)
        guids = [entry.guid for entry in entries]
        known = objects.known_records(self.source.id, guids)
        sick = objects.sick(self.source.id, guids)
        fresh = []
        for entry in entries:
            stored = known.get(entry.guid)
            if stored and entry.raw_digest and stored[0].raw_digest == entry.raw_digest:
                fresh.append((entry, None, stored))
            elif (row := sick.get(entry.guid)) and row.digest and row.digest == entry.raw_digest:
                # It is as bad as it was: not tried again, not forgotten.
                self.tally.bad += 1
                errors.append(f"{entry.guid}: {row.reason}")
                kept = {"reason": row.reason, "details": row.details, "digest": row.digest, "content": row.content}
                self._aside.append({"guid": entry.guid, **kept})
            elif record := self._normalised(entry, errors):
                fresh.append((entry, record, stored))
        return self._compared(fresh)

    def _entries(self, page: Page, errors: list[str]) -> list[Entry]:
        entries = []
        for raw in page.records:
            self.tally.records += 1
            guid = ""
            try:
                guid = self.harvester.identity(raw)
                self._met.append(guid)
                if not self.tally.meet(guid):
                    raise BadRecord(N_("The source lists the record twice"))
                if not self.harvester.wanted(raw, self.source):
                    self.tally.unwanted.add(guid)
                    continue
            except Exception as error:
                self._bad(guid, error, errors, raw)
                continue
            entries.append(Entry(guid, raw, self.harvester.fingerprint(raw, self.salt)))
        return entries

    def _normalised(self, entry: Entry, errors: list[str]) -> Any:
        try:
            return self.harvester.normalise(entry.raw, self.source)
        except Exception as error:
            self._bad(entry.guid, error, errors, entry.raw, entry.raw_digest)
            return None

    def _compared(self, fresh: list[tuple[Entry, Any, tuple[Known, str] | None]]) -> list[Planned]:
        keys = {
            entry.guid: (cross_key(record) if record is not None else stored[1] if stored else "")
            for entry, record, stored in fresh
        }
        owners = objects.owners(keys.values(), self.source.id)
        plans = []
        for entry, record, stored in fresh:
            if self._elsewhere(owners.get(keys[entry.guid], [])):
                self.tally.duplicates += 1
                self.tally.unwanted.add(entry.guid)
                continue
            if record is None:
                self.tally.same += 1
                continue
            new = digest(record)
            action = self.tally.compare(new, stored[0] if stored else None)
            if action == "same":
                self._anew[entry.guid] = entry.raw_digest
                continue
            content = {
                "dataset": record.dataset,
                "files": record.files,
                "digest": new,
                "raw": entry.raw_digest,
                "key": keys[entry.guid],
            }
            plans.append(Planned(entry.guid, action, content))
        return plans

    def _elsewhere(self, others: list[str]) -> bool:
        """Whether a source that comes before ours holds the dataset."""
        return any(self._rank(other) < self._rank(self.source.id) for other in others)

    def _rank(self, source_id: str) -> tuple[int, str]:
        if source_id not in self._ranks:
            row: Any = model.Session.get(HarvestSource, source_id)
            config = json.loads(row.config or "{}") if row is not None else {}
            created = row.created.isoformat() if row is not None and row.created else ""
            self._ranks[source_id] = (int(config.get("priority", PRIORITY)), created)
        return self._ranks[source_id]

    def _bad(self, guid: str, error: Exception, errors: list[str], raw: Any, seen: str = "") -> None:
        """Set one record aside; the run of the others goes on."""
        self.tally.bad += 1
        readable = isinstance(error, BadRecord)
        if not readable:
            log.exception("Harvest %s: record %s cannot be read", self.source.id, guid)
        errors.append(f"{guid or '?'}: {error if readable else type(error).__name__}")
        repeated = guid in self.tally.repeated
        if repeated:
            return
        key = guid or f"? {self.tally.records}"
        reason = "unreadable" if readable else "internal"
        said = str(error) if readable else type(error).__name__
        self._aside.append({"guid": key, "reason": reason, "details": said, "digest": seen})

    def deletions(self) -> tuple[Deletions, dict[str, str]]:
        """What the run may delete, and the dataset of each."""
        met = self.tally.seen - self.tally.unwanted
        missing: dict[str, str] = {}
        stored = 0
        for guid, package_id in objects.stored_guids(self.source.id):
            stored += 1
            if guid not in met:
                missing[guid] = package_id
        return guarded(sorted(missing), self.tally, stored), missing


def salt(harvester: PoleHarvester, source: Source) -> str:
    """What a mapped record depends on besides the raw one."""
    settings = json.dumps(dict(source.config), ensure_ascii=False, sort_keys=True, default=str)
    text = f"{type(harvester).__name__} {harvester.version} {source.url} {settings}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]
