"""When data close, what older versions left behind goes: stored dicts, previews, aliases, messages."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Mapping
from typing import Any

import ckan.plugins as p
import sqlalchemy as sa
from ckan import model
from sqlalchemy.orm.attributes import flag_modified

from ckanext.pole.access import concealment, vault

log = logging.getLogger(__name__)


def purge(package_id: str, open_ids: Collection[str], closed_ids: Collection[str], secrets: Collection[str]) -> None:
    """Remove from the main database what tells where closed data are; in the caller's transaction.

    Args:
        package_id: the dataset.
        open_ids: its resources that stay open: what was remembered of them may stay.
        closed_ids: those that have just closed.
        secrets: addresses that are kept apart now, or were until now.
    """
    if p.plugin_loaded("activity"):
        _activities(package_id, open_ids)
    if closed_ids:
        _views(closed_ids, secrets)
        # The errors of a loader quote the address that it could not read.
        model.Session.execute(
            sa.update(model.TaskStatus)
            .where(model.TaskStatus.entity_id.in_(list(closed_ids)), model.TaskStatus.error.is_not(None))
            .values(error="{}")
        )


def _activities(package_id: str, open_ids: Collection[str]) -> None:
    """The history page shows whole dicts of the past; their addresses become doors as well."""
    from ckanext.activity.model import Activity

    query = sa.select(Activity).where(Activity.object_id == package_id).execution_options(yield_per=100)
    for activity in model.Session.execute(query).scalars():
        data = activity.data or {}
        stored = data.get("package")
        changed = isinstance(stored, dict) and _seal(stored, open_ids)
        if "resource_id" in data and data["resource_id"] not in open_ids and data.get("config"):
            data["config"] = {}  # a preview that was made or changed
            changed = True
        if changed:
            # A JSON column notices a new value, not a change within the old one.
            activity.data = json.loads(json.dumps(data))
            flag_modified(activity, "data")
    model.Session.flush()


def _seal(stored: dict[str, Any], open_ids: Collection[str]) -> bool:
    changed = False
    for resource in stored.get("resources") or []:
        url = str(resource.get("url") or "")
        if resource.get("id") in open_ids or not url or concealment.behind_door(url) == resource.get("id"):
            continue
        if resource.get("url_type") == "upload" and not resource.get("cache_url"):
            continue
        resource["url"] = concealment.door(vault.site(), str(resource.get("id")), url, resource.get("format"))
        resource["cache_url"] = ""
        changed = True
    return changed


def _views(closed_ids: Collection[str], secrets: Collection[str]) -> None:
    """Previews of web pages and pictures hold an address of their own."""
    query = sa.select(model.ResourceView).where(model.ResourceView.resource_id.in_(list(closed_ids)))
    for view in model.Session.execute(query).scalars():
        config: Mapping[str, Any] = view.config or {}
        left = {
            name: value for name, value in config.items()
            if name not in ("page_url", "image_url") and not any(secret in str(value) for secret in secrets)
        }  # fmt: skip
        if left != dict(config):
            view.config = left
    model.Session.flush()


def drop_aliases(resource_ids: Collection[str]) -> None:
    """Remove the other names of these resources' tables: people know them, and links lead there.

    The tables are in another database, so this comes after the commit. The aliases ask the same question as the
    tables, so a crash in between opens nothing.
    """
    if not resource_ids or not p.plugin_loaded("datastore"):
        return
    from ckanext.datastore.backend.postgres import get_write_engine

    with get_write_engine().begin() as connection:
        found = connection.execute(
            sa.text('SELECT name FROM "_table_metadata" WHERE alias_of = ANY(:ids)'), {"ids": list(resource_ids)}
        )
        for (name,) in found.all():
            connection.execute(sa.text(f"DROP VIEW IF EXISTS {_quoted(connection, name)}"))


def _quoted(connection: sa.Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name)
