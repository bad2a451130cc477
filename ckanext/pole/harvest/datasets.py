"""From a record to a dataset: CKAN's own actions, with ids that never change."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.lib import uploader
from ckan.lib.munge import munge_title_to_name
from ckan.types import Context
from ckanext.harvest.model import HarvestObject
from werkzeug.datastructures import FileStorage

from ckanext.pole.harvest import model as store
from ckanext.pole.harvest.records import resource_id
from ckanext.pole.harvest.source import Source

log = logging.getLogger(__name__)

#: CKAN's limit for the name of a dataset.
NAME_LENGTH = 100
#: What a harvest never writes on an existing dataset: it belongs to the people who look after it here.
CURATED = ("name", "access_tier", "access_policy", "available_from", "private")


def context() -> Context:
    """The context of a harvest's writes: the site's own user, and a dataset may lack its French."""
    site_user = tk.get_action("get_site_user")({"ignore_auth": True, "defer_commit": True}, {})
    return {"user": site_user["name"], "ignore_auth": True, "pole_harvest": True}  # type: ignore[typeddict-unknown-key]


def upsert(
    package_id: str, record: dict[str, Any], source: Source, files: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Create the dataset, or bring it up to date; the session's pending changes go into the same transaction.

    Args:
        package_id: id that the dataset has or gets.
        record: the record in our schema's terms; `upstream_id` on its resources.
        source: where it comes from.
        files: by the resources' `upstream_id`, files to upload in their place.

    Returns:
        The dataset as stored.

    Raises:
        ValidationError: the record does not fit our schema; nothing was written.
    """
    existing = _existing(package_id)
    with ExitStack() as opened:
        resources = [_resource(package_id, resource, files or {}, opened) for resource in record.get("resources", [])]
        result = _write(package_id, existing, record, resources, source)
    model.Session.commit()
    return result


def _write(
    package_id: str,
    existing: dict[str, Any] | None,
    record: dict[str, Any],
    resources: list[dict[str, Any]],
    source: Source,
) -> dict[str, Any]:
    if existing is None:
        wanted = {**record, "id": package_id, "resources": resources, "owner_org": source.owner_org, "state": "active"}
        wanted["name"] = free_name(record.get("name") or _some_title(record), package_id)
        return tk.get_action("package_create")(context(), wanted)
    kept = {resource["id"]: resource for resource in existing["resources"]}
    wanted = {
        **existing,
        **{key: value for key, value in record.items() if key not in CURATED},
        "resources": [{**kept.get(resource["id"], {}), **resource} for resource in resources],
        "owner_org": source.owner_org,
        "state": "active",
    }
    return tk.get_action("package_update")(context(), wanted)


def delete(harvest_object: Any) -> None:
    """Delete softly the dataset of a record that its source no longer has; its id waits for its return."""
    current = model.Session.execute(
        sa.select(HarvestObject.package_id).where(
            HarvestObject.guid == harvest_object.guid,
            HarvestObject.harvest_source_id == harvest_object.harvest_source_id,
            HarvestObject.current.is_(True),
        )
    ).scalar()
    store.retire(harvest_object)
    harvest_object.current = False
    harvest_object.package_id = current
    model.Session.add(harvest_object)
    if current:
        tk.get_action("package_delete")(context(), {"id": current})
    model.Session.commit()


def free_name(wanted: str, package_id: str) -> str:
    """A name nobody else has: the wanted one, else with the first digits of the dataset's id."""
    name = munge_title_to_name(wanted)[:NAME_LENGTH].strip("-_")
    if len(name) < 2:
        name = f"jeu-{package_id[:8]}"
    taken = model.Session.execute(
        sa.select(model.Package.id).where(model.Package.name == name, model.Package.id != package_id)
    ).scalar()
    return name if taken is None else f"{name[: NAME_LENGTH - 9]}-{package_id[:8]}"


def _existing(package_id: str) -> dict[str, Any] | None:
    if model.Session.get(model.Package, package_id) is None:
        return None
    return tk.get_action("package_show")({"ignore_auth": True, "use_cache": False}, {"id": package_id})  # type: ignore[typeddict-unknown-key]


def _resource(package_id: str, resource: dict[str, Any], files: Mapping[str, str], opened: ExitStack) -> dict[str, Any]:
    resource = dict(resource)
    upstream = resource.pop("upstream_id", None) or resource.get("url", "")
    resource["id"] = resource_id(package_id, upstream)
    if path := files.get(upstream):
        stream = opened.enter_context(Path(path).open("rb"))  # noqa: SIM115  closed by the stack
        resource["upload"] = FileStorage(stream, filename=Path(path).name)
        # CKAN's uploader takes the file out of the dict and writes name and size into it. The file goes first: a crash
        # before the dataset is written leaves a file that the next run replaces, never a dataset without its file.
        upload = uploader.get_resource_uploader(resource)
        upload.upload(resource["id"], uploader.get_max_resource_size())
        resource |= {"url_type": "upload", "size": Path(path).stat().st_size}
        # The date of upload changes at each run; what changed in the data is in `content_digest`.
        resource.pop("last_modified", None)
    return resource


def _some_title(record: dict[str, Any]) -> str:
    title = record.get("title_translated") or {}
    return title.get("fr") or title.get("en") or ""
