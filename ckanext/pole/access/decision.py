"""May this person read this data? One pure function, deny by default (ACCESS.md 0, rule 1; order of ACCESS.md D)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

OPEN = "open"
REGISTERED = "registered"
CONFIDENTIAL = "confidential"
#: From the most open to the most closed.
TIERS = (OPEN, REGISTERED, "agreement", CONFIDENTIAL)


@dataclass(frozen=True)
class Grant:
    """Something that opens a policy's data to a person for a time.

    Attributes:
        kind: `agreement` (of an organisation the person belongs to now) or `request` (approved for this person).
        id: of the agreement or request.
        valid_from: first moment at which it counts, aware.
        valid_until: first moment at which it does not count any more, aware.
        org_id: the partner; empty for a request.
        suspended: the custodian has put it on hold.
    """

    kind: str
    id: str
    valid_from: datetime
    valid_until: datetime
    org_id: str = ""
    suspended: bool = False


@dataclass(frozen=True)
class Facts:
    """What the decision looks at.

    Attributes:
        tier: the resource's own tier, or its dataset's.
        policy_id: the dataset's policy; closed data without one is for its custodian alone.
        logged_in: the person has an account.
        sysadmin: the person runs the portal.
        custodian: the person belongs to the organisation that answers for the dataset.
        opens: end of the embargo, aware; None if there is none.
        person_suspended: this custodian, or the portal, lets the person read nothing closed, or nothing of this policy.
        suspension_reason: why, in the words of whoever did it.
        accepted: the person accepted the policy's current terms.
        grants: of this policy, to this person, whatever their dates.
        pending: id of the person's request that waits for an answer.
    """

    tier: str
    policy_id: str = ""
    logged_in: bool = False
    sysadmin: bool = False
    custodian: bool = False
    opens: datetime | None = None
    person_suspended: bool = False
    suspension_reason: str = ""
    accepted: bool = False
    grants: tuple[Grant, ...] = ()
    pending: str = ""


@dataclass(frozen=True)
class Decision:
    """Allowed or not, the reason as a stable code, and what it rests on.

    Attributes:
        allowed: whether the data may be read.
        code: why; `words.py` says it in words.
        tier: the tier that was asked about.
        valid_until: when a live grant, or an embargo, ends; of a grant that is over, when it did.
        policy_id: the policy that was asked about.
        agreement_id: the agreement that opens, or the one that does not count now.
        request_id: the approved request that opens, or the one that waits.
        org_id: the partner of that agreement.
        said: why, in the words of whoever closed the data to this person.
    """

    allowed: bool
    code: str
    tier: str = OPEN
    valid_until: datetime | None = None
    policy_id: str = ""
    agreement_id: str = ""
    request_id: str = ""
    org_id: str = ""
    said: str = ""


def effective_tier(dataset_tier: str | None, resource_tier: str | None) -> str:
    """The tier that counts: the resource's where it has one, else the dataset's.

    What is not a tier counts as the most closed one.
    """
    tier = resource_tier or dataset_tier or OPEN
    return tier if tier in TIERS else TIERS[-1]


def live(grants: Iterable[Grant], now: datetime) -> Grant | None:
    """The grant that counts at a moment: of several, the one that ends last.

    An organisation whose agreement is on hold has no other one beside it: a renewal does not get round a suspension.
    """
    grants = tuple(grants)
    on_hold = {grant.org_id for grant in grants if grant.suspended and grant.org_id and now < grant.valid_until}
    counting = [
        grant
        for grant in grants
        if not grant.suspended and grant.org_id not in on_hold and grant.valid_from <= now < grant.valid_until
    ]
    return max(counting, key=lambda grant: (grant.valid_until, grant.id), default=None)


def decide(facts: Facts, now: datetime) -> Decision:
    """Decide.

    Args:
        facts: what is known of the person and the data.
        now: the moment, aware.
    """
    # In this order; the first that applies decides.
    first = (
        ("sysadmin", True, facts.sysadmin),
        ("custodian", True, facts.custodian),
        ("embargoed", False, facts.opens is not None and now < facts.opens),
        (OPEN, True, facts.tier == OPEN),
        ("login_required", False, not facts.logged_in),
        ("person_suspended", False, facts.person_suspended),
        ("policy_missing", False, not facts.policy_id),
        (REGISTERED, True, facts.tier == REGISTERED and facts.accepted),
        ("terms_required", False, facts.tier == REGISTERED),
    )
    asked = Decision(False, "agreement_required", tier=facts.tier, policy_id=facts.policy_id)
    for code, allowed, applies in first:
        if applies:
            until = facts.opens if code == "embargoed" else None
            said = facts.suspension_reason if code == "person_suspended" else ""
            return replace(asked, allowed=allowed, code=code, valid_until=until, said=said)
    grant = live(facts.grants, now)
    if grant is None:
        return _without_grant(asked, facts, now)
    found = _resting_on(replace(asked, valid_until=grant.valid_until), grant)
    return replace(found, allowed=facts.accepted, code=grant.kind if facts.accepted else "terms_required")


def _without_grant(asked: Decision, facts: Facts, now: datetime) -> Decision:
    """Why no grant counts: the reason nearest to an open door comes first."""
    agreements = [grant for grant in facts.grants if grant.kind == "agreement"]
    on_hold = [grant for grant in agreements if grant.suspended and now < grant.valid_until]
    if on_hold:
        return _resting_on(replace(asked, code="agreement_suspended"), on_hold[0])
    coming = min((g for g in agreements if now < g.valid_from), key=lambda g: g.valid_from, default=None)
    if coming:
        return _resting_on(replace(asked, code="agreement_upcoming"), coming)
    if facts.pending:
        return replace(asked, code="request_pending", request_id=facts.pending)
    past = max((g for g in facts.grants if g.valid_until <= now), key=lambda g: (g.valid_until, g.id), default=None)
    if past:
        return _resting_on(replace(asked, code=f"{past.kind}_expired", valid_until=past.valid_until), past)
    return replace(asked, code="agreement_required")


def _resting_on(decision: Decision, grant: Grant) -> Decision:
    if grant.kind == "request":
        return replace(decision, request_id=grant.id)
    return replace(decision, agreement_id=grant.id, org_id=grant.org_id)
