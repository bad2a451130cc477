"""What people search in directories: listings, entries and counts.

Revision ID: pole_directory_001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, INT4MULTIRANGE, JSONB, TSVECTOR

revision = "pole_directory_001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pole_directory_listing",
        sa.Column("package_id", sa.UnicodeText, primary_key=True),
        sa.Column("resource_id", sa.UnicodeText, nullable=False),
        sa.Column("summary_id", sa.UnicodeText, nullable=False),
        sa.Column("entries", sa.Integer, nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "pole_directory_entry",
        sa.Column("package_id", sa.UnicodeText, primary_key=True),
        sa.Column("id", sa.UnicodeText, primary_key=True),
        sa.Column("digest", sa.UnicodeText, nullable=False),
        sa.Column("service_id", sa.UnicodeText, nullable=False),
        sa.Column("organization_id", sa.UnicodeText),
        sa.Column("name_fr", sa.UnicodeText),
        sa.Column("name_en", sa.UnicodeText),
        sa.Column("city", sa.UnicodeText),
        sa.Column("latitude", sa.Float),
        sa.Column("longitude", sa.Float),
        sa.Column("languages", ARRAY(sa.UnicodeText), nullable=False),
        sa.Column("categories", ARRAY(sa.UnicodeText), nullable=False),
        sa.Column("codes", ARRAY(sa.UnicodeText), nullable=False),
        sa.Column("minimum_age", sa.Integer),
        sa.Column("maximum_age", sa.Integer),
        sa.Column("free", sa.Boolean),
        sa.Column("accessible", sa.Boolean),
        sa.Column("week", INT4MULTIRANGE),
        sa.Column("dated", sa.Boolean, nullable=False),
        sa.Column("words", TSVECTOR, nullable=False),
        sa.Column("sheet", JSONB, nullable=False),
    )
    op.create_index("pole_directory_entry_id_idx", "pole_directory_entry", ["id"])
    op.create_index("pole_directory_entry_point_idx", "pole_directory_entry", ["latitude", "longitude"])
    op.create_index("pole_directory_entry_words_idx", "pole_directory_entry", ["words"], postgresql_using="gin")
    op.create_index("pole_directory_entry_codes_idx", "pole_directory_entry", ["codes"], postgresql_using="gin")
    op.create_table(
        "pole_directory_count",
        sa.Column("package_id", sa.UnicodeText, primary_key=True),
        sa.Column("place", sa.UnicodeText, primary_key=True),
        sa.Column("category", sa.UnicodeText, primary_key=True),
        sa.Column("name_fr", sa.UnicodeText),
        sa.Column("name_en", sa.UnicodeText),
        sa.Column("services", sa.Integer),
        sa.Column("suppressed", sa.Boolean, nullable=False),
    )


def downgrade() -> None:
    for name in ("count", "entry", "listing"):
        op.drop_table(f"pole_directory_{name}")
