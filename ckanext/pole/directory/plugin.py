"""CKAN's doors of the directory slice."""

from __future__ import annotations

from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckan.common import CKANConfig
from ckanext.xloader.interfaces import IXloader

from ckanext.pole.directory import actions, auth, showing, views
from ckanext.pole.directory import model as _tables  # noqa: F401 - CKAN learns of our tables


@tk.blanket.actions(actions)
@tk.blanket.auth_functions(auth)
@tk.blanket.blueprints([views.pole_directory])
@tk.blanket.helpers({name: getattr(showing, name) for name in showing.__all__})
class PoleDirectoryPlugin(p.SingletonPlugin):
    """Directories are searched, and load their own tables, row by row: xloader would replace them whole."""

    p.implements(IXloader, inherit=True)
    p.implements(p.IConfigurer)

    # IConfigurer

    def update_config(self, config: CKANConfig) -> None:
        """Add our templates and the map's script."""
        tk.add_template_directory(config, "templates")
        tk.add_resource("assets", "pole_directory")

    # IXloader

    def can_upload(self, resource_id: str) -> bool:
        """May xloader load this resource?"""
        resource: dict[str, Any] = tk.get_action("resource_show")({"ignore_auth": True}, {"id": resource_id})
        return not resource.get("table")
