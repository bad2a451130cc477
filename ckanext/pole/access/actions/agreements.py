"""Agreements: the custodian proposes, an administrator of the partner signs; either side may end it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

import ckan.plugins.toolkit as tk
from ckan.logic import validate
from ckan.types import Context, DataDict

from ckanext.pole.access import dictize, ledger, notices, queries, schema, states
from ckanext.pole.access.acting import act, actor, load, lock, lock_on_policy, next_state, organisation, refusal
from ckanext.pole.access.actions.policies import current_terms
from ckanext.pole.access.model import Agreement, Policy, new_id, now
from ckanext.pole.access.standing import Standing

__all__ = [
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
]


@validate(schema.agreement_create)
def pole_agreement_create(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Prepare an agreement between a policy's custodian and a partner.

    Args:
        context: CKAN's.
        data_dict: `policy_id`, `org_id` (the partner's id or name), `valid_until`, and if wanted `valid_from` (now by
            default) and `document_ref`. A day counts to its last second in America/Montreal.

    Returns:
        The draft.
    """
    tk.check_access("pole_agreement_create", context, data_dict)
    partner = organisation(data_dict["org_id"], "org_id").id
    with act(context) as session:
        policy = lock(Policy, data_dict["policy_id"])
        moment = now()
        if any(row.valid_until > moment for row in queries.signed_of_pair(policy.id, partner)):
            raise refusal("org_id", tk._("This organisation has an agreement already: renew it"))
        draft = _draft(context, policy, partner, data_dict, data_dict.get("valid_from") or moment)
        session.add(draft)
        _record("agreement.create", draft, context, session)
    return _shown(draft, context)


