"""Rows as the API gives them: a constant number of statements for any number of rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from typing import Any

import sqlalchemy as sa
from ckan import model

from ckanext.pole.access import states
from ckanext.pole.access.model import Acceptance, AccessRequest, Agreement, Policy, Suspension, Terms, now
from ckanext.pole.access.standing import Standing


def iso(moment: datetime | None) -> str | None:
    """A moment in ISO 8601, UTC."""
    return moment.astimezone(timezone.utc).isoformat() if moment else None


def organisations(ids: Iterable[str | None]) -> dict[str, dict[str, Any]]:
    """Short dicts of organisations by id; one that was purged keeps its id alone."""
    wanted = {org_id for org_id in ids if org_id}
    found = {org_id: {"id": org_id, "name": "", "title": "", "title_translated": {}} for org_id in wanted}
    if wanted:
        group: Any = model.Group
        rows = model.Session.execute(
            sa.select(group.id, group.name, group.title, group.extras).where(group.id.in_(wanted))
        )
        for org_id, name, title, extras in rows:
            text = _object((extras or {}).get("title_translated"))
            found[org_id] = {"id": org_id, "name": name, "title": title or name, "title_translated": text}
    return found


def policies(rows: Sequence[Policy], version: int | None = None) -> list[dict[str, Any]]:
    """Policies with their terms.

    Args:
        rows: what to show.
        version: of the terms; the current one by default.
    """
    wanted = [(row.id, version or row.terms_version) for row in rows]
    terms: dict[str, Terms] = {}
    if wanted:
        found = sa.select(Terms).where(sa.tuple_(Terms.policy_id, Terms.version).in_(wanted))
        terms = {text.policy_id: text for text in model.Session.execute(found).scalars()}
    orgs = organisations(row.owner_org for row in rows)
    return [
        {
            "id": row.id,
            "owner_org": row.owner_org,
            "custodian": orgs[row.owner_org],
            "title_translated": row.title_translated,
            "terms_translated": terms[row.id].terms_translated,
            "purpose_translated": row.purpose_translated,
            "use_codes": row.use_codes,
            "terms_version": terms[row.id].version,
            "terms_sha256": terms[row.id].sha256,
            "state": row.state,
            "created": iso(row.created),
            "modified": iso(row.modified),
        }
        for row in rows
        if row.id in terms
    ]


def agreements(rows: Sequence[Agreement], person: Standing) -> list[dict[str, Any]]:
    """Agreements as this person may see them; reasons, people and files are for the two parties."""
    policy_of = _policies(rows)
    orgs = organisations([*(row.org_id for row in rows), *(policy.owner_org for policy in policy_of.values())])
    names = people(row.signed_by for row in rows)
    moment = now()
    found = []
    for row in rows:
        policy = policy_of[row.policy_id]
        status = states.status(row.state, row.valid_from, row.valid_until, bool(row.superseded_by), moment)
        is_party = person.sysadmin or bool({row.org_id, policy.owner_org} & person.member_of)
        shown = {
            "id": row.id,
            "policy_id": row.policy_id,
            "policy": _short(policy),
            "org_id": row.org_id,
            "partner": orgs[row.org_id],
            "custodian": orgs[policy.owner_org],
            "state": row.state,
            "status": status,
            "valid_from": iso(row.valid_from),
            "valid_until": iso(row.valid_until),
            "terms_version": row.terms_version,
            "terms_sha256": row.terms_sha256,
            "signed_at": iso(row.signed_at),
            "signed_lang": row.signed_lang,
            "renews": row.renews,
            "superseded_by": row.superseded_by,
            "created": iso(row.created),
            "actions": agreement_verbs(row, policy, person, status),
        }
        for name in ("signed_by", "proposed_by", "suspended_reason", "terminated_reason", "document_ref"):
            shown[name] = getattr(row, name) if is_party else ""
        signer = names.get(row.signed_by, _NOBODY)
        shown["signed_by_name"] = (signer["user_fullname"] or signer["user_name"]) if is_party else ""
        found.append(shown)
    return found


def agreement_verbs(row: Agreement, policy: Policy, person: Standing, status: str) -> list[str]:
    """What this person may do to an agreement now."""
    custodian = person.sysadmin or policy.owner_org in person.admin_of
    partner = row.org_id in person.admin_of
    verbs = []
    for verb in states.possible(states.AGREEMENT, row.state):
        in_time = status not in ("expired", "superseded") or verb in ("update", "terminate")
        may = partner if verb == "sign" else custodian or (verb == "terminate" and partner and row.state != "draft")
        if may and in_time:
            verbs.append(verb)
    if custodian and row.state == "active" and not row.superseded_by and policy.state == "active":
        verbs.append("renew")
    return verbs


def requests(rows: Sequence[AccessRequest], person: Standing) -> list[dict[str, Any]]:
    """Requests, for those who may see them whole."""
    policy_of = _policies(rows)
    orgs = organisations([*(row.org_id for row in rows), *(policy.owner_org for policy in policy_of.values())])
    names = people(row.user_id for row in rows)
    datasets = _datasets({row.dataset_id for row in rows if row.dataset_id})
    moment = now()
    found = []
    for row in rows:
        policy = policy_of[row.policy_id]
        found.append(
            {
                "id": row.id,
                "policy_id": row.policy_id,
                "policy": _short(policy),
                "custodian": orgs[policy.owner_org],
                "dataset_id": row.dataset_id,
                "dataset_name": datasets.get(row.dataset_id or ""),
                "user_id": row.user_id,
                **names.get(row.user_id, _NOBODY),
                "org_id": row.org_id,
                "organization": orgs.get(row.org_id or ""),
                "live": bool(row.state == "approved" and row.grant_until and moment < row.grant_until),
                "actions": request_verbs(row, policy, person),
                "grant_until": iso(row.grant_until),
                "decided_at": iso(row.decided_at),
                "created": iso(row.created),
                "modified": iso(row.modified),
                **{column: getattr(row, column) for column in _REQUEST_COLUMNS},
            }
        )
    return found


_REQUEST_COLUMNS = (
    "for_organization", "purpose", "use_code", "duration_days", "people", "state", "question", "answer", "reason",
    "decided_by", "history",
)  # fmt: skip


def request_verbs(row: AccessRequest, policy: Policy, person: Standing) -> list[str]:
    """What this person may do to a request now."""
    custodian = person.sysadmin or policy.owner_org in person.admin_of
    own = ("answer", "withdraw")
    return [
        verb
        for verb in states.possible(states.REQUEST, row.state)
        if (row.user_id == person.user_id if verb in own else custodian)
    ]


def acceptances(rows: Sequence[Acceptance]) -> list[dict[str, Any]]:
    """What a person accepted, or took back."""
    policy_of = _policies(rows)
    orgs = organisations(policy.owner_org for policy in policy_of.values())
    return [_acceptance(row, policy_of[row.policy_id], orgs) for row in rows]


def _acceptance(row: Acceptance, policy: Policy, orgs: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "policy_id": row.policy_id,
        "policy": _short(policy),
        "custodian": orgs[policy.owner_org],
        "terms_version": row.terms_version,
        "sha256": row.sha256,
        "lang": row.lang,
        "at": iso(row.at),
        "withdrawn": row.withdrawn,
    }


def suspensions(rows: Sequence[Suspension]) -> list[dict[str, Any]]:
    """Whom a custodian closed data to, and why."""
    policy_of = _policies(rows)
    orgs = organisations(row.owner_org for row in rows)
    names = people(row.user_id for row in rows)
    return [
        {
            "id": row.id,
            "user_id": row.user_id,
            **names.get(row.user_id, _NOBODY),
            "owner_org": row.owner_org,
            "custodian": orgs.get(row.owner_org),
            "policy_id": row.policy_id,
            "policy": _short(policy_of[row.policy_id]) if row.policy_id in policy_of else None,
            "reason": row.reason,
            "created": iso(row.created),
            "created_by": row.created_by,
            "lifted": iso(row.lifted),
        }
        for row in rows
    ]


def log(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of the ledger with the names, as they are now, of the people and datasets that their ids stand for."""
    names = people(row["user_id"] for row in rows)
    datasets = _datasets({row["dataset_id"] for row in rows if row["dataset_id"]})
    return [
        {**row, **names.get(row["user_id"], _NOBODY), "dataset_name": datasets.get(row["dataset_id"], "")}
        for row in rows
    ]


