"""A 211 directory as a harvest source: read, redacted, compared, and published as one dataset with tables."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model

from ckanext.pole.directory import build as building
from ckanext.pole.directory import dataset, datastore, denylist, entries, feeds, indexing, scan, source_options
from ckanext.pole.directory.errors import SENTENCES, DirectoryError
from ckanext.pole.harvest import datasets, runs
from ckanext.pole.harvest import indexing as catalogue
from ckanext.pole.harvest import objects as store
from ckanext.pole.harvest.base import PoleHarvester
from ckanext.pole.harvest.changes import MAX_DELETED_SHARE
from ckanext.pole.harvest.gathering import salt
from ckanext.pole.harvest.phrases import N_
from ckanext.pole.harvest.records import BadRecord, Page, Record, dataset_id, digest, resource_id
from ckanext.pole.harvest.source import Source
from ckanext.pole.http.client import GuardedClient

log = logging.getLogger(__name__)

#: A directory is one record; this names it.
GUID = "directory"
#: The spooled entries of the search.
ENTRIES = "entries.jsonl"


@dataclass(frozen=True)
class Unchanged:
    """A directory that is as it was at the last run."""

    mark: str


@dataclass(frozen=True)
class Fresh:
    """A directory of which something may be new."""

    mark: str
    built: building.Build


class DirectoryHarvester(PoleHarvester):
    """HSDS API or packages, AIRS XML, iCarol's CSV or the 211 search API, in one or two languages."""

    source_type = "pole_directory"
    source_title = N_("211 directory")
    source_description = N_("Directory of community services (HSDS, AIRS, iCarol), cleared of secret addresses")
    #: A preview shows no raw record, and quarantine keeps none.
    raw_is_private = True

    def validate_config(self, config: str | None) -> str:
        """Check a source's settings: those of every harvest, and a directory's own.

        Raises:
            ValueError: a message in the person's language.
        """
        ours, rest = source_options.split(config)
        checked = json.loads(super().validate_config(rest))
        source_options.check(ours, checked)
        return json.dumps({**checked, **ours}, ensure_ascii=False, sort_keys=True)

    def pages(self, http: GuardedClient, source: Source) -> Iterator[Page]:
        """Read the whole directory; what is not redacted never leaves memory.

        Where nothing of what was read, of the source's settings, of the deny-list and of this code is new since the
        last run, nothing is made of it again; a preview shows it all the same.

        Raises:
            HttpProblem: a feed does not answer, or is cut short.
            BadRecord: the feed is not what it should be.
        """
        try:
            read = building.read(feeds.read(http, source.url, source.config))
            mark = hashlib.sha256(f"{salt(self, source)} {_making()} {read.digest}".encode()).hexdigest()
            known = None if source.rehearsal else store.known_records(source.id, [GUID]).get(GUID)
            if known is not None and known[0].raw_digest == mark:
                yield Page([Unchanged(mark)], 1)
                return
            built = building.build(read.items, namespace=source.id, deny=denylist.default())
        except DirectoryError as error:
            raise BadRecord(SENTENCES[error.code], error.where) from None
        yield Page([Fresh(mark, built)], 1)

    def identity(self, raw: Any) -> str:
        """There is but one."""
        return GUID

    def fingerprint(self, raw: Unchanged | Fresh, salt: str) -> str:
        """What was read, and what is made of it; `salt` is part of it already."""
        return raw.mark

    def normalise(self, raw: Fresh, source: Source) -> Record:
        """The dataset of the directory; its files are written only when something in them changed.

        Raises:
            BadRecord: nothing is left to publish, too much is gone at once, or the last check found a private value.
        """
        with building.without_collector():
            return self._normalised(raw.built, source)

    def _normalised(self, built: building.Build, source: Source) -> Record:
        now, before = built.table_rows["services"], _published_services(source)
        if not now:
            raise BadRecord(N_("the directory holds no service that may be published"))
        if before - now > max(1, MAX_DELETED_SHARE * before) and not source.config.get("accept_fewer"):
            said = N_("{gone} of {before} services are missing at once: the published directory is kept")
            raise BadRecord(said, gone=before - now, before=before)
        record = Record(GUID, dataset.dataset(source.config, built, source.url))
        known = store.known_records(source.id, [GUID]).get(GUID)
        if not source.rehearsal and (known is None or known[0].digest != digest(record)):
            record.files.update(_write(built, source))
        return record

    def write(self, harvest_object: Any, source: Source) -> dict[str, Any]:
        """Publish the dataset and its files, then bring the tables to their content.

        What the record was imported with is noted last: a run that is killed before is done again whole, and each of
        its steps gives the same when repeated.
        """
        content = json.loads(harvest_object.content)
        known = store.known_records(source.id, [GUID]).get(GUID)
        package_id, folder = dataset_id(source.id, GUID), spool(source.id)
        if harvest_object.current and known and known[0].digest == content["digest"]:
            # Killed between its last transaction and the queue's: nothing is left to do.
            shutil.rmtree(folder, ignore_errors=True)
            return _show(package_id)
        if not all(Path(path).is_file() for path in content["files"].values()):
            raise BadRecord(N_("the files of this run are gone: a newer run has replaced them"))
        harvest_object.content = json.dumps({**content, "digest": "", "raw": ""}, ensure_ascii=False)
        super().write(harvest_object, source)
        _make_tables(package_id)
        with ThreadPoolExecutor(2, "pole-tables") as pool:
            loads = {
                name: pool.submit(
                    datastore.load, resource_id(package_id, name), columns, folder / f"{name}.jsonl"
                )
                for name, columns in datastore.COLUMNS.items()
            }  # fmt: skip
            # Meanwhile, what this thread does by itself.
            tk.get_action("package_create_default_resource_views")(
                datasets.context(), {"package": _show(package_id), "create_datastore_views": True}
            )
            indexed = indexing.fill(
                package_id,
                resource_id(package_id, "service_at_location"),
                resource_id(package_id, "summary"),
                folder / ENTRIES,
                folder / "summary.jsonl",
            )
            log.info("Directory entries: %s", indexed)
            for name, load in loads.items():
                log.info("Directory table %s: %s", name, load.result())
        store.settle(source.id, GUID, content["digest"], content["raw"])
        runs.count(harvest_object.harvest_job_id, written=1)
        model.Session.commit()
        shutil.rmtree(folder, ignore_errors=True)
        return _show(package_id)