@validate(schema.agreement_update)
def pole_agreement_update(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Change a draft's dates or file; what is left out stays.

    Args:
        context: CKAN's.
        data_dict: `id`, and any of `valid_from`, `valid_until`, `document_ref`.
    """
    tk.check_access("pole_agreement_update", context, data_dict)
    with act(context) as session:
        _, draft = lock_on_policy(Agreement, data_dict["id"])
        draft.state = next_state(states.AGREEMENT, draft.state, "update")
        for name in ("valid_from", "valid_until", "document_ref"):
            if name in data_dict:
                setattr(draft, name, data_dict[name])
        _check_dates(draft.valid_from, draft.valid_until)
        _record("agreement.update", draft, context, session)
    return _shown(draft, context)


@validate(schema.one)
def pole_agreement_propose(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Put a draft before the partner.

    Args:
        context: CKAN's.
        data_dict: `id`.
    """
    tk.check_access("pole_agreement_propose", context, data_dict)
    with act(context) as session:
        policy, agreement = lock_on_policy(Agreement, data_dict["id"])
        agreement.state = next_state(states.AGREEMENT, agreement.state, "propose")
        _check_open(policy)
        _check_dates(agreement.valid_from, agreement.valid_until)
        agreement.proposed_by, agreement.proposed_at = actor(context).user_id, now()
        _record("agreement.propose", agreement, context, session)
    notices.tell("agreement_proposed", agreement.id)
    return _shown(agreement, context)


@validate(schema.agreement_sign)
def pole_agreement_sign(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Sign for the partner: version, digest, language and time of the terms are recorded.

    Args:
        context: CKAN's.
        data_dict: `id`, `lang` the terms were read in, and `terms_sha256` of the text that was read.
    """
    tk.check_access("pole_agreement_sign", context, data_dict)
    with act(context) as session:
        policy, agreement = lock_on_policy(Agreement, data_dict["id"])
        signed = next_state(states.AGREEMENT, agreement.state, "sign")
        _check_open(policy)
        _check_dates(agreement.valid_from, agreement.valid_until)
        terms = current_terms(policy)
        if data_dict["terms_sha256"] and data_dict["terms_sha256"] != terms.sha256:
            raise refusal("terms_sha256", tk._("The conditions changed meanwhile: read them again"))
        _make_room(agreement, session)
        agreement.state = signed
        agreement.terms_version, agreement.terms_sha256 = terms.version, terms.sha256
        agreement.signed_by, agreement.signed_at = actor(context).user_id, now()
        agreement.signed_lang = data_dict["lang"]
        _record("agreement.sign", agreement, context, session)
    notices.tell("agreement_signed", agreement.id)
    return _shown(agreement, context)


@validate(schema.with_reason)
def pole_agreement_suspend(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Put an agreement, and the renewals of it that are signed, on hold.

    Args:
        context: CKAN's.
        data_dict: `id`, `reason`.
    """
    tk.check_access("pole_agreement_suspend", context, data_dict)
    with act(context) as session:
        _, agreement = lock_on_policy(Agreement, data_dict["id"])
        next_state(states.AGREEMENT, agreement.state, "suspend")
        for row in _with_renewals(agreement, ("active",)):
            row.state, row.suspended_reason = "suspended", data_dict["reason"]
            _record("agreement.suspend", row, context, session)
    notices.tell("agreement_suspended", agreement.id)
    return _shown(agreement, context)


@validate(schema.one)
def pole_agreement_resume(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Let an agreement that is on hold, and its renewals, count again.

    Args:
        context: CKAN's.
        data_dict: `id`.
    """
    tk.check_access("pole_agreement_resume", context, data_dict)
    with act(context) as session:
        _, agreement = lock_on_policy(Agreement, data_dict["id"])
        next_state(states.AGREEMENT, agreement.state, "resume")
        for row in _with_renewals(agreement, ("suspended",)):
            row.state, row.suspended_reason = "active", ""
            _record("agreement.resume", row, context, session)
    notices.tell("agreement_resumed", agreement.id)
    return _shown(agreement, context)


@validate(schema.with_reason)
def pole_agreement_terminate(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """End an agreement for good, and the renewals of it.

    Args:
        context: CKAN's.
        data_dict: `id`, `reason`.
    """
    tk.check_access("pole_agreement_terminate", context, data_dict)
    with act(context) as session:
        _, agreement = lock_on_policy(Agreement, data_dict["id"])
        next_state(states.AGREEMENT, agreement.state, "terminate")
        ended = _with_renewals(agreement, (*states.IN_PREPARATION, *states.SIGNED))
        for row in ended:
            row.state, row.terminated_reason = "terminated", data_dict["reason"]
            _record("agreement.terminate", row, context, session)
        session.flush()
        # What a renewal had followed stands alone again, until its own end.
        gone = {row.id for row in ended}
        for row in queries.of_pair(agreement.policy_id, agreement.org_id):
            if row.superseded_by in gone and row.id not in gone:
                row.superseded_by = None
    notices.tell("agreement_terminated", agreement.id)
    return _shown(agreement, context)


@validate(schema.agreement_renew)
def pole_agreement_renew(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Prepare the agreement that follows one; it is proposed and signed like any other.

    Args:
        context: CKAN's.
        data_dict: `id` of the one to renew, `valid_until`, and if wanted `valid_from` (the end of the old one by
            default) and `document_ref`.

    Returns:
        The new draft.
    """
    tk.check_access("pole_agreement_renew", context, data_dict)
    with act(context) as session:
        policy, old = lock_on_policy(Agreement, data_dict["id"])
        if old.state != "active" or old.superseded_by:
            raise refusal("state", tk._("Only an agreement in force, or one that has ended, can be renewed"))
        since = data_dict.get("valid_from") or max(old.valid_until, now())
        draft = _draft(context, policy, old.org_id, data_dict, since)
        draft.renews = old.id
        session.add(draft)
        _record("agreement.renew", draft, context, session)
    return _shown(draft, context)


@tk.side_effect_free
@validate(schema.one)
def pole_agreement_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """One agreement.

    Args:
        context: CKAN's.
        data_dict: `id`.
    """
    agreement = load(Agreement, data_dict["id"])
    tk.check_access("pole_agreement_show", context, data_dict)
    return _shown(agreement, context)


@tk.side_effect_free
@validate(schema.agreement_list)
def pole_agreement_list(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """The agreements that one may see, those that end first coming first.

    Args:
        context: CKAN's.
        data_dict: `policy_id`, `org_id` (partner), `owner_org` (custodian), `status`, `expiring_days`, `limit`,
            `offset`.
    """
    tk.check_access("pole_agreement_list", context, data_dict)
    for name in ("org_id", "owner_org"):
        data_dict[name] = data_dict[name] and organisation(data_dict[name], name).id
    person = actor(context)
    if context.get("ignore_auth"):
        person = _everybody(person)
    return dictize.agreements(queries.agreements(person, data_dict, now()), person)


def _draft(context: Context, policy: Policy, org_id: str, data: DataDict, since: datetime) -> Agreement:
    _check_open(policy)
    if org_id == policy.owner_org:
        raise refusal("org_id", tk._("An organisation makes no agreement with itself"))
    _check_dates(since, data["valid_until"])
    return Agreement(
        id=new_id(), policy_id=policy.id, org_id=org_id, state="draft", valid_from=since,
        valid_until=data["valid_until"], terms_version=policy.terms_version,
        terms_sha256=current_terms(policy).sha256, document_ref=data.get("document_ref") or "",
        created_by=actor(context).user_id,
    )  # fmt: skip


def _check_dates(since: datetime, until: datetime) -> None:
    if until <= since:
        raise refusal("valid_until", tk._("The end comes before the beginning"))
    if until <= now():
        raise refusal("valid_until", tk._("The end is past"))


def _check_open(policy: Policy) -> None:
    if policy.state == "retired":
        raise refusal("policy_id", tk._("This policy is retired: make a new one"))


def _make_room(agreement: Agreement, session: Any) -> None:
    """The one that is renewed, and those that have ended, make way; another one that counts does not."""
    moment = now()
    for row in queries.signed_of_pair(agreement.policy_id, agreement.org_id):
        if row.id == agreement.id:
            continue
        if row.state == "suspended" and row.valid_until > moment:
            raise refusal("state", tk._("The present agreement is suspended: it has to be resumed or ended first"))
        if row.id != agreement.renews and row.valid_until > moment:
            raise refusal("state", tk._("This organisation has an agreement already: renew it"))
        row.superseded_by = agreement.id
    session.flush()


def _with_renewals(agreement: Agreement, wanted: Iterable[str]) -> list[Agreement]:
    """The agreement and those that follow it, of some states; the first one whatever its state."""
    rows = {row.id: row for row in queries.of_pair(agreement.policy_id, agreement.org_id)}
    line, found = {agreement.id}, [agreement]
    for row in sorted(rows.values(), key=lambda row: row.created):
        if row.renews in line and row.id not in line:
            line.add(row.id)
            if row.state in wanted:
                found.append(row)
    return found


def _everybody(person: Standing) -> Standing:
    """Someone from whom nothing is kept: what `ignore_auth` asks for."""
    return replace(person, sysadmin=True)


def _shown(agreement: Agreement, context: Context) -> dict[str, Any]:
    person = actor(context)
    return dictize.agreements([agreement], _everybody(person) if context.get("ignore_auth") else person)[0]


def _record(event: str, agreement: Agreement, context: Context, session: Any) -> None:
    session.flush()
    ledger.record(
        event, session=session, user_id=actor(context).user_id, org_id=agreement.org_id,
        policy_id=agreement.policy_id, agreement_id=agreement.id,
    )  # fmt: skip