def people(ids: Iterable[str]) -> dict[str, dict[str, str]]:
    """`user_name` and `user_fullname` of accounts, by id."""
    wanted, user = {one for one in ids if one}, model.User
    query = sa.select(user.id, user.name, user.fullname).where(user.id.in_(wanted))
    rows = model.Session.execute(query) if wanted else ()
    return {user_id: {"user_name": name, "user_fullname": fullname or ""} for user_id, name, fullname in rows}


_NOBODY = {"user_name": "", "user_fullname": ""}


def _short(policy: Policy) -> dict[str, Any]:
    return {
        "id": policy.id,
        "owner_org": policy.owner_org,
        "title_translated": policy.title_translated,
        "purpose_translated": policy.purpose_translated,
        "use_codes": policy.use_codes,
        "terms_version": policy.terms_version,
        "state": policy.state,
    }


def _policies(rows: Sequence[Agreement | AccessRequest | Acceptance | Suspension]) -> dict[str, Policy]:
    wanted = {row.policy_id for row in rows if row.policy_id}
    found = model.Session.execute(sa.select(Policy).where(Policy.id.in_(wanted))).scalars() if wanted else ()
    return {policy.id: policy for policy in found}


def _datasets(ids: set[str]) -> dict[str, str]:
    package = model.Package
    rows = model.Session.execute(sa.select(package.id, package.name).where(package.id.in_(ids))) if ids else ()
    return {row.id: row.name for row in rows}


def _object(text: Any) -> dict[str, str]:
    """A stored JSON object; CKAN keeps extras as texts, sometimes twice encoded."""
    for _ in range(2):
        if not isinstance(text, str):
            break
        try:
            text = json.loads(text)
        except ValueError:
            return {}
    return text if isinstance(text, dict) else {}
