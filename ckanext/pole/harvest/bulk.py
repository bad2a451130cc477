"""New datasets, many in one transaction.

CKAN's `package_create` runs 45 statements and one Solr commit a dataset (HARVEST.md G). Here CKAN's own schema
validates each record, the rows go in with one statement a table, and the search document is made from the rows. What
comes out is what the action makes: a test compares datasets and documents key by key. Datasets that need more than
this path does (closed tiers and their vault, uploads, tags, groups, plugins with hooks that it does not know) take
the action.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.lib import datapreview
from ckan.lib.plugins import get_permission_labels, lookup_package_plugin, plugin_validate
from ckan.model.resource import CORE_RESOURCE_COLUMNS
from ckan.types import Context

from ckanext.pole.bilingual.validators import ASKED_TOGETHER
from ckanext.pole.harvest.model import new_id
from ckanext.pole.search import documents, reading

log = logging.getLogger(__name__)

OPEN = ("", None, "open")
#: What this path does not write.
BEYOND = ("tags", "groups", "relationships_as_subject", "relationships_as_object", "plugin_data", "collaborators")
#: Hooks that `package_create` calls with the saved row or its id.
HOOKS = ("create", "after_dataset_create")
#: Packages whose hooks are known to need nothing but the validated dict, or to concern other types only.
#: The access slice keeps addresses of closed resources, and what is closed does not come this way (`fits`).
KNOWN_HOOKS = ("ckan.plugins.", "ckanext.harvest.", "ckanext.spatial.", "ckanext.pole.access.")


@dataclass
class Ready:
    """A dataset that passed validation, as rows.

    Attributes:
        data: CKAN's validated dict.
        package: row of `package`.
        resources: rows of `resource`.
        views: rows of `resource_view`.
        shown: what the index holds: with CKAN's default schema, and with ours.
    """

    data: dict[str, Any]
    package: dict[str, Any]
    resources: list[dict[str, Any]]
    views: list[dict[str, Any]]
    shown: documents.Both


class Maker:
    """Makes rows of records for one organisation; asks what does not change only once.

    Args:
        context: of the harvest's writes.
        owner_org: id of the organisation that receives the datasets.
    """

    def __init__(self, context: Context, owner_org: str) -> None:
        self.context = context
        self.plugin = lookup_package_plugin("dataset")
        self.reader = reading.Reader()
        self.user: Any = model.User.get(context.get("user"))
        group = model.Session.get(model.Group, owner_org)
        self.organization = _organization(group) if group is not None else None
        self.labels = get_permission_labels()
        self.default_views = datapreview.get_default_view_plugins(False)
        self.licences = model.Package.get_license_register()

    def ready(self, dataset: dict[str, Any]) -> Ready:
        """Validate a dataset and make its rows; nothing is written.

        Args:
            dataset: as for `package_create`, with its id, a name that is free and its resources' ids.

        Raises:
            ValidationError: CKAN's schema refuses it.
        """
        schema: dict[str, Any] = self.plugin.create_package_schema()
        # CKAN's validators ask once a dataset and a resource; whoever makes a batch has asked for the whole of it.
        schema["id"] = [tk.get_validator("ignore_missing"), tk.get_validator("unicode_safe")]
        schema["resources"]["id"] = list(schema["id"])
        # Not so for an owner who is not there: CKAN's own validator says it.
        context = self._fresh(**({ASKED_TOGETHER: True} if self.organization else {}))
        dataset = {"type": "dataset", **dataset}
        data, errors = plugin_validate(self.plugin, context, dataset, schema, "package_create")
        if errors:
            raise tk.ValidationError(errors)
        data["id"] = dataset["id"]
        now = datetime.now(timezone.utc).replace(tzinfo=None)
        package = self._package_row(data, now)
        resources = [_resource_row(resource, package["id"], at, now) for at, resource in enumerate(data["resources"])]
        for plugin in p.PluginImplementations(p.IPackageController):
            plugin.after_dataset_create(context, data)
        shown = self._shown(package, resources)
        return Ready(data, package, resources, self._views(data), shown)

    def _fresh(self, **more: Any) -> Context:
        """A context as CKAN's own wrapper of actions completes it; validators leave things in it."""
        return {**self.context, "session": model.Session, "model": model, **more}  # type: ignore[return-value]

    def _package_row(self, data: dict[str, Any], now: datetime) -> dict[str, Any]:
        row = {column.name: data.get(column.name) for column in model.package_table.c}
        row |= {
            "type": data.get("type") or "dataset",
            "creator_user_id": self.user.id if self.user else None,
            "metadata_created": now,
            "metadata_modified": data.get("metadata_modified") or now,
            "private": bool(data.get("private")),
            "state": data.get("state") or model.State.ACTIVE,
            "plugin_data": sa.null(),
            "extras": {extra["key"]: extra["value"] for extra in data.get("extras") or []},
        }
        return row

    def _shown(self, package: dict[str, Any], resources: list[dict[str, Any]]) -> documents.Both:
        """What `package_show` would give of the rows, without asking the database for them."""
        dictized = {key: _plain(value) for key, value in package.items() if key != "plugin_data"}
        if dictized.get("title"):
            dictized["title"] = dictized["title"].strip()
        dictized["resources"] = [_shown_resource(row) for row in resources]
        licence = self.licences.get(package["license_id"]) if package["license_id"] else None
        dictized |= {
            "num_resources": len(resources),
            "tags": [],
            "num_tags": 0,
            # In the order in which PostgreSQL's jsonb gives its keys back.
            "extras": [
                {"key": key, "value": package["extras"][key]}
                for key in sorted(package["extras"], key=lambda key: (len(key.encode()), key.encode()))
            ],
            "groups": [],
            "organization": dict(self.organization) if self.organization else None,
            "relationships_as_subject": [],
            "relationships_as_object": [],
            "isopen": bool(licence and licence.isopen()),
        }
        if licence and licence.url:
            dictized |= {"license_url": licence.url, "license_title": licence.title.split("::")[-1]}
        else:
            dictized["license_title"] = licence.title if licence else package["license_id"]
        for plugin in p.PluginImplementations(p.IResourceController):
            for resource in dictized["resources"]:
                plugin.before_resource_show(resource)
        return self.reader.both(dictized)

    def _views(self, data: dict[str, Any]) -> list[dict[str, Any]]:
        """The views that CKAN would give the resources by itself."""
        rows = []
        for resource in data["resources"]:
            fit = [plugin for plugin in self.default_views if plugin.can_view({"resource": resource, "package": data})]
            for order, plugin in enumerate(fit):
                info = plugin.info()
                rows.append(
                    {
                        "id": new_id(),
                        "resource_id": resource["id"],
                        "title": info.get("default_title", tk._("View")),
                        "description": info.get("default_description", ""),
                        "view_type": info["name"],
                        "order": order,
                        "config": {},
                    }
                )
        return rows

    def insert(self, batch: Sequence[Ready]) -> None:
        """Write the rows of many datasets, uncommitted: one statement a table.

        Raises:
            IntegrityError: a name or an id is taken.
        """
        if not batch:
            return
        run = model.Session.execute
        run(sa.insert(model.package_table), [ready.package for ready in batch])
        if resources := [row for ready in batch for row in ready.resources]:
            run(sa.insert(model.resource_table), resources)
        if self.organization:
            run(sa.insert(model.member_table), [self._member(ready) for ready in batch])
        if views := [row for ready in batch for row in ready.views]:
            run(sa.insert(model.resource_view_table), views)
        if p.plugin_loaded("activity") and tk.config.get("ckan.activity_streams_enabled") and self.user:
            from ckanext.activity.model import Activity

            run(sa.insert(Activity.__table__), [self._activity(ready) for ready in batch])

    def _member(self, ready: Ready) -> dict[str, Any]:
        return {
            "id": new_id(),
            "table_name": "package",
            "table_id": ready.package["id"],
            "group_id": ready.package["owner_org"],
            "capacity": "organization",
            "state": model.State.ACTIVE,
        }

    def _activity(self, ready: Ready) -> dict[str, Any]:
        return {
            "id": new_id(),
            "timestamp": ready.package["metadata_created"],
            "user_id": self.user.id,
            "object_id": ready.package["id"],
            "activity_type": "new package",
            "data": {"package": ready.shown[1], "actor": self.user.name},
            "permission_labels": self.labels.get_dataset_labels(_transient(ready.package)),
        }


