"""Agreements: the custodian proposes, an administrator of the partner signs; either side may end it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.logic import validate
from ckan.types import Context, DataDict

from ckanext.pole.access import dictize, ledger, notices, pairs, queries, schema, states
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
from ckanext.pole.access.actions.policies import current_terms
from ckanext.pole.access.model import Agreement, Policy, new_id, now

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
        _record("agreement.create", draft, context)
    return _shown(draft, context)


@validate(schema.agreement_update)
def pole_agreement_update(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Change a draft's dates or file; what is left out stays.

    Args:
        context: CKAN's.
        data_dict: `id`, and any of `valid_from`, `valid_until`, `document_ref`.
    """

    def change(policy: Policy, draft: Agreement) -> Iterator[Agreement]:
        for name in ("valid_from", "valid_until", "document_ref"):
            if name in data_dict:
                setattr(draft, name, data_dict[name])
        pairs.check_dates(draft.valid_from, draft.valid_until)
        yield draft

    return _say("update", context, data_dict, change)


@validate(schema.one)
def pole_agreement_propose(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Put a draft before the partner.

    Args:
        context: CKAN's.
        data_dict: `id`.
    """

    def change(policy: Policy, agreement: Agreement) -> Iterator[Agreement]:
        pairs.check_open(policy)
        pairs.check_dates(agreement.valid_from, agreement.valid_until)
        agreement.proposed_by, agreement.proposed_at = actor(context).user_id, now()
        yield agreement

    return _say("propose", context, data_dict, change)


@validate(schema.agreement_sign)
def pole_agreement_sign(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Sign for the partner: version, digest, language and time of the terms are recorded.

    Args:
        context: CKAN's.
        data_dict: `id`, `lang` the terms were read in, and `terms_sha256` of the text that was read.
    """

    def change(policy: Policy, agreement: Agreement) -> Iterator[Agreement]:
        pairs.check_open(policy)
        pairs.check_dates(agreement.valid_from, agreement.valid_until)
        terms = current_terms(policy)
        if data_dict["terms_sha256"] and data_dict["terms_sha256"] != terms.sha256:
            raise refusal("terms_sha256", tk._("The conditions changed meanwhile: read them again"))
        pairs.make_room(agreement)
        agreement.terms_version, agreement.terms_sha256 = terms.version, terms.sha256
        agreement.signed_by, agreement.signed_at = actor(context).user_id, now()
        agreement.signed_lang = data_dict["lang"]
        yield agreement

    return _say("sign", context, data_dict, change)


@validate(schema.with_reason)
def pole_agreement_suspend(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Put an agreement, and the renewals of it that are signed, on hold.

    Args:
        context: CKAN's.
        data_dict: `id`, `reason`.
    """

    def change(policy: Policy, agreement: Agreement) -> Iterator[Agreement]:
        for row in pairs.with_renewals(agreement, ("active",)):
            row.suspended_reason = data_dict["reason"]
            yield row

    return _say("suspend", context, data_dict, change)


@validate(schema.one)
def pole_agreement_resume(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Let an agreement that is on hold, and its renewals, count again.

    Args:
        context: CKAN's.
        data_dict: `id`.
    """

    def change(policy: Policy, agreement: Agreement) -> Iterator[Agreement]:
        for row in pairs.with_renewals(agreement, ("suspended",)):
            row.suspended_reason = ""
            yield row

    return _say("resume", context, data_dict, change)


@validate(schema.with_reason)
def pole_agreement_terminate(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """End an agreement for good, and the renewals of it.

    Args:
        context: CKAN's.
        data_dict: `id`, `reason`.
    """

    def change(policy: Policy, agreement: Agreement) -> Iterator[Agreement]:
        ended = pairs.with_renewals(agreement, (*states.IN_PREPARATION, *states.SIGNED))
        for row in ended:
            row.terminated_reason = data_dict["reason"]
            yield row
        pairs.set_free(agreement, {row.id for row in ended})

    return _say("terminate", context, data_dict, change)


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
        _record("agreement.renew", draft, context)
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
    person = reader(context)
    return dictize.agreements(queries.agreements(person, data_dict, now()), person)


#: Verb → the letter that leaves.
_LETTERS = {
    "propose": "agreement_proposed",
    "sign": "agreement_signed",
    "suspend": "agreement_suspended",
    "resume": "agreement_resumed",
    "terminate": "agreement_terminated",
}


def _say(
    verb: str, context: Context, data_dict: DataDict, change: Callable[[Policy, Agreement], Iterable[Agreement]]
) -> dict[str, Any]:
    """Say a verb on an agreement: check, lock, change, record, tell.

    Args:
        verb: of `states.AGREEMENT`.
        context: CKAN's.
        data_dict: with the agreement's `id`.
        change: yields each agreement that the verb is said of, itself first or others with it; each is written, in its
            new state, before the next one is asked for.
    """
    tk.check_access(f"pole_agreement_{verb}", context, data_dict)
    with act(context):
        policy, agreement = lock_on_policy(Agreement, data_dict["id"])
        after = next_state(states.AGREEMENT, agreement.state, verb)
        for row in change(policy, agreement):
            row.state = after
            _record(f"agreement.{verb}", row, context)
    if verb in _LETTERS:
        notices.tell(_LETTERS[verb], agreement.id)
    return _shown(agreement, context)


def _draft(context: Context, policy: Policy, org_id: str, data: DataDict, since: datetime) -> Agreement:
    pairs.check_open(policy)
    if org_id == policy.owner_org:
        raise refusal("org_id", tk._("An organisation makes no agreement with itself"))
    pairs.check_dates(since, data["valid_until"])
    return Agreement(
        id=new_id(), policy_id=policy.id, org_id=org_id, state="draft", valid_from=since,
        valid_until=data["valid_until"], terms_version=policy.terms_version,
        terms_sha256=current_terms(policy).sha256, document_ref=data.get("document_ref") or "",
        created_by=actor(context).user_id,
    )  # fmt: skip


def _shown(agreement: Agreement, context: Context) -> dict[str, Any]:
    return dictize.agreements([agreement], reader(context))[0]


def _record(event: str, agreement: Agreement, context: Context) -> None:
    model.Session.flush()
    ledger.record(
        event, session=model.Session, user_id=actor(context).user_id, org_id=agreement.org_id,
        policy_id=agreement.policy_id, agreement_id=agreement.id,
    )  # fmt: skip
