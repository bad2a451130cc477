"""API verbs of the exchange."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan.types import Context

from ckanext.pole.exchange import federal

__all__ = ["pole_dataset_federal"]


@tk.side_effect_free
def pole_dataset_federal(context: Context, data_dict: dict[str, Any]) -> dict[str, Any]:
    """A dataset in the federal portal's fields (`title_translated`, `P1Y`, `time_period_coverage_start`…).

    Args:
        context: CKAN's.
        data_dict: `id`, the dataset's id or name.

    Returns:
        See `ckanext.pole.exchange.federal`.

    Raises:
        ObjectNotFound, NotAuthorized: as `package_show`, which decides who may see it.
    """
    tk.check_access("pole_dataset_federal", context, data_dict)
    dataset = tk.get_action("package_show")(context, {"id": str(tk.get_or_bust(data_dict, "id"))})
    owner = dataset.get("owner_org")
    details = {"id": owner, "include_users": False, "include_groups": False, "include_followers": False}
    organization = tk.get_action("organization_show")({"ignore_auth": True}, details) if owner else {}
    return federal.record(dataset, organization)
