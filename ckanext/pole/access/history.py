"""The page of a resource's past: CKAN's shows whole dicts of the past to whoever sees the dataset today."""

from __future__ import annotations

from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from flask import Blueprint

history = Blueprint("pole_history", __name__)


@history.route("/dataset/<id>/resources/<resource_id>/history/<activity_id>")
def resource_history(id: str, resource_id: str, activity_id: str) -> Any:
    """As CKAN's, for those who may see the past of the dataset, as its other pages of history ask."""
    from ckanext.activity import views

    try:
        # A dict stored while the data were open holds their address.
        tk.check_access("activity_show", {}, {"id": activity_id, "include_data": True})
    except tk.NotAuthorized:
        return tk.abort(403, tk._("Unauthorized to view activity data"))
    except tk.ObjectNotFound:
        return tk.abort(404, tk._("Activity not found"))
    return views.resource_history(id, resource_id, activity_id)


def of_plugins() -> list[Blueprint]:
    """The page, where the plugin that has it is loaded."""
    return [history] if p.plugin_loaded("activity") else []
