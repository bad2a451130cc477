"""A person may be suspended from the data of one policy.

Revision ID: pole_access_003
Revises: pole_access_002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "pole_access_003"
down_revision = "pole_access_002"
branch_labels = None
depends_on = None

TABLE, INDEX = "pole_access_suspension", "pole_access_suspension_one"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("policy_id", sa.UnicodeText, nullable=False, server_default=""))
    _index("user_id", "owner_org", "policy_id")


def downgrade() -> None:
    # What closed one policy only would otherwise close all of the custodian's.
    op.execute("DELETE FROM pole_access_suspension WHERE policy_id <> ''")
    _index("user_id", "owner_org")
    op.drop_column(TABLE, "policy_id")


def _index(*columns: str) -> None:
    op.drop_index(INDEX, TABLE)
    op.create_index(INDEX, TABLE, list(columns), unique=True, postgresql_where=sa.text("lifted IS NULL"))
