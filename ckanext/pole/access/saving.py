"""Saving a dataset whose data are closed: its addresses go to the vault in the transaction that saves it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckan import authz, model
from ckan.types import Context, DataDict

from ckanext.pole.access import concealment, ledger, purging, vault
from ckanext.pole.access.concealment import Sorted

_KEY = "pole_vault"
_TIER_FIELDS = ("access_tier", "available_from")

log = logging.getLogger(__name__)


@dataclass
class Saving:
    """One save under way.

    Attributes:
        found: the dataset as it is saved, and what was taken out of it.
        kept: addresses kept apart until now.
        was_open: ids of resources that everybody could read until now.
        tiers: the dataset's tier until now and from now on, where it changes.
        done: whether it is in the database.
    """

    found: Sorted
    kept: Mapping[str, str]
    was_open: frozenset[str]
    tiers: tuple[str, str]
    done: bool = False

    @property
    def open_now(self) -> set[str]:
        """Ids of resources that everybody may read from now on."""
        day = vault.today()
        return {
            str(resource.get("id"))
            for resource in self.found.dataset.get("resources") or []
            if isinstance(resource, Mapping) and not concealment.is_closed(self.found.dataset, resource, day)
        }

    @property
    def closed_now(self) -> set[str]:
        """Ids of resources that everybody could read until now."""
        return set(self.was_open - self.open_now)


def create(next_action: Callable[..., Any], context: Context, data_dict: DataDict) -> Any:
    """Save a new dataset."""
    _refuse_claims(context, data_dict, None)
    tier = str(data_dict.get("access_tier") or "open")
    saving = Saving(vault.sort_out(data_dict, {}), {}, frozenset(), ("open", tier))
    return _run(next_action, context, saving)


def update(next_action: Callable[..., Any], context: Context, data_dict: DataDict) -> Any:
    """Save a dataset again."""
    package = model.Package.get(data_dict.get("id") or data_dict.get("name"))
    if package is None:
        return next_action(context, data_dict)  # which says so
    _refuse_claims(context, data_dict, package)
    kept = vault.locations_of([package.id])
    day = vault.today()
    was_open = frozenset(
        resource.id for resource in package.resources
        if not concealment.is_closed(package.extras, resource.extras, day)
    )  # fmt: skip
    dataset = {**data_dict, "id": package.id}
    if "resources" not in dataset and _tier_changes(package, dataset):
        dataset["resources"] = _shown(context, package.id)["resources"]
    elif "resources" not in dataset:
        return next_action(context, data_dict)
    tiers = (str(package.extras.get("access_tier") or "open"), str(dataset.get("access_tier") or "open"))
    return _run(next_action, context, Saving(vault.sort_out(dataset, kept), kept, was_open, tiers))


def _refuse_claims(context: Context, dataset: Mapping[str, Any], package: model.Package | None) -> None:
    """Let nobody name a new resource after one that is no more, or of another dataset.

    A resource's id is what its file, its table and its place in the vault are called: CKAN lets whoever publishes
    choose it, as long as no resource that is there now has it.

    Raises:
        ckan.plugins.toolkit.ValidationError: an id that is not of this dataset's resources, from somebody who is not
            an operator.
    """
    named = [resource.get("id") if isinstance(resource, Mapping) else None for resource in _list(dataset, "resources")]
    if not any(named) or context.get("ignore_auth") or authz.is_sysadmin(context.get("user")):
        return
    own: set[str] = set()
    if package is not None:
        rows = model.Session.query(model.Resource.id).filter(model.Resource.package_id == package.id)
        own = {row.id for row in rows}  # those taken out too: a version from before may be put back
    errors = [
        {"id": [tk._("The portal gives a new resource its id: leave it out")]} if given and given not in own else {}
        for given in named
    ]
    if any(errors):
        raise tk.ValidationError({"resources": errors})  # type: ignore[dict-item]


def _list(dataset: Mapping[str, Any], name: str) -> list[Any]:
    given = dataset.get(name)
    return given if isinstance(given, list) else []


def _tier_changes(package: model.Package, dataset: Mapping[str, Any]) -> bool:
    # Without its resources the dataset is saved whole all the same: a tier left out is the default one.
    return any((package.extras.get(name) or "") != (dataset.get(name) or "") for name in _TIER_FIELDS)


def _shown(context: Context, package_id: str) -> dict[str, Any]:
    inside: Context = {"user": context.get("user", ""), "ignore_auth": True, "for_update": True}
    return tk.get_action("package_show")(inside, {"id": package_id})


def _run(next_action: Callable[..., Any], context: Context, saving: Saving) -> Any:
    holder: dict[str, Any] = context  # type: ignore[assignment]
    holder[_KEY] = saving
    try:
        result = next_action(context, saving.found.dataset)
    finally:
        holder.pop(_KEY, None)
    if not saving.done and _changes(saving):
        # Nothing changed for CKAN: only the address behind the door did.
        settle(saving, context, saving.found.dataset["id"])
        if not context.get("defer_commit"):
            model.repo.commit()
    if saving.done and not context.get("defer_commit"):
        _afterwards(saving)
    return result


def _changes(saving: Saving) -> bool:
    return bool(saving.found.closed or saving.found.opened or saving.closed_now)


def in_transaction(context: Context, dataset: Mapping[str, Any]) -> None:
    """CKAN has written the dataset's rows and not yet committed: write ours."""
    holder: dict[str, Any] = context  # type: ignore[assignment]
    saving = holder.pop(_KEY, None)
    if saving is not None:
        settle(saving, context, str(dataset["id"]))


def settle(saving: Saving, context: Context, package_id: str) -> None:
    """Write locations, purge, and record; in the caller's transaction."""
    saving.done = True
    locations = vault.with_package(saving.found.locations, package_id)
    if locations or saving.kept:
        vault.store_locations(locations, packages=[package_id])
    user = model.User.get(context.get("user") or "")
    who = {"user_id": user.id if user is not None else "", "dataset_id": package_id, "session": model.Session}
    if saving.tiers[0] != saving.tiers[1]:
        ledger.record("dataset.tier", details={"from": saving.tiers[0], "to": saving.tiers[1]}, **who)
    for resource_id in saving.found.closed:
        event = "location.close" if resource_id in saving.was_open else "location.set"
        ledger.record(event, resource_id=resource_id, **who)
    for resource_id in saving.found.opened:
        ledger.record("location.open", resource_id=resource_id, **who)
    if saving.closed_now or (saving.kept and saving.found.closed):
        secrets = {item.url for item in locations} | set(saving.kept.values())
        purging.purge(package_id, saving.open_now, saving.closed_now | set(saving.found.closed), secrets)


def _afterwards(saving: Saving) -> None:
    """What is outside of the main database, after its commit."""
    purging.drop_aliases(saving.closed_now)
    moved = [resource_id for resource_id in saving.found.closed if resource_id in saving.kept]
    if moved and p.plugin_loaded("xloader"):
        # The door's address is the same, so xloader does not see that there is something else behind it. Asked by a
        # job of our own: what is waiting in its queue is no reason to fail here.
        tk.enqueue_job(load_again, [moved], title="load the tables of moved data again")


def load_again(resource_ids: list[str]) -> None:
    """Ask xloader to load resources again whose data are at another address now; run by a worker."""
    for resource_id in resource_ids:
        context: Any = {"ignore_auth": True, "model": model}
        tk.get_action("xloader_submit")(context, {"resource_id": resource_id})
