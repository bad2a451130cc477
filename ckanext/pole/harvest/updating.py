"""A dataset that exists, brought to what its source says, with what people made theirs left alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import logic, model
from ckan.lib.dictization import model_save
from ckan.lib.plugins import get_permission_labels, lookup_package_plugin, plugin_validate
from ckan.types import Context

from ckanext.pole.harvest import bulk, datasets, fields
from ckanext.pole.harvest.model import new_id
from ckanext.pole.harvest.source import Source
from ckanext.pole.search import documents


@dataclass
class Change:
    """What an update did.

    Attributes:
        action: `new`, `changed`, `restored` or `same`.
        dataset: as it stands now.
        fields: old and new value of each field that changed.
        paths: the fields that the record speaks of.
        kept: those of them that a person made theirs.
        pair: for the index; None if it is to be read from the database.
    """

    action: str
    dataset: dict[str, Any]
    fields: dict[str, Any]
    paths: list[str]
    kept: list[str] = field(default_factory=list)
    pair: documents.Both | None = None


def update(context: Context, package_id: str, record: dict[str, Any], source: Source, last: dict[str, str]) -> Change:
    """Update a dataset in the open transaction, as `package_update` does but without its commit and its rollback.

    Args:
        context: of the harvest's writes.
        package_id: the dataset.
        record: the record in our schema's terms, `upstream_id` on its resources.
        source: where it comes from.
        last: hashes of what the harvest wrote last.

    Raises:
        ValidationError: the result does not fit our schema.
    """
    package: Any = model.Session.get(model.Package, package_id)
    before = _shown(context, package_id)[1]
    wanted = _compared(before, datasets.fresh(package_id, record, source), source, last)
    if wanted.action == "same":
        return wanted
    _save(context, package, wanted.dataset)
    pair = _shown(context, package_id)
    _activity(context, package, pair[1])
    found = fields.difference(before, pair[1], wanted.paths)
    return Change(wanted.action, pair[1], found, wanted.paths, wanted.kept, pair)


def foreseen(context: Context, package_id: str, record: dict[str, Any], source: Source, last: dict[str, str]) -> Change:
    """What `update` would do; nothing is written."""
    before = _shown(context, package_id)[1]
    return _compared(before, datasets.fresh(package_id, record, source), source, last)


def closed_here(package_ids: Sequence[str]) -> set[str]:
    """Which of some datasets are closed here, whole or in part, whatever their source says: people decide on tiers.

    Their resources' addresses belong in the vault, which CKAN's actions fill.
    """

    def shut(extras: Any) -> bool:
        return extras.get("access_tier") not in bulk.OPEN or bool(extras.get("available_from"))

    packages, resources = model.package_table.c, model.resource_table.c
    found = model.Session.execute(
        sa.select(packages.id, packages.extras, packages.private).where(packages.id.in_(package_ids))
    ).all()
    closed = {row.id for row in found if row.private or shut(row.extras or {})}
    if found:
        rows = model.Session.execute(
            sa.select(resources.package_id, resources.extras).where(resources.package_id.in_([row.id for row in found]))
        )
        closed |= {row.package_id for row in rows if shut(row.extras or {})}
    return closed


def by_action(
    package_id: str, record: dict[str, Any], source: Source, files: Mapping[str, str], last: dict[str, str]
) -> Change:
    """Create or update a dataset by CKAN's actions, uncommitted: every plugin hears of it.

    Args:
        package_id: id that the dataset has or gets.
        record: as `update`.
        source: where it comes from.
        files: by the resources' `upstream_id`, files to upload in their place.
        last: as `update`.

    Raises:
        ValidationError: it does not fit our schema; the session was rolled back.
    """
    context: Context = {**datasets.context(), "defer_commit": True}  # type: ignore[typeddict-unknown-key]
    there = model.Session.get(model.Package, package_id) is not None
    with ExitStack() as opened:
        if not there:
            wanted = datasets.fresh(package_id, record, source, files, opened)
            wanted["name"] = datasets.free_name(record.get("name") or datasets.some_title(record), package_id)
            tk.get_action("package_create")(context, wanted)
            shown = _shown(context, package_id)[1]
            paths = list(fields.flat(wanted))
            return Change("new", shown, fields.difference({}, shown, paths), paths)
        before = _shown(context, package_id)[1]
        wanted = _compared(before, datasets.fresh(package_id, record, source, files, opened), source, last)
        if wanted.action == "same":
            return wanted
        # Without `return_id_only`, CKAN 2.12 undoes an update whose commit is deferred.
        tk.get_action("package_update")({**context, "return_id_only": True}, wanted.dataset)  # type: ignore[typeddict-unknown-key]
        _belongs(package_id, source.owner_org)
    model.Session.flush()
    package = model.Session.get(model.Package, package_id)
    shown = _shown(context, package_id)[1]
    _activity(context, package, shown)
    return Change(wanted.action, shown, fields.difference(before, shown, wanted.paths), wanted.paths, wanted.kept)


def _compared(before: dict[str, Any], incoming: dict[str, Any], source: Source, last: dict[str, str]) -> Change:
    """What is to be done to a dataset, and as what it should stand then."""
    fields.match_resources(before.get("resources") or [], incoming["resources"])
    merged = fields.merge(before, incoming, last)
    merged.dataset |= {"owner_org": source.owner_org, "state": "active"}
    ours = [path for path in fields.flat(incoming) if path.split(".")[0] not in fields.CURATED]
    gone = [path for path in last if path not in ours]
    paths = [*ours, *gone]
    changed, live = fields.difference(before, merged.dataset, paths), before["state"] == "active"
    if live and not changed:
        return Change("same", before, {}, paths, merged.kept)
    return Change("changed" if live else "restored", merged.dataset, changed, paths, merged.kept)


def _save(context: Context, package: Any, dataset: dict[str, Any]) -> None:
    plugin = lookup_package_plugin(package.type)
    inner = _fresh(context, package=package)
    data, errors = plugin_validate(plugin, inner, dataset, plugin.update_package_schema(), "package_update")
    if errors:
        raise tk.ValidationError(errors)
    data.pop("metadata_modified", None)
    model_save.package_dict_save(data, inner)
    package.metadata_modified = datetime.now(timezone.utc).replace(tzinfo=None)
    tk.get_action("package_owner_org_update")(
        _fresh(context, defer_commit=True), {"id": package.id, "organization_id": data.get("owner_org")}
    )
    _belongs(package.id, data.get("owner_org"))
    model.Session.flush()
    for hook in p.PluginImplementations(p.IPackageController):
        hook.edit(package)
        hook.after_dataset_update(inner, data)
    model.Session.flush()


def _belongs(package_id: str, owner_org: str | None) -> None:
    """A dataset that was deleted lost its place in its organisation: give it back."""
    model.Session.execute(
        sa.update(model.Member)
        .where(
            model.Member.table_id == package_id,
            model.Member.group_id == owner_org,
            model.Member.capacity == "organization",
            model.Member.state == model.State.DELETED,
        )
        .values(state=model.State.ACTIVE)
        .execution_options(synchronize_session=False)
    )


def _shown(context: Context, package_id: str) -> documents.Both:
    return logic.package_show_default_and_custom_schemas(_fresh(context), package_id)


def _fresh(context: Context, **more: Any) -> Context:
    return {**context, "session": model.Session, "model": model, **more}  # type: ignore[return-value]


def _activity(context: Context, package: Any, shown: dict[str, Any]) -> None:
    """What the `activity` plugin writes when it hears of an update by the action."""
    user = model.User.get(context.get("user"))
    if user is None or not p.plugin_loaded("activity") or not tk.config.get("ckan.activity_streams_enabled"):
        return
    from ckanext.activity.model import Activity

    row = {
        "id": new_id(),
        "timestamp": package.metadata_modified,
        "user_id": user.id,
        "object_id": package.id,
        "activity_type": "changed package",
        "data": {"package": shown, "actor": user.name},
        "permission_labels": get_permission_labels().get_dataset_labels(package),
    }
    model.Session.execute(sa.insert(Activity.__table__), [row])
