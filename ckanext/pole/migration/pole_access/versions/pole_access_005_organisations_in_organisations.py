"""Which organisations stand below a person's is found without asking for each of them.

An index on a table of CKAN's; CKAN neither needs nor minds it.

Revision ID: pole_access_005
Revises: pole_access_004
"""

from __future__ import annotations

from alembic import op

revision = "pole_access_005"
down_revision = "pole_access_004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE INDEX IF NOT EXISTS pole_member_nested ON member (table_id)"
        " WHERE table_name = 'group' AND state = 'active'"
    )


def downgrade() -> None:
    op.execute("DROP INDEX IF EXISTS pole_member_nested")
