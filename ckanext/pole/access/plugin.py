"""CKAN's doors of the access slice."""

from __future__ import annotations

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckan import model
from ckan.common import CKANConfig
from ckanext.xloader.interfaces import IXloader

from ckanext.pole.access import actions, auth, pages, views
from ckanext.pole.access import model as _tables  # noqa: F401 - CKAN learns of our tables


@tk.blanket.actions(actions)
@tk.blanket.auth_functions(auth)
@tk.blanket.helpers({name: getattr(pages, name) for name in pages.__all__})
@tk.blanket.blueprints([views.pole_access])
class PoleAccessPlugin(p.SingletonPlugin):
    """Closed tiers are closed."""

    p.implements(p.IConfigurer)
    p.implements(IXloader, inherit=True)

    # IConfigurer

    def update_config(self, config: CKANConfig) -> None:
        """Add the pages of policies, agreements and requests."""
        tk.add_template_directory(config, "templates")

    # IXloader

    def can_upload(self, resource_id: str) -> bool:
        """Only open data is loaded: xloader downloads as anybody would."""
        resource = model.Resource.get(resource_id)
        return resource is not None and auth.decision_on(resource, "").allowed
