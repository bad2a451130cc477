"""May this person read this data? One pure function, deny by default (ACCESS.md 0, rule 1)."""

from __future__ import annotations

from dataclasses import dataclass

OPEN = "open"
#: From the most open to the most closed.
TIERS = (OPEN, "registered", "agreement", "confidential")


@dataclass(frozen=True)
class Facts:
    """What the decision looks at.

    Attributes:
        tier: the resource's own tier, or its dataset's.
        logged_in: the person has an account.
        custodian: the person belongs to the organisation that answers for the dataset.
        embargoed: the date from which the data may be read is not there yet.
    """

    tier: str
    logged_in: bool = False
    custodian: bool = False
    embargoed: bool = False


@dataclass(frozen=True)
class Decision:
    """Allowed or not, and the reason as a stable code."""

    allowed: bool
    code: str


def effective_tier(dataset_tier: str | None, resource_tier: str | None) -> str:
    """The tier that counts: the resource's where it has one, else the dataset's.

    What is not a tier counts as the most closed one.
    """
    tier = resource_tier or dataset_tier or OPEN
    return tier if tier in TIERS else TIERS[-1]


def decide(facts: Facts) -> Decision:
    """Decide.

    Agreements, accepted terms and approved requests do not exist yet; until they do, closed data is for its
    custodian alone.
    """
    if facts.custodian:
        return Decision(True, "custodian")
    if facts.embargoed:
        return Decision(False, "embargoed")
    if facts.tier == OPEN:
        return Decision(True, "open")
    return Decision(False, "agreement_required" if facts.logged_in else "login_required")
