"""Tables that CKAN must not empty or alter with its own: the ledger's, which only grow."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from ckanext.pole.access.chain import FACTS, GENESIS, Link, Row, stamp

METADATA = sa.MetaData()

LOG = sa.Table(
    "pole_access_log",
    METADATA,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    *(sa.Column(name, sa.UnicodeText, nullable=False) for name in FACTS if name != "details"),
    sa.Column("details", JSONB, nullable=False),
    sa.Column("prev_hash", sa.CHAR(64), nullable=False),
    sa.Column("hash", sa.CHAR(64), nullable=False),
)

ANCHOR = sa.Table(
    "pole_access_log_anchor",
    METADATA,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("hash", sa.CHAR(64), nullable=False),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("user_id", sa.UnicodeText, nullable=False),
    sa.Column("reason", sa.UnicodeText, nullable=False),
    sa.Column("transaction", sa.UnicodeText, nullable=False),
)

HEAD = sa.Table(
    "pole_access_log_head",
    METADATA,
    sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.CHAR(64), nullable=False),
)


def row_of(record: sa.Row) -> Row:
    """A table's row as the chain knows it."""
    return Row(
        record.seq, stamp(record.at), {name: getattr(record, name) for name in FACTS}, record.prev_hash, record.hash
    )


def head_of(connection: sa.Connection, *, lock: bool = False) -> Link:
    """The end of the chain.

    Args:
        connection: in whose transaction.
        lock: keep other writers waiting until that transaction ends.

    Raises:
        RuntimeError: somebody removed it; nothing is written to a ledger that has no end.
    """
    query = sa.select(HEAD.c.seq, HEAD.c.hash)
    found = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if found is None:
        raise RuntimeError("the ledger has lost its head")
    return Link(found.seq, found.hash)


def last_anchor(connection: sa.Connection) -> Link:
    """Where the chain begins: the last row that was pruned, or nothing."""
    found = connection.execute(
        sa.select(ANCHOR.c.seq, ANCHOR.c.hash).order_by(ANCHOR.c.seq.desc()).limit(1)
    ).one_or_none()
    return Link(found.seq, found.hash) if found else Link(0, GENESIS)
