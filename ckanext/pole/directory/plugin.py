"""CKAN's doors of the directory slice."""

from __future__ import annotations

from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckanext.xloader.interfaces import IXloader


class PoleDirectoryPlugin(p.SingletonPlugin):
    """Directories load their own tables, row by row: xloader would replace them whole."""

    p.implements(IXloader, inherit=True)

    # IXloader

    def can_upload(self, resource_id: str) -> bool:
        """May xloader load this resource?"""
        resource: dict[str, Any] = tk.get_action("resource_show")({"ignore_auth": True}, {"id": resource_id})
        return not resource.get("table")
