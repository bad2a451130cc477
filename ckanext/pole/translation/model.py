"""The machine's texts, each kept so that it is made once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from ckan import model
from ckan.plugins import toolkit as tk
from sqlalchemy.dialects.postgresql import insert

TABLE = sa.Table(
    "pole_translation",
    tk.BaseModel.metadata,
    sa.Column("engine", sa.UnicodeText, primary_key=True),
    sa.Column("target", sa.UnicodeText, primary_key=True),
    sa.Column("digest", sa.UnicodeText, primary_key=True),
    sa.Column("text", sa.UnicodeText, nullable=False),
    sa.Column("created", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    extend_existing=True,
)


def digest(source: str) -> str:
    """What a text to translate is known by: its sha256, so that the table holds no second copy of it."""
    return hashlib.sha256(source.encode()).hexdigest()


def known(engine: str, target: str, sources: Iterable[str]) -> dict[str, str]:
    """Source → translation, of those that were made already; one statement."""
    by_digest = {digest(source): source for source in sources}
    if not by_digest:
        return {}
    rows = model.Session.execute(
        sa.select(TABLE.c.digest, TABLE.c.text).where(
            TABLE.c.engine == engine, TABLE.c.target == target, TABLE.c.digest.in_(list(by_digest))
        )
    )
    return {by_digest[found]: text for found, text in rows}


def keep(engine: str, target: str, made: Mapping[str, str]) -> None:
    """Keep translations and commit; where two workers made the same one, the first stays."""
    if not made:
        return
    rows = [
        {"engine": engine, "target": target, "digest": digest(source), "text": text} for source, text in made.items()
    ]
    model.Session.execute(insert(TABLE).values(rows).on_conflict_do_nothing())
    model.Session.commit()
