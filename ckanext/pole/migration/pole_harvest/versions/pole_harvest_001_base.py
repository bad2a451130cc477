"""What is known of each record, runs and their changes, quarantine, held deletions, leases, datasets to index.

Revision ID: pole_harvest_001
Revises:
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "pole_harvest_001"
down_revision = None
branch_labels = None
depends_on = None

COUNTS = (
    "pages", "records", "new", "changed", "same", "left_out", "duplicates", "missing", "held", "quarantined",
    "written", "deleted", "failed",
)  # fmt: skip


def _needed(name: str, **more: Any) -> sa.Column[str]:
    return sa.Column(name, sa.UnicodeText, nullable=False, **more)


def _text(name: str) -> sa.Column[str]:
    return _needed(name, server_default="")


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false())


def _moment(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _json(name: str, default: str) -> sa.Column:
    return sa.Column(name, JSONB, nullable=False, server_default=default)


def upgrade() -> None:
    op.create_table(
        "pole_harvest_record",
        _needed("source_id", primary_key=True),
        _needed("guid", primary_key=True),
        _needed("package_id"),
        _text("digest"),
        _text("raw_digest"),
        _text("cross_key"),
        _json("fields", "{}"),
        _moment("first_seen"),
        _moment("changed"),
    )
    op.create_index("ix_pole_harvest_record_package_id", "pole_harvest_record", ["package_id"])
    op.create_index(
        "pole_harvest_record_cross_key", "pole_harvest_record", ["cross_key"],
        postgresql_where=sa.text("cross_key <> ''"),
    )  # fmt: skip
    op.create_table(
        "pole_harvest_run",
        _needed("id", primary_key=True),
        _needed("source_id"),
        _text("state"),
        _moment("started"),
        _moment("read_until", nullable=True),
        _moment("finished", nullable=True),
        sa.Column("expected", sa.Integer),
        *(sa.Column(name, sa.Integer, nullable=False, server_default="0") for name in COUNTS),
        _flag("whole"),
        _flag("stop_asked"),
        _text("problem"),
        _text("problem_detail"),
        _moment("told", nullable=True),
    )
    op.create_index("pole_harvest_run_source", "pole_harvest_run", ["source_id", "started"])
    op.create_table(
        "pole_harvest_change",
        sa.Column("id", sa.BigInteger, primary_key=True),
        *(_needed(name) for name in ("run_id", "source_id", "guid", "package_id", "action")),
        _text("title"),
        _json("fields", "{}"),
        _json("kept", "[]"),
        _moment("at"),
    )
    op.create_index("ix_pole_harvest_change_package_id", "pole_harvest_change", ["package_id"])
    op.create_index("pole_harvest_change_run", "pole_harvest_change", ["run_id", "id"])
    _waiting()


def _waiting() -> None:
    """What waits for a person or for a service."""
    op.create_table(
        "pole_harvest_quarantine",
        _needed("id", primary_key=True),
        *(_needed(name) for name in ("source_id", "guid", "run_id", "reason")),
        _json("details", "{}"),
        _text("digest"),
        sa.Column("content", JSONB),
        _moment("first_seen"),
        _moment("last_seen"),
        sa.UniqueConstraint("source_id", "guid", name="pole_harvest_quarantine_guid"),
    )
    op.create_table(
        "pole_harvest_deletion",
        _needed("id", primary_key=True),
        *(_needed(name) for name in ("source_id", "guid", "package_id", "run_id", "reason")),
        _needed("state", server_default="held"),
        _text("decided_by"),
        _moment("decided", nullable=True),
        _moment("created"),
        sa.UniqueConstraint("source_id", "guid", name="pole_harvest_deletion_guid"),
    )
    op.create_table(
        "pole_harvest_lease", _needed("name", primary_key=True), _needed("holder"), _moment("taken"), _moment("beat")
    )
    op.create_table("pole_harvest_unindexed", _needed("package_id", primary_key=True), _moment("since"))
    op.create_table("pole_harvest_overdue", _needed("source_id", primary_key=True), _moment("told"))


def downgrade() -> None:
    for name in ("overdue", "unindexed", "lease", "deletion", "quarantine", "change", "run", "record"):
        op.drop_table(f"pole_harvest_{name}")
