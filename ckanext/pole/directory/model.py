"""The tables that people search: which directories there are, their entries, and their open counts.

They hold redacted rows only, and stand in CKAN's database beside the harvest's own tables, so that one transaction
changes them with the dataset. The DataStore, the other choice, has neither the arrays, the multirange of opening
hours nor the indexes of words that a question needs, and would ask for one permission check more at each of them.
Rows name CKAN's datasets by id, without foreign keys: purging one does not fail here.
"""

from __future__ import annotations

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, INT4MULTIRANGE, JSONB, TSVECTOR

#: One row a directory. Who may read its `resource_id` may search it; who may read its `summary_id` sees its counts.
LISTING = sa.Table(
    "pole_directory_listing",
    tk.BaseModel.metadata,
    sa.Column("package_id", sa.UnicodeText, primary_key=True),
    sa.Column("resource_id", sa.UnicodeText, nullable=False),
    sa.Column("summary_id", sa.UnicodeText, nullable=False),
    sa.Column("entries", sa.Integer, nullable=False),
    sa.Column("modified", sa.DateTime(timezone=True), nullable=False),
)

#: One row a service at a place (`entries.entries`).
ENTRY = sa.Table(
    "pole_directory_entry",
    tk.BaseModel.metadata,
    sa.Column("package_id", sa.UnicodeText, primary_key=True),
    sa.Column("id", sa.UnicodeText, primary_key=True, index=True),
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

#: One row a place and category of the summary.
COUNT = sa.Table(
    "pole_directory_count",
    tk.BaseModel.metadata,
    sa.Column("package_id", sa.UnicodeText, primary_key=True),
    sa.Column("place", sa.UnicodeText, primary_key=True),
    sa.Column("category", sa.UnicodeText, primary_key=True),
    sa.Column("name_fr", sa.UnicodeText),
    sa.Column("name_en", sa.UnicodeText),
    sa.Column("services", sa.Integer),
    sa.Column("suppressed", sa.Boolean, nullable=False),
)
