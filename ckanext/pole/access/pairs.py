"""Between a policy and a partner: which agreement makes way for which, and what a renewal hangs on."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import ckan.plugins.toolkit as tk
from ckan import model

from ckanext.pole.access import queries
from ckanext.pole.access.acting import refusal
from ckanext.pole.access.model import Agreement, Policy, now


def check_dates(since: datetime, until: datetime) -> None:
    """An agreement ends after it begins, and not in the past.

    Raises:
        ValidationError: it does not.
    """
    if until <= since:
        raise refusal("valid_until", tk._("The end comes before the beginning"))
    if until <= now():
        raise refusal("valid_until", tk._("The end is past"))


def check_open(policy: Policy) -> None:
    """Nothing new is agreed under a policy that is retired.

    Raises:
        ValidationError: this one is.
    """
    if policy.state == "retired":
        raise refusal("policy_id", tk._("This policy is retired: make a new one"))


def make_room(agreement: Agreement) -> None:
    """The one that is renewed, and those that have ended, make way; another one that counts does not.

    Raises:
        ValidationError: there is such another one.
    """
    moment = now()
    for row in queries.signed_of_pair(agreement.policy_id, agreement.org_id):
        if row.id == agreement.id:
            continue
        if row.state == "suspended" and row.valid_until > moment:
            raise refusal("state", tk._("The present agreement is suspended: it has to be resumed or ended first"))
        if row.id != agreement.renews and row.valid_until > moment:
            raise refusal("state", tk._("This organisation has an agreement already: renew it"))
        row.superseded_by = agreement.id
    model.Session.flush()


def set_free(agreement: Agreement, gone: Collection[str]) -> None:
    """What renewals that are gone had followed stands alone again, until its own end."""
    for row in queries.of_pair(agreement.policy_id, agreement.org_id):
        if row.superseded_by in gone and row.id not in gone:
            row.superseded_by = None


def with_renewals(agreement: Agreement, wanted: Collection[str]) -> list[Agreement]:
    """The agreement and those that follow it, of some states; the first one whatever its state."""
    line, found = {agreement.id}, [agreement]
    for row in sorted(queries.of_pair(agreement.policy_id, agreement.org_id), key=lambda row: row.created):
        if row.renews in line and row.id not in line:
            line.add(row.id)
            if row.state in wanted:
                found.append(row)
    return found
