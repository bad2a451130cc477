"""CKAN's doors of the access slice."""

from __future__ import annotations

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckan import model
from ckanext.xloader.interfaces import IXloader

from ckanext.pole.access import actions, auth
from ckanext.pole.access import model as _tables  # noqa: F401 - CKAN learns of our tables


@tk.blanket.actions(actions)
@tk.blanket.auth_functions(auth)
class PoleAccessPlugin(p.SingletonPlugin):
    """Closed tiers are closed."""

    p.implements(IXloader, inherit=True)

    # IXloader

    def can_upload(self, resource_id: str) -> bool:
        """Only open data is loaded: xloader downloads as anybody would."""
        resource = model.Resource.get(resource_id)
        return resource is not None and auth.decision_on(resource, "").allowed
