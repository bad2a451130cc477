"""Whether the operator has changed settings meanwhile: CKAN asks the database at each request, here once a second.

That question (`ckan.lib.app_globals`, key `ckan.config_update`) has a transaction of its own, a twentieth of what a
search costs. Only its answer is kept, in the way that SQLAlchemy describes under "re-executing statements": a change
that is made on CKAN's page of settings is followed at once by the process that made it, within a second by the others.
"""

from __future__ import annotations

import time
from typing import Any

import sqlalchemy as sa
from ckan import model
from ckan.model.system_info import SystemInfo
from sqlalchemy import event
from sqlalchemy.engine.result import FrozenResult
from sqlalchemy.orm import ORMExecuteState, Session
from sqlalchemy.orm.loading import merge_frozen_result

KEY = "ckan.config_update"
_KEY: Any = SystemInfo.key
FRESH = 1.0
"""Seconds for which an answer is kept."""


class Mark:
    """The answer, as this process has it."""

    def __init__(self) -> None:
        self._kept: tuple[float, FrozenResult[Any]] | None = None

    def asked(self, state: ORMExecuteState) -> Any:
        """A statement is about to run; that one is answered from memory while the answer is fresh.

        Args:
            state: of SQLAlchemy's event `do_orm_execute`.

        Returns:
            The answer; None for any other statement, which runs.
        """
        mapper = state.bind_mapper
        if mapper is None or mapper.class_ is not SystemInfo or not state.is_select or not _is_about_it(state):
            return None
        kept = self._kept
        if kept is None or time.monotonic() - kept[0] > FRESH:
            kept = self._kept = time.monotonic(), _read()
        return merge_frozen_result(state.session, state.statement, kept[1], load=False)()  # type: ignore[arg-type]

    def written(self, session: Session, *_: Any) -> None:
        """Something is written; of settings, it is asked anew."""
        if any(isinstance(changed, SystemInfo) for changed in (*session.new, *session.dirty, *session.deleted)):
            self._kept = None


_MARK = Mark()


def install() -> None:
    """Listen to the sessions of this process; once."""
    if not event.contains(model.Session, "do_orm_execute", _MARK.asked):
        event.listen(model.Session, "do_orm_execute", _MARK.asked)
        event.listen(model.Session, "after_flush", _MARK.written)


def _read() -> FrozenResult[Any]:
    """The answer, read by a session of its own: whoever asked may change what it is given, and this is given to all."""
    with model.meta.create_local_session() as session:
        return session.execute(sa.select(SystemInfo).where(_KEY == KEY)).freeze()


def _is_about_it(state: ORMExecuteState) -> bool:
    clause = getattr(state.statement, "whereclause", None)
    return getattr(getattr(clause, "right", None), "value", None) == KEY
