"""From a record to a dataset: CKAN's own actions, with ids that never change."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.lib import uploader
from ckan.lib.munge import munge_title_to_name
from ckan.types import Context
from werkzeug.datastructures import FileStorage

from ckanext.pole.harvest.records import resource_id
from ckanext.pole.harvest.source import Source

log = logging.getLogger(__name__)

#: CKAN's limit for the name of a dataset.
NAME_LENGTH = 100


def context() -> Context:
    """The context of a harvest's writes: the site's own user, and a dataset may lack its French."""
    site_user = tk.get_action("get_site_user")({"ignore_auth": True, "defer_commit": True}, {})
    return {"user": site_user["name"], "ignore_auth": True, "pole_harvest": True}  # type: ignore[typeddict-unknown-key]


def fresh(
    package_id: str,
    record: dict[str, Any],
    source: Source,
    files: Mapping[str, str] | None = None,
    opened: ExitStack | None = None,
) -> dict[str, Any]:
    """The record as a dataset of ours: with its own id, its resources' and its owner.

    Args:
        package_id: id that the dataset has or gets.
        record: the record in our schema's terms; `upstream_id` on its resources.
        source: where it comes from.
        files: by the resources' `upstream_id`, files to upload in their place.
        opened: closes those files.
    """
    resources = [_resource(package_id, resource, files or {}, opened) for resource in record.get("resources") or []]
    return {**record, "id": package_id, "resources": resources, "owner_org": source.owner_org, "state": "active"}


def remove(package_id: str) -> dict[str, Any] | None:
    """Delete a dataset softly, uncommitted; its id waits for its return.

    CKAN's `package_delete` commits by itself; this does what it does in the open transaction.

    Returns:
        The dataset's row as it was, or None if there was nothing to delete.
    """
    package = model.Session.get(model.Package, package_id)
    if package is None or package.state != model.State.ACTIVE:
        return None
    inner: Context = {**context(), "session": model.Session, "model": model}  # type: ignore[typeddict-item]
    for plugin in p.PluginImplementations(p.IPackageController):
        plugin.delete(package)
        plugin.after_dataset_delete(inner, {"id": package_id})
    found = {"title": package.title, "name": package.name, "owner_org": package.owner_org}
    package.delete()
    model.Session.flush()
    model.Session.execute(
        sa.update(model.Member)
        .where(model.Member.table_id == package_id, model.Member.state == model.State.ACTIVE)
        .values(state=model.State.DELETED)
        .execution_options(synchronize_session=False)
    )
    return found


def free_names(wanted: Sequence[tuple[dict[str, Any], str]]) -> dict[str, str]:
    """A name for each of many new datasets, by its id: one statement."""
    names = {
        package_id: _clean_name(record.get("name") or some_title(record), package_id) for record, package_id in wanted
    }
    taken = set(
        model.Session.execute(sa.select(model.Package.name).where(model.Package.name.in_(names.values()))).scalars()
    )
    for package_id, name in names.items():
        if name in taken:
            names[package_id] = _other_name(name, package_id)
        taken.add(names[package_id])
    return names


def free_name(wanted: str, package_id: str) -> str:
    """A name nobody else has: the wanted one, else with the first digits of the dataset's id."""
    name = _clean_name(wanted, package_id)
    taken = model.Session.execute(
        sa.select(model.Package.id).where(model.Package.name == name, model.Package.id != package_id)
    ).scalar()
    return name if taken is None else _other_name(name, package_id)


def _clean_name(wanted: str, package_id: str) -> str:
    name = munge_title_to_name(wanted)[:NAME_LENGTH].strip("-_")
    return name if len(name) >= 2 else f"jeu-{package_id[:8]}"


def _other_name(name: str, package_id: str) -> str:
    return f"{name[: NAME_LENGTH - 9]}-{package_id[:8]}"


def some_title(record: dict[str, Any]) -> str:
    """A title in whichever language there is one."""
    title = record.get("title_translated") or {}
    return title.get("fr") or title.get("en") or ""


def _resource(
    package_id: str, resource: dict[str, Any], files: Mapping[str, str], opened: ExitStack | None
) -> dict[str, Any]:
    resource = dict(resource)
    upstream = resource.pop("upstream_id", None) or resource.get("url", "")
    resource["id"] = resource_id(package_id, upstream)
    if opened is not None and (path := files.get(upstream)):
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
