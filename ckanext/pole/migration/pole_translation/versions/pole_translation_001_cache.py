"""The machine's texts, each made once.

Revision ID: pole_translation_001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "pole_translation_001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pole_translation",
        sa.Column("engine", sa.UnicodeText, primary_key=True),
        sa.Column("target", sa.UnicodeText, primary_key=True),
        sa.Column("digest", sa.UnicodeText, primary_key=True),
        sa.Column("text", sa.UnicodeText, nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    )


def downgrade() -> None:
    op.drop_table("pole_translation")
