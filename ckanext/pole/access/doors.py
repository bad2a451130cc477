"""One question at every door to closed data: may this person pass? And a row on the ledger for each answer."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model

from ckanext.pole.access import concealment, facts, ledger, vault, words
from ckanext.pole.access.decision import Decision


def decide(resource: model.Resource, user: str) -> Decision:
    """The decision on a resource and a person, by name; CKAN's own rules included."""
    try:
        tk.check_access("package_show", {"user": user}, {"id": resource.package_id})
    except (tk.NotAuthorized, tk.ObjectNotFound):
        return Decision(False, "hidden")
    return facts.decision_on(resource, user)


def is_closed(resource: model.Resource) -> bool:
    """Whether not everybody may read a resource today: only then is a passage recorded."""
    package = resource.package
    return package is None or concealment.is_closed(package.extras, resource.extras, vault.today())


def note(
    event: str, resource: model.Resource | None, user: str, *, outcome: str, code: str, channel: str,
    decision: Decision | None = None, details: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """Record a passage, or a refusal, in a transaction of its own.

    Args:
        event: `data.download` or `data.read`.
        resource: which data.
        user: the account's name; empty for nobody.
        outcome: `allow`, `deny` or `failed`.
        code: why.
        channel: by which door.
        decision: what was decided, for the agreement that it rests on.
        details: numbers, no personal data.
    """
    found = model.User.get(user) if user else None
    ledger.record(
        event,
        user_id=found.id if found is not None else "",
        org_id=str(getattr(decision, "org_id", "") or ""),
        dataset_id=(resource.package_id or "") if resource is not None else "",
        resource_id=resource.id if resource is not None else "",
        policy_id=str(getattr(decision, "policy_id", "") or ""),
        agreement_id=str(getattr(decision, "agreement_id", "") or ""),
        request_id=str(getattr(decision, "request_id", "") or ""),
        channel=channel, outcome=outcome, code=code, details=details,
    )  # fmt: skip


def message(decision: Decision) -> str:
    """Why not, in the page's language."""
    return words.message(decision)