def _make_tables(package_id: str) -> None:
    """Make the tables, and mark their resources once for all of them: CKAN would update the whole dataset for each."""
    unmarked = [
        resource
        for resource in model.Session.query(model.Resource).filter_by(package_id=package_id, state=model.State.ACTIVE)
        if resource.extras.get("table") in datastore.COLUMNS and not resource.extras.get("datastore_active")
    ]
    for resource in unmarked:
        resource.extras = {**resource.extras, "datastore_active": True}
    model.Session.flush()
    for name, columns in datastore.COLUMNS.items():
        datastore.make(resource_id(package_id, name), columns, datasets.context())
    if unmarked:
        catalogue.note([package_id])
    model.Session.commit()
    if unmarked:
        catalogue.done([package_id])


def _write(built: building.Build, source: Source) -> dict[str, str]:
    """Write the redacted files, and read them again as anyone could.

    Returns:
        The files to publish, by the resources' keys.

    Raises:
        BadRecord: the last check found a private value; nothing is left on the disk.
    """
    folder = spool(source.id)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    title = (source.config.get("title_translated") or dataset.DEFAULT_TITLE)["fr"]
    files = building.write(built, folder, title=title)
    rows = [datastore.spool(table, folder) for table in (*built.tables, built.summary())]
    rows.append(indexing.spool(entries.entries(built.redacted), folder / ENTRIES))
    hits = scan.scan_files([*(file.path for file in files), *rows], built.markers, denylist.default())
    if hits:
        shutil.rmtree(folder, ignore_errors=True)
        said = N_("the last check found {n} private values in the output: nothing was published")
        raise BadRecord(said, n=len(hits))
    return {"datapackage" if file.kind == "zip" else file.name: str(file.path) for file in files}


def spool(source_id: str) -> Path:
    """Where a run keeps its redacted files until they are published; never under a public folder."""
    return Path(tk.config["ckan.storage_path"]) / "pole" / "spool" / source_id


@lru_cache(maxsize=1)
def _making() -> str:
    """The sha256 of the deny-list and of this code: whoever changes a rule need not think of what was read before."""
    found = hashlib.sha256(repr(denylist.default()).encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()


def _published_services(source: Source) -> int:
    """How many services the last run published; 0 before the first one."""
    package = model.Session.get(model.Package, dataset_id(source.id, GUID))
    if package is None or package.state != model.State.ACTIVE:
        return 0
    rows = [resource.extras.get("rows") for resource in package.resources if resource.extras.get("table") == "services"]
    return int(rows[0]) if rows and rows[0] else 0


def _show(package_id: str) -> dict[str, Any]:
    return tk.get_action("package_show")(datasets.context(), {"id": package_id})
