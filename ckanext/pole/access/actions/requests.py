"""Requests: a person asks, a custodian decides; what was given ends on a day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.logic import validate
from ckan.types import Context, DataDict

from ckanext.pole import settings
from ckanext.pole.access import dictize, ledger, notices, queries, schema, states
from ckanext.pole.access.acting import (
    act,
    actor,
    load,
    lock,
    lock_on_policy,
    next_state,
    organisation,
    reader,
    refusal,
)
from ckanext.pole.access.decision import live
from ckanext.pole.access.model import AccessRequest, Policy, new_id, now
from ckanext.pole.access.standing import OnPolicy

__all__ = [
    "pole_access_request_answer",
    "pole_access_request_approve",
    "pole_access_request_create",
    "pole_access_request_list",
    "pole_access_request_reject",
    "pole_access_request_return",
    "pole_access_request_revoke",
    "pole_access_request_show",
    "pole_access_request_withdraw",
]

_CONTENT = ("purpose", "use_code", "people", "duration_days")


@validate(schema.request_create)
def pole_access_request_create(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Ask a custodian for access.

    Args:
        context: CKAN's.
        data_dict: `policy_id`, or `dataset_id` (id or name) to ask for that dataset's policy; `purpose`, `use_code` (a
            purpose of vocabulary `intended_uses`), and if wanted `people` who will see the data, `duration_days`,
            `org_id` (an organisation of the person) and `for_organization` (the organisation wants an agreement).
    """
    tk.check_access("pole_access_request_create", context, data_dict)
    person = actor(context)
    if not person.user_id:
        raise tk.NotAuthorized(tk._("Log in first"))
    policy_id, dataset_id = _asked_for(context, data_dict)
    org_id = data_dict["org_id"] and organisation(data_dict["org_id"], "org_id").id
    if org_id and org_id not in person.belongs_to:
        raise refusal("org_id", tk._("You do not belong to this organisation"))
    if data_dict["for_organization"] and not org_id:
        raise refusal("org_id", tk._("Say for which organisation"))
    with act(context) as session:
        # One request of a person at a time, so that the limit cannot be run past.
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(f"pole_request:{person.user_id}"))))
        policy = lock(Policy, policy_id)
        _check_may_ask(policy, person.user_id, person.policies.get(policy.id, OnPolicy()))
        request = AccessRequest(
            id=new_id(), policy_id=policy.id, dataset_id=dataset_id, user_id=person.user_id, org_id=org_id or None,
            for_organization=data_dict["for_organization"], state="submitted", history=[],
            **{name: data_dict.get(name) for name in _CONTENT},
        )  # fmt: skip
        session.add(request)
        _note(request, "submitted", person.user_id, "")
        _record("request.create", request, person.user_id, session)
    notices.tell("request_submitted", request.id)
    return _shown(request, context)