def fits(dataset: dict[str, Any], files: Any) -> bool:
    """Whether a new dataset may take this path: all of it open, nothing to upload, nothing that it does not write."""
    tiers = [dataset.get("access_tier"), *(resource.get("access_tier") for resource in dataset.get("resources") or [])]
    closed = any(tier not in OPEN for tier in tiers) or dataset.get("private") or dataset.get("available_from")
    return not files and not closed and not any(dataset.get(name) for name in BEYOND) and hooks_are_known()


def taken_resources(batch: Sequence[Ready]) -> set[str]:
    """Ids of resources of a batch that exist already, or stand in it twice: one statement."""
    ids = [row["id"] for ready in batch for row in ready.resources]
    if not ids:
        return set()
    repeated = {id_ for id_, times in Counter(ids).items() if times > 1}
    there = model.Session.execute(sa.select(model.Resource.id).where(model.Resource.id.in_(ids))).scalars()
    return repeated | set(there)


def hooks_are_known() -> bool:
    """Whether every plugin's hooks after a creation are ones that we know this path may call, or need not."""
    for plugin in p.PluginImplementations(p.IPackageController):
        for name in HOOKS:
            owner = getattr(getattr(type(plugin), name, None), "__module__", "ckan.plugins.")
            if not owner.startswith(KNOWN_HOOKS):
                return False
    return True


def _resource_row(resource: dict[str, Any], package_id: str, position: int, now: datetime) -> dict[str, Any]:
    row: dict[str, Any] = {name: resource.get(name) for name in CORE_RESOURCE_COLUMNS}
    for name in ("url", "format", "hash"):
        row[name] = resource.get(name, "")
    beside = {*row, "id", "package_id", "position", "state", "extras", "revision_timestamp", "tracking_summary"}
    row |= {
        "id": resource["id"],
        "package_id": package_id,
        "position": position,
        "created": row.get("created") or now,
        "metadata_modified": now,
        "state": model.State.ACTIVE,
        "extras": {key: value for key, value in resource.items() if key not in beside},
    }
    return row


def _shown_resource(row: dict[str, Any]) -> dict[str, Any]:
    shown = {key: _plain(value) for key, value in row.items() if key != "extras"}
    shown |= row["extras"]
    if shown["url"] and "://" not in shown["url"].split("?")[0] and not shown["url"].startswith(("mailto:", "data:")):
        shown["url"] = "http://" + shown["url"].lstrip("/")
    return shown


def _organization(group: Any) -> dict[str, Any]:
    columns = {column.name: _plain(getattr(group, column.name)) for column in model.group_table.c}
    columns.pop("extras", None)
    return columns


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value


def _transient(row: dict[str, Any]) -> Any:
    """The row as the labels' function reads it, outside of the session."""
    package = model.Package()
    for name in ("id", "name", "owner_org", "creator_user_id", "private", "state", "type", "extras"):
        setattr(package, name, row[name])
    return package
