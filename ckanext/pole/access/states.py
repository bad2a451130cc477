"""The lives of an agreement and of a request: which verb leads from which state to which, and what a row's status is.

Who may say a verb is for auth.py; here is only what makes sense.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

#: Verb → states it may be said in → state it leads to. *Expired* is no state: it follows from `valid_until`.
AGREEMENT: Mapping[str, tuple[tuple[str, ...], str]] = {
    "update": (("draft",), "draft"),
    "propose": (("draft",), "proposed"),
    "sign": (("proposed",), "active"),
    "suspend": (("active",), "suspended"),
    "resume": (("suspended",), "active"),
    "terminate": (("draft", "proposed", "active", "suspended"), "terminated"),
}
REQUEST: Mapping[str, tuple[tuple[str, ...], str]] = {
    "return": (("submitted",), "returned"),
    "answer": (("returned",), "submitted"),
    "approve": (("submitted",), "approved"),
    "reject": (("submitted", "returned"), "rejected"),
    "withdraw": (("submitted", "returned", "approved"), "withdrawn"),
    "revoke": (("approved",), "revoked"),
}
#: Agreements that nobody has signed yet; requests that wait for someone.
IN_PREPARATION = ("draft", "proposed")
UNDECIDED = ("submitted", "returned")
SIGNED = ("active", "suspended")
REQUEST_STATES = (*UNDECIDED, "approved", "rejected", "withdrawn", "revoked")
#: What an agreement may be: its states, and what follows from its dates.
AGREEMENT_STATUS = ("draft", "proposed", "upcoming", "active", "suspended", "expired", "superseded", "terminated")


class WrongState(ValueError):
    """The verb makes no sense in this state."""

    def __init__(self, verb: str, state: str) -> None:
        super().__init__(f"{verb}: {state}")
        self.verb = verb
        self.state = state


def after(life: Mapping[str, tuple[tuple[str, ...], str]], state: str, verb: str) -> str:
    """The state that a verb leads to.

    Args:
        life: `AGREEMENT` or `REQUEST`.
        state: the present one.
        verb: what somebody wants to do.

    Raises:
        WrongState: not in this state.
        KeyError: no such verb.
    """
    before, result = life[verb]
    if state not in before:
        raise WrongState(verb, state)
    return result


def possible(life: Mapping[str, tuple[tuple[str, ...], str]], state: str) -> list[str]:
    """The verbs that make sense in a state."""
    return [verb for verb, (before, _) in life.items() if state in before]


def status(state: str, valid_from: datetime, valid_until: datetime, superseded: bool, now: datetime) -> str:
    """What an agreement is at a moment: its state, or upcoming, expired, superseded.

    Args:
        state: as stored.
        valid_from: first moment at which it counts.
        valid_until: first moment at which it does not count any more.
        superseded: a renewal was signed.
        now: the moment asked about.
    """
    if state in IN_PREPARATION and now >= valid_until:
        return "expired"
    if state not in SIGNED:
        return state
    if now >= valid_until:
        return "superseded" if superseded else "expired"
    if state == "active" and now < valid_from:
        return "upcoming"
    return state
