"""A 211 directory as a harvest source: read, redacted, compared, and published as one dataset with tables."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model

from ckanext.pole.directory import build as building
from ckanext.pole.directory import dataset, datastore, denylist, feeds, scan
from ckanext.pole.directory.errors import DirectoryError
from ckanext.pole.harvest import datasets
from ckanext.pole.harvest.base import PoleHarvester
from ckanext.pole.harvest.changes import MAX_DELETED_SHARE
from ckanext.pole.harvest.phrases import N_
from ckanext.pole.harvest.records import BadRecord, Page, Record, dataset_id
from ckanext.pole.harvest.source import Source
from ckanext.pole.http.client import GuardedClient

log = logging.getLogger(__name__)

#: A directory is one record; this names it.
GUID = "directory"


@dataclass(frozen=True)
class Written:
    """A directory, redacted and on disk.

    Attributes:
        build: its tables.
        files: what was written.
    """

    build: building.Build
    files: list[building.TableFile]

    @property
    def services(self) -> int:
        """How many services may be published."""
        return next(file.rows for file in self.files if file.name == "services")


class DirectoryHarvester(PoleHarvester):
    """HSDS 3.1 API, or HSDS tabular packages, in one or two languages."""

    source_type = "pole_directory"
    source_title = N_("211 directory")
    source_description = N_("Directory of community services in HSDS, redacted before anything is stored")

    def pages(self, http: GuardedClient, source: Source) -> Iterator[Page]:
        """Read the whole directory; what is not redacted never leaves memory.

        Raises:
            HttpProblem: a feed does not answer, or is cut short.
        """
        try:
            deny = denylist.default()
            items = feeds.read(http, source.url, source.config)
            built = building.build(items, namespace=source.id, deny=deny)
        except DirectoryError as error:
            raise BadRecord(str(error)) from None
        folder = spool(source.id)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o700)
        title = (source.config.get("title_translated") or dataset.DEFAULT_TITLE)["fr"]
        files = building.write(built, folder, title=title)
        rows = [datastore.spool(table, folder) for table in (*built.tables, built.summary())]
        hits = scan.scan_files([*(file.path for file in files), *rows], built.markers, deny)
        if hits:
            shutil.rmtree(folder, ignore_errors=True)
            raise BadRecord(f"the last check found {len(hits)} private values in the output: nothing was published")
        yield Page([Written(built, files)], 1)

    def identity(self, raw: Any) -> str:
        """There is but one."""
        return GUID

    def normalise(self, raw: Written, source: Source) -> Record:
        """The dataset of the directory, with its files."""
        now, before = raw.services, _published_services(source)
        if not now:
            raise BadRecord("the directory holds no service that may be published")
        if before - now > max(1, MAX_DELETED_SHARE * before) and not source.config.get("accept_fewer"):
            raise BadRecord(f"{before - now} of {before} services are missing at once: the published directory is kept")
        languages = list(feeds.addresses(source.url, source.config))
        record = dataset.dataset(source.config, raw.files, raw.build.table_hashes, languages, source.url)
        paths = {"datapackage" if file.kind == "zip" else file.name: str(file.path) for file in raw.files}
        return Record(GUID, record, paths)

    def write(self, harvest_object: Any, source: Source) -> dict[str, Any]:
        """Publish the files, then bring the DataStore's tables to their content."""
        content = json.loads(harvest_object.content)
        if not all(Path(path).is_file() for path in content["files"].values()):
            raise BadRecord("the files of this run are gone: a newer run has replaced them")
        stored = super().write(harvest_object, source)
        for resource in stored["resources"]:
            rows = spool(source.id) / f"{resource.get('table')}.jsonl"
            if rows.is_file():
                counts = datastore.load(resource["id"], datastore.COLUMNS[resource["table"]], rows, datasets.context())
                log.info("Directory table %s: %s", resource["table"], counts)
        tk.get_action("package_create_default_resource_views")(
            datasets.context(), {"package": _show(stored["id"]), "create_datastore_views": True}
        )
        model.Session.commit()
        shutil.rmtree(spool(source.id), ignore_errors=True)
        return stored


def spool(source_id: str) -> Path:
    """Where a run keeps its redacted files until they are published; never under a public folder."""
    return Path(tk.config["ckan.storage_path"]) / "pole" / "spool" / source_id


def _published_services(source: Source) -> int:
    """How many services the last run published; 0 before the first one."""
    package = model.Session.get(model.Package, dataset_id(source.id, GUID))
    if package is None or package.state != model.State.ACTIVE:
        return 0
    rows = [resource.extras.get("rows") for resource in package.resources if resource.extras.get("table") == "services"]
    return int(rows[0]) if rows and rows[0] else 0


def _show(package_id: str) -> dict[str, Any]:
    return tk.get_action("package_show")(datasets.context(), {"id": package_id})
