"""The harvest slice's tables (HARVEST.md E).

ckanext-harvest's own tables say what was queued; these say what was seen, what changed field by field, what waits for
a person, and who is at work. Rows name CKAN's datasets and ckanext-harvest's sources and jobs by id, without foreign
keys: clearing a source's history there neither fails here nor forgets what people decided.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timezone
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB


def new_id() -> str:
    """An opaque id."""
    return str(uuid.uuid4())


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(timezone.utc)


def _text(name: str, **more: Any) -> sa.Column[str]:
    return sa.Column(name, sa.UnicodeText, nullable=False, default="", server_default="", **more)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, default=0, server_default="0")


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False, default=False, server_default=sa.false())


def _moment(name: str, **more: Any) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), **more)


def _table(name: str, *parts: Any) -> sa.Table:
    return sa.Table(name, tk.BaseModel.metadata, *parts, extend_existing=True)


#: What is known of each record of each source: the digests it was last imported with, and what we last wrote where.
record = _table(
    "pole_harvest_record",
    sa.Column("source_id", sa.UnicodeText, primary_key=True),
    sa.Column("guid", sa.UnicodeText, primary_key=True),
    sa.Column("package_id", sa.UnicodeText, nullable=False, index=True),
    _text("digest"),
    _text("raw_digest"),
    _text("cross_key"),
    sa.Column("fields", JSONB, nullable=False, server_default="{}"),
    _moment("first_seen", nullable=False),
    _moment("changed", nullable=False),
    sa.Index("pole_harvest_record_cross_key", "cross_key", postgresql_where=sa.text("cross_key <> ''")),
)

#: One run of a source; its id is the one of ckanext-harvest's job.
run = _table(
    "pole_harvest_run",
    sa.Column("id", sa.UnicodeText, primary_key=True),
    sa.Column("source_id", sa.UnicodeText, nullable=False),
    _text("state"),
    _moment("started", nullable=False),
    _moment("read_until"),
    _moment("finished"),
    sa.Column("expected", sa.Integer),
    *(_count(name) for name in ("pages", "records", "new", "changed", "same", "left_out", "duplicates")),
    *(_count(name) for name in ("missing", "held", "quarantined", "written", "deleted", "failed")),
    _flag("whole"),
    _flag("stop_asked"),
    _text("problem"),
    _text("problem_detail"),
    _moment("told"),
    sa.Index("pole_harvest_run_source", "source_id", "started"),
)

#: Pages that a run has read, where it can go on after one of them: the ids on it, and the counts up to it.
page = _table(
    "pole_harvest_page",
    sa.Column("run_id", sa.UnicodeText, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("source_id", sa.UnicodeText, nullable=False, index=True),
    sa.Column("after", sa.UnicodeText, nullable=False),
    sa.Column("guids", JSONB, nullable=False),
    sa.Column("counts", JSONB, nullable=False),
    _moment("at", nullable=False),
)

#: What a run changed in one dataset, field by field.
change = _table(
    "pole_harvest_change",
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("run_id", sa.UnicodeText, nullable=False),
    sa.Column("source_id", sa.UnicodeText, nullable=False),
    sa.Column("guid", sa.UnicodeText, nullable=False),
    sa.Column("package_id", sa.UnicodeText, nullable=False, index=True),
    sa.Column("action", sa.UnicodeText, nullable=False),
    _text("title"),
    sa.Column("fields", JSONB, nullable=False, server_default="{}"),
    sa.Column("kept", JSONB, nullable=False, server_default="[]"),
    _moment("at", nullable=False),
    sa.Index("pole_harvest_change_run", "run_id", "id"),
)

#: Records that could not be used, with the reason; a record that is mended leaves.
quarantine = _table(
    "pole_harvest_quarantine",
    sa.Column("id", sa.UnicodeText, primary_key=True, default=new_id),
    sa.Column("source_id", sa.UnicodeText, nullable=False),
    sa.Column("guid", sa.UnicodeText, nullable=False),
    sa.Column("run_id", sa.UnicodeText, nullable=False),
    sa.Column("reason", sa.UnicodeText, nullable=False),
    sa.Column("details", JSONB, nullable=False, server_default="{}"),
    _text("digest"),
    sa.Column("content", JSONB),
    _moment("first_seen", nullable=False),
    _moment("last_seen", nullable=False),
    sa.UniqueConstraint("source_id", "guid", name="pole_harvest_quarantine_guid"),
)

#: Records gone at their source whose deletion waits for a person, and what was decided.
deletion = _table(
    "pole_harvest_deletion",
    sa.Column("id", sa.UnicodeText, primary_key=True, default=new_id),
    sa.Column("source_id", sa.UnicodeText, nullable=False),
    sa.Column("guid", sa.UnicodeText, nullable=False),
    sa.Column("package_id", sa.UnicodeText, nullable=False),
    sa.Column("run_id", sa.UnicodeText, nullable=False),
    sa.Column("reason", sa.UnicodeText, nullable=False),
    sa.Column("state", sa.UnicodeText, nullable=False, server_default="held"),
    sa.Column("misses", sa.Integer, nullable=False, default=1, server_default="1"),
    _text("decided_by"),
    _moment("decided"),
    _moment("created", nullable=False),
    sa.UniqueConstraint("source_id", "guid", name="pole_harvest_deletion_guid"),
)

#: Who is at work on what; a holder that stops beating loses it.
lease = _table(
    "pole_harvest_lease",
    sa.Column("name", sa.UnicodeText, primary_key=True),
    sa.Column("holder", sa.UnicodeText, nullable=False),
    _moment("taken", nullable=False),
    _moment("beat", nullable=False),
)

#: Datasets written whose index document is not sent yet: filled in the transaction that writes, emptied after Solr.
unindexed = _table(
    "pole_harvest_unindexed",
    sa.Column("package_id", sa.UnicodeText, primary_key=True),
    _moment("since", nullable=False),
)

#: Warnings of overdue sources that were mailed: once until the source runs again.
overdue = _table(
    "pole_harvest_overdue",
    sa.Column("source_id", sa.UnicodeText, primary_key=True),
    _moment("told", nullable=False),
)
