"""Which organisations have datasets that are not public is found without reading all datasets.

An index on a table of CKAN's; CKAN neither needs nor minds it.

Revision ID: pole_access_004
Revises: pole_access_003
"""

from __future__ import annotations

from alembic import op

revision = "pole_access_004"
down_revision = "pole_access_003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE INDEX IF NOT EXISTS pole_package_not_public ON package (owner_org) WHERE private OR state <> 'active'"
    )


def downgrade() -> None:
    op.execute("DROP INDEX IF EXISTS pole_package_not_public")
