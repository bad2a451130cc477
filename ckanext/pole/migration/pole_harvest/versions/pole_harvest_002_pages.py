"""Pages that a run has read, so that a run that was cut goes on after the last one; how often a record was missed.

Revision ID: pole_harvest_002
Revises: pole_harvest_001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "pole_harvest_002"
down_revision = "pole_harvest_001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pole_harvest_page",
        sa.Column("run_id", sa.UnicodeText, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("source_id", sa.UnicodeText, nullable=False),
        sa.Column("after", sa.UnicodeText, nullable=False),
        sa.Column("guids", JSONB, nullable=False),
        sa.Column("counts", JSONB, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_pole_harvest_page_source_id", "pole_harvest_page", ["source_id"])
    op.add_column("pole_harvest_deletion", sa.Column("misses", sa.Integer, nullable=False, server_default="1"))


def downgrade() -> None:
    op.drop_column("pole_harvest_deletion", "misses")
    op.drop_table("pole_harvest_page")
