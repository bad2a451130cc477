"""What the portal writes to people about agreements and requests: the words of each letter, in one language. Pure.

The caller gives the language's gettext: letters are written by a worker, where no page has set a language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

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


def write(event: str, facts: Mapping[str, Any], _: Callable[[str], str]) -> Letter:
    """Say what happened, why, and what to do next, in that order.

    Args:
        event: a key of `READERS`.
        facts: texts in the language of the letter: policy, custodian, partner, until, reason, url.
        _: gettext of that language.

    Raises:
        KeyError: nobody writes letters about such an event.
    """
    subject, what, then = _words(_)[event]
    parts = [_("Hello,"), what.format(**facts)]
    if facts.get("reason"):
        parts.append(_("Reason given: {reason}").format(**facts))
    parts += [f"{then.format(**facts)}\n{facts['url']}"]
    return Letter(subject.format(**facts), "\n\n".join(parts))


def _words(_: Callable[[str], str]) -> dict[str, tuple[str, str, str]]:
    """Event → subject, what happened, what next."""
    see = _("See the agreement:")
    follow = _("See the request:")
    return {
        "agreement_proposed": (
            _("Agreement to sign: {policy}"),
            _("{custodian} proposes an agreement to {partner} on “{policy}”, until {until}."),
            _("An administrator of your organisation may read and sign it here:"),
        ),
        "agreement_signed": (
            _("Agreement signed: {policy}"),
            _("{partner} signed the agreement with {custodian} on “{policy}”. It lasts until {until}."),
            see,
        ),
        "agreement_suspended": (
            _("Agreement suspended: {policy}"),
            _("{custodian} suspended the agreement on “{policy}”: {partner} may not read the data for now."),
            see,
        ),
        "agreement_resumed": (
            _("Agreement in force again: {policy}"),
            _("The agreement on “{policy}” is in force again: {partner} may read the data until {until}."),
            see,
        ),
        "agreement_terminated": (
            _("Agreement ended: {policy}"),
            _("The agreement between {custodian} and {partner} on “{policy}” has been ended."),
            see,
        ),
        "agreement_expiring": (
            _("Agreement near its end: {policy}"),
            _("The agreement between {custodian} and {partner} on “{policy}” ends on {until}."),
            _("To go on, the custodian proposes its renewal and the partner signs it:"),
        ),
        "request_submitted": (
            _("Access request to examine: {policy}"),
            _("Somebody asks {custodian} for access to “{policy}”."),
            _("Read the request and answer it:"),
        ),
        "request_returned": (
            _("A question about your request: {policy}"),
            _("{custodian} has a question about your request for “{policy}”."),
            _("Read the question and answer it:"),
        ),
        "request_approved": (
            _("Request approved: {policy}"),
            _("{custodian} approved your request for “{policy}”. You may read the data until {until}."),
            follow,
        ),
        "request_rejected": (
            _("Request refused: {policy}"),
            _("{custodian} refused your request for “{policy}”. You may ask again with other explanations."),
            follow,
        ),
        "request_withdrawn": (
            _("Request withdrawn: {policy}"),
            _("A request for “{policy}” has been withdrawn by the person who made it."),
            follow,
        ),
        "request_revoked": (
            _("Access withdrawn: {policy}"),
            _("{custodian} withdrew the access to “{policy}” that your request had given you."),
            follow,
        ),
    }
