"""Terms: a person accepts a version of them, and may take that back."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.logic import validate
from ckan.types import Context, DataDict

from ckanext.pole.access import dictize, ledger, schema
from ckanext.pole.access.acting import act, actor, lock, refusal
from ckanext.pole.access.actions.policies import current_terms
from ckanext.pole.access.model import Acceptance, Policy

__all__ = ["pole_acceptance_list", "pole_terms_accept", "pole_terms_withdraw"]


@validate(schema.terms_accept)
def pole_terms_accept(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Accept a policy's current terms, for oneself; doing it twice changes nothing.

    Args:
        context: CKAN's.
        data_dict: `policy_id`, `terms_sha256` of the text that was read (an earlier one is refused), `lang`.
    """
    tk.check_access("pole_terms_accept", context, data_dict)
    with act(context) as session:
        policy, user_id, last = _last(context, data_dict["policy_id"])
        terms = current_terms(policy)
        if data_dict["terms_sha256"] != terms.sha256:
            raise refusal("terms_sha256", tk._("The conditions changed meanwhile: read them again"))
        if last is not None and not last.withdrawn and last.terms_version == terms.version:
            return dictize.acceptances([last])[0]
        accepted = Acceptance(
            user_id=user_id, policy_id=policy.id, terms_version=terms.version, sha256=terms.sha256,
            lang=data_dict["lang"], withdrawn=False,
        )  # fmt: skip
        session.add(accepted)
        _record("terms.accept", accepted, session)
    return dictize.acceptances([accepted])[0]


@validate(schema.policy_named)
def pole_terms_withdraw(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Take one's acceptance back: from the next request on, closed data stays closed.

    Args:
        context: CKAN's.
        data_dict: `policy_id`.
    """
    tk.check_access("pole_terms_withdraw", context, data_dict)
    with act(context) as session:
        policy, user_id, last = _last(context, data_dict["policy_id"])
        if last is None or last.withdrawn:
            raise refusal("policy_id", tk._("You have not accepted these conditions"))
        withdrawn = Acceptance(
            user_id=user_id, policy_id=policy.id, terms_version=last.terms_version, sha256=last.sha256,
            lang=last.lang, withdrawn=True,
        )  # fmt: skip
        session.add(withdrawn)
        _record("terms.withdraw", withdrawn, session)
    return dictize.acceptances([withdrawn])[0]


@tk.side_effect_free
def pole_acceptance_list(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """What a person accepted and took back, the newest first.

    Args:
        context: CKAN's.
        data_dict: `user_id`, for a sysadmin; one's own by default.
    """
    tk.check_access("pole_acceptance_list", context, data_dict)
    user_id = str(data_dict.get("user_id") or actor(context).user_id)
    if not user_id:
        return []
    rows = (
        model.Session.execute(sa.select(Acceptance).where(Acceptance.user_id == user_id).order_by(Acceptance.id.desc()))
        .scalars()
        .all()
    )
    return dictize.acceptances(rows)


def _last(context: Context, policy_id: str) -> tuple[Policy, str, Acceptance | None]:
    """The policy, locked, who acts, and what this person last said of its terms."""
    user_id = actor(context).user_id
    if not user_id:
        raise tk.NotAuthorized(tk._("Log in first"))
    policy = lock(Policy, policy_id)
    last = model.Session.execute(
        sa.select(Acceptance)
        .where(Acceptance.user_id == user_id, Acceptance.policy_id == policy.id)
        .order_by(Acceptance.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    return policy, user_id, last


def _record(event: str, row: Acceptance, session: Any) -> None:
    session.flush()
    ledger.record(
        event, session=session, user_id=row.user_id, policy_id=row.policy_id,
        details={"terms_version": row.terms_version, "lang": row.lang},
    )  # fmt: skip
