"""CKAN's doors of the access slice."""

from __future__ import annotations

from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckan.common import CKANConfig

from ckanext.pole.access import actions, auth, facts, finding, labels, pages, vault_doors, views
from ckanext.pole.access.model import now
from ckanext.pole.access.questions import without_hidden_fields


@tk.blanket.actions(lambda *_: {**actions.ALL, **vault_doors.actions()})
@tk.blanket.auth_functions(lambda *_: {**vault_doors.public(auth), **vault_doors.auth_functions()})
@tk.blanket.helpers({name: getattr(pages, name) for name in pages.__all__})
@tk.blanket.blueprints(lambda *_: [views.pole_access, *vault_doors.blueprints()])
class PoleAccessPlugin(vault_doors.VaultDoors, p.SingletonPlugin, labels.PolicyLabels):
    """Closed tiers are closed."""

    p.implements(p.IConfigurer)
    p.implements(p.IPermissionLabels)

    # IConfigurer

    def update_config(self, config: CKANConfig) -> None:
        """Add the pages of policies, agreements and requests."""
        tk.add_template_directory(config, "templates")

    # IPackageController, with what `VaultDoors` does when a dataset is saved

    def before_dataset_index(self, pkg_dict: dict[str, Any]) -> dict[str, Any]:
        """Add tiers and keys to the index document."""
        return finding.describe(pkg_dict)

    def before_dataset_search(self, search_params: dict[str, Any]) -> dict[str, Any]:
        """Answer "data that I can open" with the key ring of whoever's request this is."""
        search_params = without_hidden_fields(search_params)
        labels.reads(search_params)
        if not finding.wants_own(search_params):
            return search_params
        return finding.ask(search_params, facts.standing(facts.visitor()), now())
