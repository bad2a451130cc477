"""Second factors, and their recovery codes.

Revision ID: pole_second_factor_001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "pole_second_factor_001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pole_second_factor",
        sa.Column("user_id", sa.UnicodeText, sa.ForeignKey("user.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("id", sa.UnicodeText, nullable=False),
        sa.Column("sealed", sa.UnicodeText, nullable=False),
        sa.Column("used", sa.BigInteger, nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    )
    op.create_table(
        "pole_recovery_code",
        sa.Column(
            "user_id", sa.UnicodeText, sa.ForeignKey("pole_second_factor.user_id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("digest", sa.CHAR(64), primary_key=True),
    )


def downgrade() -> None:
    op.drop_table("pole_recovery_code")
    op.drop_table("pole_second_factor")