@validate(schema.request_return)
def pole_access_request_return(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Send a request back with questions.

    Args:
        context: CKAN's.
        data_dict: `id`, `question`.
    """
    return _decide(context, data_dict, "return", question=data_dict["question"], answer="")


@validate(schema.request_answer)
def pole_access_request_answer(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Answer the custodian's questions; what was asked for may change with it.

    Args:
        context: CKAN's.
        data_dict: `id`, `answer`, and any of `purpose`, `use_code`, `people`, `duration_days`.
    """
    content = {name: data_dict[name] for name in _CONTENT if name in data_dict}
    return _decide(context, data_dict, "answer", answer=data_dict["answer"], **content)


@validate(schema.request_approve)
def pole_access_request_approve(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Say yes, until a day.

    Args:
        context: CKAN's.
        data_dict: `id`, `grant_until` (a day counts to its last second in America/Montreal), `reason` if wanted.
    """
    if data_dict["grant_until"] <= now():
        tk.check_access("pole_access_request_approve", context, data_dict)
        raise refusal("grant_until", tk._("The end is past"))
    return _decide(context, data_dict, "approve", grant_until=data_dict["grant_until"], reason=data_dict["reason"])


@validate(schema.with_reason)
def pole_access_request_reject(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Say no, and why; the person may ask again.

    Args:
        context: CKAN's.
        data_dict: `id`, `reason`.
    """
    return _decide(context, data_dict, "reject", reason=data_dict["reason"])


@validate(schema.one)
def pole_access_request_withdraw(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Take one's request back, or give up what was granted.

    Args:
        context: CKAN's.
        data_dict: `id`.
    """
    return _decide(context, data_dict, "withdraw")


@validate(schema.with_reason)
def pole_access_request_revoke(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Take back what was granted, and say why.

    Args:
        context: CKAN's.
        data_dict: `id`, `reason`.
    """
    return _decide(context, data_dict, "revoke", reason=data_dict["reason"])


@tk.side_effect_free
@validate(schema.one)
def pole_access_request_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """One request and its life.

    Args:
        context: CKAN's.
        data_dict: `id`.
    """
    request = load(AccessRequest, data_dict["id"])
    tk.check_access("pole_access_request_show", context, data_dict)
    return _shown(request, context)


@tk.side_effect_free
@validate(schema.request_list)
def pole_access_request_list(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """The requests that one may see, the newest first.

    Args:
        context: CKAN's.
        data_dict: `policy_id`, `owner_org` (custodian), `user_id` (`me` for one's own), `org_id`, `state`, `limit`,
            `offset`.
    """
    tk.check_access("pole_access_request_list", context, data_dict)
    person = actor(context)
    if data_dict["user_id"] == "me":
        if not person.user_id:
            return []
        data_dict["user_id"] = person.user_id
    for name in ("owner_org", "org_id"):
        data_dict[name] = data_dict[name] and organisation(data_dict[name], name).id
    person = reader(context)
    if not person.user_id and not person.sysadmin:
        return []
    return dictize.requests(queries.requests(person, data_dict), person)


#: Verb → the decider's mark, and the letter that leaves.
_LETTERS = {
    "return": "request_returned",
    "answer": "request_submitted",
    "approve": "request_approved",
    "reject": "request_rejected",
    "withdraw": "request_withdrawn",
    "revoke": "request_revoked",
}
_DECIDES = ("return", "approve", "reject", "revoke")


def _decide(context: Context, data_dict: DataDict, verb: str, **changes: Any) -> dict[str, Any]:
    """Say a verb on a request: check, lock, write, record, tell."""
    tk.check_access(f"pole_access_request_{verb}", context, data_dict)
    person = actor(context)
    with act(context) as session:
        _, request = lock_on_policy(AccessRequest, data_dict["id"])
        request.state = next_state(states.REQUEST, request.state, verb)
        for name, value in changes.items():
            setattr(request, name, value)
        if verb in _DECIDES:
            request.decided_by, request.decided_at = person.user_id, now()
        said = next((data_dict[name] for name in ("question", "answer", "reason") if data_dict.get(name)), "")
        _note(request, request.state, person.user_id, said)
        _record(f"request.{verb}", request, person.user_id, session)
    notices.tell(_LETTERS[verb], request.id)
    return _shown(request, context)


def _asked_for(context: Context, data: DataDict) -> tuple[str, str | None]:
    """Policy and dataset of a request; the dataset has to be one that the person may see."""
    if not data["dataset_id"]:
        if not data["policy_id"]:
            raise refusal("policy_id", tk._("Say for which data"))
        return load(Policy, data["policy_id"]).id, None
    package = model.Package.get(data["dataset_id"])
    if package is None:
        raise refusal("dataset_id", tk._("There is no such dataset"))
    tk.check_access("package_show", {**context}, {"id": package.id})
    policy_id = str(package.extras.get("access_policy") or "")
    if not policy_id:
        raise refusal("dataset_id", tk._("This dataset has no policy to ask under"))
    if data["policy_id"] and data["policy_id"] != policy_id:
        raise refusal("policy_id", tk._("This is not the dataset's policy"))
    return policy_id, package.id


def _check_may_ask(policy: Policy, user_id: str, on_policy: OnPolicy) -> None:
    if policy.state == "retired":
        raise refusal("policy_id", tk._("This policy is retired: nothing can be asked under it any more"))
    moment = now()
    if on_policy.pending:
        raise refusal("state", tk._("You have a request that waits for an answer"))
    if live([grant for grant in on_policy.grants if grant.kind == "request"], moment):
        raise refusal("state", tk._("You have access already"))
    if queries.requests_since(user_id, moment - timedelta(days=1)) >= settings.access_requests_per_day():
        raise refusal("state", tk._("You have asked many times today: ask again tomorrow"))


def _note(request: AccessRequest, state: str, user_id: str, text: str) -> None:
    entry = {"at": dictize.iso(now()), "by": user_id, "state": state, "text": text}
    # A new list: SQLAlchemy does not look into JSON.
    request.history = [*request.history, entry]


def _shown(request: AccessRequest, context: Context) -> dict[str, Any]:
    return dictize.requests([request], actor(context))[0]


def _record(event: str, request: AccessRequest, user_id: str, session: Any) -> None:
    session.flush()
    ledger.record(
        event, session=session, user_id=user_id, org_id=request.org_id or "", dataset_id=request.dataset_id or "",
        policy_id=request.policy_id, request_id=request.id,
    )  # fmt: skip
