"""CKAN's doors of the vault, for the slice's plugin to inherit."""

from __future__ import annotations

from typing import Any

import ckan.plugins as p
from ckan import model
from ckan.types import Context
from ckanext.xloader.interfaces import IXloader

from ckanext.pole import settings
from ckanext.pole.access import (
    gateway,
    history,
    ledger_actions,
    ledger_auth,
    listing_actions,
    listing_auth,
    loading,
    privacy,
    saving,
    sharing,
    storage_check,
    table_actions,
    vault_actions,
    vault_auth,
)


def blueprints() -> list[Any]:
    """Pages of the vault, and CKAN's own that ask too little."""
    return [gateway.blueprint(), *history.of_plugins()]


def public(*modules: Any) -> dict[str, Any]:
    """What modules offer, by name."""
    return {name: getattr(module, name) for module in modules for name in module.__all__}


def actions() -> dict[str, Any]:
    """Actions of the vault, and CKAN's own that are chained."""
    ours = public(ledger_actions, listing_actions, loading, table_actions, vault_actions)
    return {**ours, **listing_actions.of_plugins()}


def auth_functions() -> dict[str, Any]:
    """Rights of the vault, and CKAN's own that are chained."""
    return {**public(ledger_auth, vault_auth, listing_auth), **listing_auth.of_plugins()}


class VaultDoors(p.SingletonPlugin):
    """Addresses go to the vault, tables are loaded through the gateway, nobody in between keeps anything."""

    p.implements(p.IMiddleware, inherit=True)
    p.implements(p.IPackageController, inherit=True)
    p.implements(IXloader, inherit=True)

    p.implements(p.IConfigurable)

    # IConfigurable

    def configure(self, config: Any) -> None:
        """Refuse to start with public storage or pages kept for long; the list of all tables is nobody's."""
        storage_check.check(config)
        sharing.check(settings.kept_seconds())
        config["ckan.datastore.public_table_search"] = []

    # IMiddleware

    def make_middleware(self, app: Any, config: Any) -> Any:
        """What depends on the person is kept by nobody in between."""
        return privacy.install(app)

    # IPackageController

    def after_dataset_create(self, context: Context, pkg_dict: dict[str, Any]) -> None:
        """Keep the addresses of closed resources, in the same transaction."""
        saving.in_transaction(context, pkg_dict)

    def after_dataset_update(self, context: Context, pkg_dict: dict[str, Any]) -> None:
        """Keep the addresses of closed resources, in the same transaction."""
        saving.in_transaction(context, pkg_dict)

    def after_dataset_show(self, context: Context, pkg_dict: dict[str, Any]) -> None:
        """Keep the settings of a harvest source for those who edit it."""
        listing_actions.guard_source(context, pkg_dict)

    def after_dataset_search(self, search_results: dict[str, Any], search_params: dict[str, Any]) -> dict[str, Any]:
        """Show nobody the settings of a harvest source: the hook is not told who searches."""
        for found in search_results["results"]:
            if found.get("type") == "harvest":
                listing_actions.without_settings(found)
        return search_results

    # IXloader

    def can_upload(self, resource_id: str) -> bool:
        """Closed data are loaded too: their tables answer only to those who may read them."""
        return model.Resource.get(resource_id) is not None

    def after_upload(self, context: Context, resource_dict: dict[str, Any], dataset_dict: dict[str, Any]) -> None:
        """A table that was loaded has as many rows as it has now."""
        loading.count_anew(resource_dict["id"])
