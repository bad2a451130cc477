"""What the portal writes to people about agreements and requests: the words of each letter, in one language.

The caller sets the language (`flask_babel.force_locale`), so that a letter can be said twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ckan.plugins.toolkit as tk

#: Event → who is told: the admins of the partner or of the custodian, or the person who asked.
READERS = {
    "agreement_proposed": ("partner",),
    "agreement_signed": ("custodian", "partner"),
    "agreement_suspended": ("partner",),
    "agreement_resumed": ("partner",),
    "agreement_terminated": ("partner", "custodian"),
    "agreement_expiring": ("partner", "custodian"),
    "request_submitted": ("custodian",),
    "request_returned": ("person",),
    "request_approved": ("person",),
    "request_rejected": ("person",),
    "request_withdrawn": ("custodian",),
    "request_revoked": ("person",),
}


@dataclass(frozen=True)
class Letter:
    """A letter in one language."""

    subject: str
    body: str


def write(event: str, facts: Mapping[str, Any]) -> Letter:
    """Say what happened, why, and what to do next, in that order.

    Args:
        event: a key of `READERS`.
        facts: texts in the language of the letter: policy, custodian, partner, until, reason, url.

    Raises:
        KeyError: nobody writes letters about such an event.
    """
    subject, what, then = _words()[event]
    parts = [tk._("Hello,"), what.format(**facts)]
    if facts.get("reason"):
        parts.append(tk._("Reason given: {reason}").format(**facts))
    parts += [f"{then.format(**facts)}\n{facts['url']}"]
    return Letter(subject.format(**facts), "\n\n".join(parts))


def _words() -> dict[str, tuple[str, str, str]]:
    """Event → subject, what happened, what next."""
    see = tk._("See the agreement:")
    follow = tk._("See the request:")
    return {
        "agreement_proposed": (
            tk._("Agreement to sign: {policy}"),
            tk._("{custodian} proposes an agreement to {partner} on “{policy}”, until {until}."),
            tk._("An administrator of your organisation may read and sign it here:"),
        ),
        "agreement_signed": (
            tk._("Agreement signed: {policy}"),
            tk._("{partner} signed the agreement with {custodian} on “{policy}”. It lasts until {until}."),
            see,
        ),
        "agreement_suspended": (
            tk._("Agreement suspended: {policy}"),
            tk._("{custodian} suspended the agreement on “{policy}”: {partner} may not read the data for now."),
            see,
        ),
        "agreement_resumed": (
            tk._("Agreement in force again: {policy}"),
            tk._("The agreement on “{policy}” is in force again: {partner} may read the data until {until}."),
            see,
        ),
        "agreement_terminated": (
            tk._("Agreement ended: {policy}"),
            tk._("The agreement between {custodian} and {partner} on “{policy}” has been ended."),
            see,
        ),
        "agreement_expiring": (
            tk._("Agreement near its end: {policy}"),
            tk._("The agreement between {custodian} and {partner} on “{policy}” ends on {until}."),
            tk._("To go on, the custodian proposes its renewal and the partner signs it:"),
        ),
        "request_submitted": (
            tk._("Access request to examine: {policy}"),
            tk._("Somebody asks {custodian} for access to “{policy}”."),
            tk._("Read the request and answer it:"),
        ),
        "request_returned": (
            tk._("A question about your request: {policy}"),
            tk._("{custodian} has a question about your request for “{policy}”."),
            tk._("Read the question and answer it:"),
        ),
        "request_approved": (
            tk._("Request approved: {policy}"),
            tk._("{custodian} approved your request for “{policy}”. You may read the data until {until}."),
            follow,
        ),
        "request_rejected": (
            tk._("Request refused: {policy}"),
            tk._("{custodian} refused your request for “{policy}”. You may ask again with other explanations."),
            follow,
        ),
        "request_withdrawn": (
            tk._("Request withdrawn: {policy}"),
            tk._("A request for “{policy}” has been withdrawn by the person who made it."),
            follow,
        ),
        "request_revoked": (
            tk._("Access withdrawn: {policy}"),
            tk._("{custodian} withdrew the access to “{policy}” that your request had given you."),
            follow,
        ),
    }
