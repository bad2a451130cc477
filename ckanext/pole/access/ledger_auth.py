"""Who may read the ledger: each side what concerns it."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
from ckan import authz, model
from ckan.types import AuthResult, Context, DataDict

__all__ = ["pole_access_log_list", "pole_ledger_verify"]


def pole_access_log_list(context: Context, data_dict: DataDict) -> AuthResult:
    """A custodian's admins about its datasets, a partner's admins about itself, each person about herself."""
    account = model.User.get(context.get("user") or "")
    if account is not None:
        if data_dict.get("user_id") == account.id:
            return {"success": True}
        orgs = [data_dict.get(name) for name in ("owner_org", "org_id")]
        if data_dict.get("dataset_id"):
            package = model.Package.get(str(data_dict["dataset_id"]))
            if package is not None and package.id == data_dict["dataset_id"]:
                orgs.append(package.owner_org)
        for org in orgs:
            # The rows are found by id, so a name is not one.
            group = model.Group.get(str(org)) if org else None
            if group is not None and group.id == org and _admin(group.id, account.name):
                return {"success": True}
    return {"success": False, "msg": tk._("The ledger shows each side what concerns it")}


def _admin(org_id: str, name: str) -> bool:
    return bool(authz.has_user_permission_for_group_or_org(org_id, name, "update"))


def pole_ledger_verify(context: Context, data_dict: DataDict) -> AuthResult:
    """The portal's administrators, whom CKAN lets through."""
    return {"success": False, "msg": tk._("Only those who run the portal check the whole ledger")}
