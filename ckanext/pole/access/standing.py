"""Where one person stands: organisations, grants, terms accepted, suspensions; and the keys that this makes.

A dataset's *keys* are in the index, a person's *key ring* is made at each request: granting, expiring and revoking
change the ring alone, and nothing is indexed again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ckanext.pole.access import periods
from ckanext.pole.access.decision import OPEN, REGISTERED, Facts, Grant, effective_tier, live


@dataclass(frozen=True)
class OnPolicy:
    """A person and one policy."""

    owner_org: str = ""
    grants: tuple[Grant, ...] = ()
    accepted: bool = False
    pending: str = ""


@dataclass(frozen=True)
class Suspension:
    """Somebody closed data to a person: of one policy, of a custodian (no policy), of the whole portal (neither)."""

    owner_org: str = ""
    policy_id: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Standing:
    """A person, as far as access goes; the one without an account is `Standing()`.

    Attributes:
        user_id: empty for nobody in particular.
        sysadmin: runs the portal.
        member_of: organisations whose private datasets the person reads, by CKAN's rules.
        editor_of: those whose datasets the person may change.
        admin_of: those for which the person speaks.
        belongs_to: those the person is named a member of, without what comes down a hierarchy: their agreements count.
        policies: by id, those that have something to do with the person.
        suspensions: what is closed to the person, whatever else opens it.
    """

    user_id: str = ""
    sysadmin: bool = False
    member_of: frozenset[str] = frozenset()
    editor_of: frozenset[str] = frozenset()
    admin_of: frozenset[str] = frozenset()
    belongs_to: frozenset[str] = frozenset()
    policies: Mapping[str, OnPolicy] = field(default_factory=dict)
    suspensions: tuple[Suspension, ...] = ()

    def suspension(self, owner_org: str, policy_id: str) -> Suspension | None:
        """What closes a custodian's data under a policy to the person, if anything does."""
        return next(
            (
                found
                for found in self.suspensions
                if found.owner_org in ("", owner_org) and found.policy_id in ("", policy_id)
            ),
            None,
        )

    def facts(self, owner_org: str, dataset: Mapping[str, Any], resource: Mapping[str, Any]) -> Facts:
        """What the decision on one piece of data looks at.

        Args:
            owner_org: the custodian's id.
            dataset: its `access_tier`, `access_policy` and `available_from`.
            resource: its own `access_tier`, if any.
        """
        policy_id = str(dataset.get("access_policy") or "")
        policy = self.policies.get(policy_id, OnPolicy())
        suspension = self.suspension(owner_org, policy_id)
        return Facts(
            tier=effective_tier(dataset.get("access_tier"), resource.get("access_tier")),
            policy_id=policy_id,
            logged_in=bool(self.user_id),
            sysadmin=self.sysadmin,
            custodian=bool(owner_org) and owner_org in self.member_of,
            opens=periods.embargo_end(str(dataset.get("available_from") or "")),
            person_suspended=suspension is not None,
            suspension_reason=suspension.reason if suspension else "",
            accepted=policy.accepted,
            grants=policy.grants,
            pending=policy.pending,
        )

    def open_policies(self, now: datetime) -> list[str]:
        """Policies that a grant opens to the person at a moment, terms accepted or not: their metadata may be read."""
        return sorted(
            policy_id
            for policy_id, policy in self.policies.items()
            if live(policy.grants, now) and not self.suspension(policy.owner_org, policy_id)
        )

    def keys(self, now: datetime) -> list[str]:
        """The person's key ring: what opens data, embargoes aside."""
        ring = [OPEN, *(f"custodian-{org}" for org in sorted(self.member_of))]
        granted = set(self.open_policies(now))
        for policy_id, policy in sorted(self.policies.items()):
            if policy.accepted and not self.suspension(policy.owner_org, policy_id):
                ring.append(f"{REGISTERED}-{policy_id}")
                if policy_id in granted:
                    ring.append(f"agreement-{policy_id}")
        return ring


def locks(dataset: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """What the index keeps of a dataset's access.

    Args:
        dataset: with its resources.

    Returns:
        The tiers of its data, and the keys of which any one opens some of it.
    """
    resources: Iterable[Mapping[str, Any]] = dataset.get("resources") or [{}]
    tiers = {effective_tier(dataset.get("access_tier"), resource.get("access_tier")) for resource in resources}
    policy_id = str(dataset.get("access_policy") or "")
    keys = {key for tier in tiers if (key := _key(tier, policy_id))}
    if dataset.get("owner_org"):
        keys.add(f"custodian-{dataset['owner_org']}")
    return sorted(tiers), sorted(keys)


def _key(tier: str, policy_id: str) -> str:
    if tier == OPEN:
        return OPEN
    if not policy_id:
        return ""
    return f"{REGISTERED if tier == REGISTERED else 'agreement'}-{policy_id}"
