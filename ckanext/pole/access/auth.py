"""The data door: everything that reads a resource's data asks `resource_show` first (ACCESS.md C, lock 1)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import ckan.plugins.toolkit as tk
from ckan import authz, model
from ckan.types import AuthResult, Context, DataDict

from ckanext.pole.access.decision import Decision, Facts, decide, effective_tier

__all__ = ["resource_show"]

#: Embargoes end at midnight where the portal's people live.
ZONE = ZoneInfo("America/Montreal")


@tk.chained_auth_function
@tk.auth_allow_anonymous_access
def resource_show(next_auth: Any, context: Context, data_dict: DataDict | None = None) -> AuthResult:
    """CKAN's own answer first; then the tier's."""
    result = next_auth(context, data_dict)
    if not result["success"]:
        return result
    resource = model.Resource.get((data_dict or {}).get("id") or "")
    if resource is None:
        return result
    decision = decision_on(resource, context.get("user") or "")
    return {"success": True} if decision.allowed else {"success": False, "msg": message(decision)}


def decision_on(resource: model.Resource, user_name: str) -> Decision:
    """Gather the facts on a resource and a person, and decide."""
    package = resource.package
    extras = package.extras if package is not None else {}
    user = model.User.get(user_name) if user_name else None
    custodian = bool(
        user is not None
        and package is not None
        and package.owner_org
        and authz.has_user_permission_for_group_or_org(package.owner_org, user.name, "read")
    )
    available = str(extras.get("available_from") or "")
    return decide(
        Facts(
            tier=effective_tier(extras.get("access_tier"), resource.extras.get("access_tier")),
            logged_in=user is not None,
            custodian=custodian,
            embargoed=bool(available) and datetime.now(ZONE).date().isoformat() < available,
        )
    )


def message(decision: Decision) -> str:
    """Why not, in the page's language."""
    return {
        "embargoed": tk._("These data are under embargo for now"),
        "login_required": tk._("These data are not open: log in to see whether you may read them"),
        "agreement_required": tk._("These data are reserved for organisations that have an agreement"),
    }[decision.code]
