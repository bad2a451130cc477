"""CKAN's doors of the access slice."""

from __future__ import annotations

from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckan.common import CKANConfig
from ckanext.xloader.interfaces import IXloader

from ckanext.pole.access import actions, auth, facts, finding, pages, views
from ckanext.pole.access.labels import PolicyLabels
from ckanext.pole.access.model import now


@tk.blanket.actions(actions.ALL)
@tk.blanket.auth_functions(auth)
@tk.blanket.helpers({name: getattr(pages, name) for name in pages.__all__})
@tk.blanket.blueprints([views.pole_access])
class PoleAccessPlugin(p.SingletonPlugin, PolicyLabels):
    """Closed tiers are closed."""

    p.implements(p.IConfigurer)
    p.implements(p.IPackageController, inherit=True)
    p.implements(p.IPermissionLabels)
    p.implements(IXloader, inherit=True)

    # IConfigurer

    def update_config(self, config: CKANConfig) -> None:
        """Add the pages of policies, agreements and requests."""
        tk.add_template_directory(config, "templates")

    # IPackageController

    def before_dataset_index(self, pkg_dict: dict[str, Any]) -> dict[str, Any]:
        """Add tiers and keys to the index document."""
        return finding.describe(pkg_dict)

    def before_dataset_search(self, search_params: dict[str, Any]) -> dict[str, Any]:
        """Answer "data that I can open" with the key ring of whoever's request this is."""
        if not finding.wants_own(search_params):
            return search_params
        return finding.ask(search_params, facts.standing(facts.visitor()), now())

    # IXloader

    def can_upload(self, resource_id: str) -> bool:
        """Only open data is loaded: xloader downloads as anybody would."""
        return facts.decision_on(resource_id, "").allowed
