"""The ledger, which only grows; the locations of closed resources.

Revision ID: pole_access_002
Revises: pole_access_001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "pole_access_002"
down_revision = "pole_access_001"
branch_labels = None
depends_on = None

FACTS = (
    "event", "user_id", "org_id", "dataset_id", "resource_id", "policy_id", "agreement_id", "request_id",
    "channel", "outcome", "code",
)  # fmt: skip

# A row may go only in the transaction that left the anchor which stands for it.
GUARD = """
CREATE OR REPLACE FUNCTION pole_access_log_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'pole_access_log' AND EXISTS (
        SELECT FROM pole_access_log_anchor WHERE seq >= OLD.seq AND transaction = pg_current_xact_id()::text
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the ledger only grows: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$
"""


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.UnicodeText, nullable=False, server_default="")


def _moment(name: str) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def upgrade() -> None:
    op.create_table(
        "pole_access_log",
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        _moment("at"),
        *(_text(name) for name in FACTS),
        sa.Column("details", JSONB, nullable=False, server_default="{}"),
        sa.Column("prev_hash", sa.CHAR(64), nullable=False),
        sa.Column("hash", sa.CHAR(64), nullable=False),
    )
    for column in ("dataset_id", "org_id", "user_id"):
        op.create_index(f"ix_pole_access_log_{column}", "pole_access_log", [column, "seq"])
    op.create_index("ix_pole_access_log_at", "pole_access_log", ["at"])
    op.create_table(
        "pole_access_log_anchor",
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.CHAR(64), nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        _moment("at"),
        _text("user_id"),
        _text("reason"),
        _text("transaction"),
    )
    op.create_table(
        "pole_access_log_head",
        sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.CHAR(64), nullable=False),
        sa.CheckConstraint("id = 1", name="pole_access_log_one_head"),
    )
    op.execute(f"INSERT INTO pole_access_log_head VALUES (1, 0, '{'0' * 64}')")  # noqa: S608
    op.execute(GUARD)
    for table in ("pole_access_log", "pole_access_log_anchor"):
        for when, each in (("UPDATE OR DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
            op.execute(
                f"CREATE TRIGGER {table}_{each.lower()} BEFORE {when} ON {table}"
                f" FOR EACH {each} EXECUTE FUNCTION pole_access_log_guard()"
            )
    op.create_table(
        "pole_resource_location",
        # A purge of the resource takes its location along: an address left behind would be a secret nobody keeps.
        sa.Column("resource_id", sa.UnicodeText, sa.ForeignKey("resource.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("package_id", sa.UnicodeText, nullable=False, index=True),
        sa.Column("url", sa.UnicodeText, nullable=False),
        _text("credential_ref"),
        _moment("modified"),
    )


def downgrade() -> None:
    for table in ("pole_resource_location", "pole_access_log_head", "pole_access_log_anchor", "pole_access_log"):
        op.drop_table(table)
    op.execute("DROP FUNCTION pole_access_log_guard()")
