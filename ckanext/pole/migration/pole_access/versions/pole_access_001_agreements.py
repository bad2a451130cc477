"""Policies and their terms, agreements, acceptances, requests, suspended persons.

Revision ID: pole_access_001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "pole_access_001"
down_revision = None
branch_labels = None
depends_on = None


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.UnicodeText, nullable=False, server_default="")


def _moment(name: str, nullable: bool = True) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "pole_policy",
        sa.Column("id", sa.UnicodeText, primary_key=True),
        sa.Column("owner_org", sa.UnicodeText, nullable=False, index=True),
        sa.Column("title_translated", JSONB, nullable=False),
        sa.Column("purpose_translated", JSONB, nullable=False),
        sa.Column("use_codes", JSONB, nullable=False),
        sa.Column("terms_version", sa.Integer, nullable=False),
        sa.Column("state", sa.UnicodeText, nullable=False, server_default="active"),
        _moment("created", nullable=False),
        _moment("modified", nullable=False),
    )
    op.create_table(
        "pole_policy_terms",
        sa.Column("policy_id", sa.UnicodeText, sa.ForeignKey("pole_policy.id"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("terms_translated", JSONB, nullable=False),
        sa.Column("sha256", sa.UnicodeText, nullable=False),
        sa.Column("created_by", sa.UnicodeText, nullable=False),
        _moment("created", nullable=False),
    )
    _agreements()
    op.create_table(
        "pole_acceptance",
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("user_id", sa.UnicodeText, nullable=False),
        sa.Column("policy_id", sa.UnicodeText, sa.ForeignKey("pole_policy.id"), nullable=False),
        sa.Column("terms_version", sa.Integer, nullable=False),
        sa.Column("sha256", sa.UnicodeText, nullable=False),
        sa.Column("lang", sa.UnicodeText, nullable=False),
        sa.Column("withdrawn", sa.Boolean, nullable=False),
        _moment("at", nullable=False),
    )
    op.create_index("pole_acceptance_last", "pole_acceptance", ["user_id", "policy_id", "id"])
    _requests()
    op.create_table(
        "pole_access_suspension",
        sa.Column("id", sa.UnicodeText, primary_key=True),
        sa.Column("user_id", sa.UnicodeText, nullable=False),
        *(_text(name) for name in ("owner_org", "reason", "created_by")),
        _moment("created", nullable=False),
        _text("lifted_by"),
        _moment("lifted"),
    )
    op.create_index(
        "pole_access_suspension_one", "pole_access_suspension", ["user_id", "owner_org"], unique=True,
        postgresql_where=sa.text("lifted IS NULL"),
    )  # fmt: skip


def _agreements() -> None:
    op.create_table(
        "pole_agreement",
        sa.Column("id", sa.UnicodeText, primary_key=True),
        sa.Column("policy_id", sa.UnicodeText, sa.ForeignKey("pole_policy.id"), nullable=False, index=True),
        sa.Column("org_id", sa.UnicodeText, nullable=False),
        sa.Column("state", sa.UnicodeText, nullable=False, server_default="draft"),
        _moment("valid_from", nullable=False),
        _moment("valid_until", nullable=False),
        sa.Column("terms_version", sa.Integer),
        _text("terms_sha256"),
        _text("proposed_by"),
        _moment("proposed_at"),
        _text("signed_by"),
        _moment("signed_at"),
        *(_text(name) for name in ("signed_lang", "suspended_reason", "terminated_reason", "document_ref")),
        sa.Column("renews", sa.UnicodeText, sa.ForeignKey("pole_agreement.id")),
        sa.Column("superseded_by", sa.UnicodeText, sa.ForeignKey("pole_agreement.id")),
        _text("created_by"),
        _moment("created", nullable=False),
        _moment("modified", nullable=False),
        sa.CheckConstraint("valid_from < valid_until", name="pole_agreement_dates"),
    )
    op.create_index("pole_agreement_org", "pole_agreement", ["org_id", "state"])
    op.create_index(
        "pole_agreement_one_prepared", "pole_agreement", ["policy_id", "org_id"], unique=True,
        postgresql_where=sa.text("state IN ('draft', 'proposed')"),
    )  # fmt: skip
    op.create_index(
        "pole_agreement_one_signed", "pole_agreement", ["policy_id", "org_id"], unique=True,
        postgresql_where=sa.text("state IN ('active', 'suspended') AND superseded_by IS NULL"),
    )  # fmt: skip


def _requests() -> None:
    op.create_table(
        "pole_access_request",
        sa.Column("id", sa.UnicodeText, primary_key=True),
        sa.Column("policy_id", sa.UnicodeText, sa.ForeignKey("pole_policy.id"), nullable=False),
        sa.Column("dataset_id", sa.UnicodeText),
        sa.Column("user_id", sa.UnicodeText, nullable=False),
        sa.Column("org_id", sa.UnicodeText),
        sa.Column("for_organization", sa.Boolean, nullable=False),
        _text("purpose"),
        _text("use_code"),
        sa.Column("duration_days", sa.Integer),
        _text("people"),
        sa.Column("state", sa.UnicodeText, nullable=False, server_default="submitted"),
        *(_text(name) for name in ("question", "answer", "reason")),
        sa.Column("decided_by", sa.UnicodeText),
        _moment("decided_at"),
        _moment("grant_until"),
        sa.Column("history", JSONB, nullable=False),
        _moment("created", nullable=False),
        _moment("modified", nullable=False),
    )
    op.create_index("pole_access_request_person", "pole_access_request", ["user_id", "state"])
    op.create_index("pole_access_request_policy", "pole_access_request", ["policy_id", "state"])
    op.create_index(
        "pole_access_request_one_open", "pole_access_request", ["user_id", "policy_id"], unique=True,
        postgresql_where=sa.text("state IN ('submitted', 'returned')"),
    )  # fmt: skip


def downgrade() -> None:
    for table in (
        "pole_access_suspension", "pole_access_request", "pole_acceptance", "pole_agreement", "pole_policy_terms",
        "pole_policy",
    ):  # fmt: skip
        op.drop_table(table)
