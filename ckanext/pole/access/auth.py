"""Who may do what: the data door, and one function for each verb of the slice (ACCESS.md 0).

CKAN itself lets sysadmins through, but for the signature: nobody signs for the other side.
"""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import AuthResult, Context, DataDict

from ckanext.pole.access import facts, words
from ckanext.pole.access.acting import actor, load
from ckanext.pole.access.model import AccessRequest, Agreement, Policy

__all__ = [
    "pole_acceptance_list",
    "pole_access_explain",
    "pole_access_request_answer",
    "pole_access_request_approve",
    "pole_access_request_create",
    "pole_access_request_list",
    "pole_access_request_reject",
    "pole_access_request_return",
    "pole_access_request_revoke",
    "pole_access_request_show",
    "pole_access_request_withdraw",
    "pole_agreement_create",
    "pole_agreement_list",
    "pole_agreement_propose",
    "pole_agreement_renew",
    "pole_agreement_resume",
    "pole_agreement_show",
    "pole_agreement_sign",
    "pole_agreement_suspend",
    "pole_agreement_terminate",
    "pole_agreement_update",
    "pole_person_resume",
    "pole_person_suspend",
    "pole_person_suspended_list",
    "pole_policy_create",
    "pole_policy_list",
    "pole_policy_retire",
    "pole_policy_show",
    "pole_policy_update",
    "pole_terms_accept",
    "pole_terms_withdraw",
    "resource_show",
]

YES: AuthResult = {"success": True}


@tk.chained_auth_function
@tk.auth_allow_anonymous_access
def resource_show(next_auth: Any, context: Context, data_dict: DataDict | None = None) -> AuthResult:
    """CKAN's own answer first; then the tier's. All that reads a resource's data asks here (ACCESS.md C, lock 1)."""
    result = next_auth(context, data_dict)
    if not result["success"]:
        return result
    resource = model.Resource.get((data_dict or {}).get("id") or "")
    if resource is None:
        return result
    decision = facts.decision_on(resource, facts.asker(context))
    return YES if decision.allowed else {"success": False, "msg": words.message(decision)}


def _custodian(context: Context, owner_org: str) -> AuthResult:
    found = model.Group.get(owner_org) if owner_org else None
    if found is not None and found.id in actor(context).admin_of:
        return YES
    return {"success": False, "msg": tk._("Only an administrator of the organisation that answers for the data may")}


def pole_policy_create(context: Context, data_dict: DataDict) -> AuthResult:
    """An administrator of the custodian."""
    return _custodian(context, str(data_dict.get("owner_org") or ""))


def pole_policy_update(context: Context, data_dict: DataDict) -> AuthResult:
    """An administrator of the custodian."""
    return _custodian(context, load(Policy, data_dict.get("id")).owner_org)


pole_policy_retire = pole_policy_update


@tk.auth_allow_anonymous_access
def pole_policy_show(context: Context, data_dict: DataDict) -> AuthResult:
    """Everyone: the conditions of sharing are public."""
    return YES


pole_policy_list = pole_agreement_list = pole_policy_show


def pole_agreement_create(context: Context, data_dict: DataDict) -> AuthResult:
    """An administrator of the custodian."""
    return _custodian(context, load(Policy, data_dict.get("policy_id")).owner_org)


def pole_agreement_update(context: Context, data_dict: DataDict) -> AuthResult:
    """An administrator of the custodian."""
    agreement = load(Agreement, data_dict.get("id"))
    return _custodian(context, load(Policy, agreement.policy_id).owner_org)


pole_agreement_propose = pole_agreement_suspend = pole_agreement_resume = pole_agreement_renew = pole_agreement_update


@tk.auth_sysadmins_check
def pole_agreement_sign(context: Context, data_dict: DataDict) -> AuthResult:
    """An administrator of the partner, and nobody else: neither the custodian nor a sysadmin signs for it."""
    if load(Agreement, data_dict.get("id")).org_id in actor(context).admin_of:
        return YES
    return {"success": False, "msg": tk._("Only an administrator of the partner organisation may sign")}


def pole_agreement_terminate(context: Context, data_dict: DataDict) -> AuthResult:
    """An administrator of either side; a draft is the custodian's alone."""
    agreement = load(Agreement, data_dict.get("id"))
    if agreement.state != "draft" and agreement.org_id in actor(context).admin_of:
        return YES
    return _custodian(context, load(Policy, agreement.policy_id).owner_org)


@tk.auth_allow_anonymous_access
def pole_agreement_show(context: Context, data_dict: DataDict) -> AuthResult:
    """Signed ones are on the public register; before that, the custodian, and once proposed the partner."""
    agreement = load(Agreement, data_dict.get("id"))
    mine = actor(context).member_of
    if agreement.signed_at or (agreement.org_id in mine and agreement.state != "draft"):
        return YES
    if load(Policy, agreement.policy_id).owner_org in mine:
        return YES
    return {"success": False, "msg": tk._("This agreement is not signed yet")}


def pole_access_request_create(context: Context, data_dict: DataDict) -> AuthResult:
    """Any account."""
    return YES


pole_access_request_list = pole_terms_accept = pole_terms_withdraw = pole_access_request_create


def pole_acceptance_list(context: Context, data_dict: DataDict) -> AuthResult:
    """One's own."""
    person = actor(context)
    asked = data_dict.get("user_id") or person.user_id
    return YES if asked == person.user_id else {"success": False, "msg": tk._("This is for the person alone")}


def pole_access_request_approve(context: Context, data_dict: DataDict) -> AuthResult:
    """An administrator of the custodian."""
    request = load(AccessRequest, data_dict.get("id"))
    return _custodian(context, load(Policy, request.policy_id).owner_org)


pole_access_request_return = pole_access_request_reject = pole_access_request_revoke = pole_access_request_approve


def pole_access_request_answer(context: Context, data_dict: DataDict) -> AuthResult:
    """The person who asked."""
    if load(AccessRequest, data_dict.get("id")).user_id == actor(context).user_id:
        return YES
    return {"success": False, "msg": tk._("This is for the person who asked")}


pole_access_request_withdraw = pole_access_request_answer


def pole_access_request_show(context: Context, data_dict: DataDict) -> AuthResult:
    """The person who asked, who decides, and who speaks for the organisation that it was asked for."""
    request = load(AccessRequest, data_dict.get("id"))
    person = actor(context)
    if request.user_id == person.user_id or (request.for_organization and request.org_id in person.admin_of):
        return YES
    return _custodian(context, load(Policy, request.policy_id).owner_org)


def pole_person_suspend(context: Context, data_dict: DataDict) -> AuthResult:
    """An administrator of the custodian; for the whole portal, a sysadmin."""
    return _custodian(context, str(data_dict.get("owner_org") or ""))


pole_person_resume = pole_person_suspend


def pole_person_suspended_list(context: Context, data_dict: DataDict) -> AuthResult:
    """One's own; those of a custodian, its administrators."""
    if data_dict.get("user_id") == "me" and actor(context).user_id:
        return YES
    return pole_person_suspend(context, data_dict)


@tk.auth_allow_anonymous_access
def pole_access_explain(context: Context, data_dict: DataDict) -> AuthResult:
    """Whoever may see the dataset's page."""
    resource = model.Resource.get(str(data_dict.get("id") or ""))
    package_id = resource.package_id if resource is not None else data_dict.get("id")
    allowed = tk.check_access("package_show", context, {"id": package_id})
    return {"success": bool(allowed)}
