"""The access slice's tables (ACCESS.md D).

Rows name CKAN's organisations, accounts and datasets by id, without foreign keys: purging one of those neither fails
here nor wipes out what was agreed.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timezone
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped

from ckanext.pole.access.states import IN_PREPARATION, UNDECIDED


def new_id() -> str:
    """An opaque id."""
    return str(uuid.uuid4())


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(timezone.utc)


def _id() -> sa.Column[str]:
    return sa.Column("id", sa.UnicodeText, primary_key=True, default=new_id)


def _moment(name: str, **more: Any) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), **more)


def _text(name: str, default: str = "") -> sa.Column[str]:
    return sa.Column(name, sa.UnicodeText, nullable=False, default=default, server_default=default)


class Row:
    """What every mapped class takes: its columns by name."""

    def __init__(self, **values: Any) -> None:
        for name, value in values.items():
            setattr(self, name, value)


class Policy(Row, tk.BaseModel):
    """What a custodian offers: its conditions, for which uses."""

    __table__ = sa.Table(
        "pole_policy",
        tk.BaseModel.metadata,
        _id(),
        sa.Column("owner_org", sa.UnicodeText, nullable=False, index=True),
        sa.Column("title_translated", JSONB, nullable=False),
        sa.Column("purpose_translated", JSONB, nullable=False, default=dict),
        sa.Column("use_codes", JSONB, nullable=False, default=list),
        sa.Column("terms_version", sa.Integer, nullable=False, default=1),
        _text("state", "active"),
        _moment("created", nullable=False, default=now),
        _moment("modified", nullable=False, default=now, onupdate=now),
    )
    id: Mapped[str]
    owner_org: Mapped[str]
    title_translated: Mapped[dict[str, str]]
    purpose_translated: Mapped[dict[str, str]]
    use_codes: Mapped[list[str]]
    terms_version: Mapped[int]
    state: Mapped[str]
    created: Mapped[datetime]
    modified: Mapped[datetime]


class Terms(Row, tk.BaseModel):
    """One version of a policy's terms; never changed once written."""

    __table__ = sa.Table(
        "pole_policy_terms",
        tk.BaseModel.metadata,
        sa.Column("policy_id", sa.ForeignKey("pole_policy.id"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("terms_translated", JSONB, nullable=False),
        sa.Column("sha256", sa.UnicodeText, nullable=False),
        sa.Column("created_by", sa.UnicodeText, nullable=False),
        _moment("created", nullable=False, default=now),
    )
    policy_id: Mapped[str]
    version: Mapped[int]
    terms_translated: Mapped[dict[str, str]]
    sha256: Mapped[str]
    created_by: Mapped[str]
    created: Mapped[datetime]


class Agreement(Row, tk.BaseModel):
    """Between a custodian's policy and a partner organisation, from one moment to another."""

    __table__ = sa.Table(
        "pole_agreement",
        tk.BaseModel.metadata,
        _id(),
        sa.Column("policy_id", sa.ForeignKey("pole_policy.id"), nullable=False, index=True),
        sa.Column("org_id", sa.UnicodeText, nullable=False),
        _text("state", "draft"),
        _moment("valid_from", nullable=False),
        _moment("valid_until", nullable=False),
        sa.Column("terms_version", sa.Integer),
        _text("terms_sha256"),
        _text("proposed_by"),
        _moment("proposed_at"),
        _text("signed_by"),
        _moment("signed_at"),
        _text("signed_lang"),
        _text("suspended_reason"),
        _text("terminated_reason"),
        _text("document_ref"),
        sa.Column("renews", sa.ForeignKey("pole_agreement.id")),
        sa.Column("superseded_by", sa.ForeignKey("pole_agreement.id")),
        _text("created_by"),
        _moment("created", nullable=False, default=now),
        _moment("modified", nullable=False, default=now, onupdate=now),
        sa.CheckConstraint("valid_from < valid_until", name="pole_agreement_dates"),
        sa.Index("pole_agreement_org", "org_id", "state"),
        # Of one pair, one agreement in preparation and one signed: the database itself refuses a second.
        sa.Index(
            "pole_agreement_one_prepared", "policy_id", "org_id", unique=True,
            postgresql_where=sa.text(f"state IN {IN_PREPARATION}"),
        ),
        sa.Index(
            "pole_agreement_one_signed", "policy_id", "org_id", unique=True,
            postgresql_where=sa.text("state IN ('active', 'suspended') AND superseded_by IS NULL"),
        ),
    )  # fmt: skip
    id: Mapped[str]
    policy_id: Mapped[str]
    org_id: Mapped[str]
    state: Mapped[str]
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]
    terms_version: Mapped[int | None]
    terms_sha256: Mapped[str]
    proposed_by: Mapped[str]
    proposed_at: Mapped[datetime | None]
    signed_by: Mapped[str]
    signed_at: Mapped[datetime | None]
    signed_lang: Mapped[str]
    suspended_reason: Mapped[str]
    terminated_reason: Mapped[str]
    document_ref: Mapped[str]
    renews: Mapped[str | None]
    superseded_by: Mapped[str | None]
    created_by: Mapped[str]
    created: Mapped[datetime]
    modified: Mapped[datetime]


class Acceptance(Row, tk.BaseModel):
    """A person accepted a version of the terms, or took that back; append-only, the last one counts."""

    __table__ = sa.Table(
        "pole_acceptance",
        tk.BaseModel.metadata,
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("user_id", sa.UnicodeText, nullable=False),
        sa.Column("policy_id", sa.ForeignKey("pole_policy.id"), nullable=False),
        sa.Column("terms_version", sa.Integer, nullable=False),
        sa.Column("sha256", sa.UnicodeText, nullable=False),
        sa.Column("lang", sa.UnicodeText, nullable=False),
        sa.Column("withdrawn", sa.Boolean, nullable=False, default=False),
        _moment("at", nullable=False, default=now),
        sa.Index("pole_acceptance_last", "user_id", "policy_id", "id"),
    )
    id: Mapped[int]
    user_id: Mapped[str]
    policy_id: Mapped[str]
    terms_version: Mapped[int]
    sha256: Mapped[str]
    lang: Mapped[str]
    withdrawn: Mapped[bool]
    at: Mapped[datetime]


class AccessRequest(Row, tk.BaseModel):
    """A person asks to read what a policy covers."""

    __table__ = sa.Table(
        "pole_access_request",
        tk.BaseModel.metadata,
        _id(),
        sa.Column("policy_id", sa.ForeignKey("pole_policy.id"), nullable=False),
        sa.Column("dataset_id", sa.UnicodeText),
        sa.Column("user_id", sa.UnicodeText, nullable=False),
        sa.Column("org_id", sa.UnicodeText),
        sa.Column("for_organization", sa.Boolean, nullable=False, default=False),
        _text("purpose"),
        _text("use_code"),
        sa.Column("duration_days", sa.Integer),
        _text("people"),
        _text("state", "submitted"),
        _text("question"),
        _text("answer"),
        _text("reason"),
        sa.Column("decided_by", sa.UnicodeText),
        _moment("decided_at"),
        _moment("grant_until"),
        sa.Column("history", JSONB, nullable=False, default=list),
        _moment("created", nullable=False, default=now),
        _moment("modified", nullable=False, default=now, onupdate=now),
        sa.Index("pole_access_request_person", "user_id", "state"),
        sa.Index("pole_access_request_policy", "policy_id", "state"),
        sa.Index(
            "pole_access_request_one_open", "user_id", "policy_id", unique=True,
            postgresql_where=sa.text(f"state IN {UNDECIDED}"),
        ),
    )  # fmt: skip
    id: Mapped[str]
    policy_id: Mapped[str]
    dataset_id: Mapped[str | None]
    user_id: Mapped[str]
    org_id: Mapped[str | None]
    for_organization: Mapped[bool]
    purpose: Mapped[str]
    use_code: Mapped[str]
    duration_days: Mapped[int | None]
    people: Mapped[str]
    state: Mapped[str]
    question: Mapped[str]
    answer: Mapped[str]
    reason: Mapped[str]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    grant_until: Mapped[datetime | None]
    history: Mapped[list[dict[str, Any]]]
    created: Mapped[datetime]
    modified: Mapped[datetime]


class Suspension(Row, tk.BaseModel):
    """A person whom a custodian lets read nothing that is closed: under one policy, or under all of its own.

    An empty policy: all that the custodian answers for. An empty custodian: the whole portal.
    """

    __table__ = sa.Table(
        "pole_access_suspension",
        tk.BaseModel.metadata,
        _id(),
        sa.Column("user_id", sa.UnicodeText, nullable=False),
        _text("owner_org"),
        _text("policy_id"),
        _text("reason"),
        _text("created_by"),
        _moment("created", nullable=False, default=now),
        _text("lifted_by"),
        _moment("lifted"),
        sa.Index(
            "pole_access_suspension_one", "user_id", "owner_org", "policy_id", unique=True,
            postgresql_where=sa.text("lifted IS NULL"),
        ),
    )  # fmt: skip
    id: Mapped[str]
    user_id: Mapped[str]
    owner_org: Mapped[str]
    policy_id: Mapped[str]
    reason: Mapped[str]
    created_by: Mapped[str]
    created: Mapped[datetime]
    lifted_by: Mapped[str]
    lifted: Mapped[datetime | None]
