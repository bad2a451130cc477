"""Actions that must not fail where the data door is closed."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import Context, DataDict

__all__ = ["resource_view_list"]


@tk.chained_action
@tk.side_effect_free
def resource_view_list(next_action: Any, context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """The views of a resource; none for someone who may not read it.

    Dataset and resource pages ask for views without expecting a refusal, and would answer 500.
    """
    try:
        return next_action(context, data_dict)
    except tk.NotAuthorized:
        tk.check_access("package_show", {"user": context.get("user", "")}, {"id": _package_of(data_dict)})
        return []


def _package_of(data_dict: DataDict) -> str:
    from ckan import model

    resource = model.Resource.get(data_dict.get("id") or "")
    return (resource.package_id or "") if resource is not None else ""
