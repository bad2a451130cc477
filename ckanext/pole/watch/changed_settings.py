"""Whether the operator has changed settings meanwhile (`ckan.lib.app_globals`): asked before each request."""

from __future__ import annotations

import time
from typing import Any

import sqlalchemy as sa
from ckan.model.system_info import SystemInfo
from sqlalchemy.engine.result import FrozenResult
from sqlalchemy.orm import ORMExecuteState
from sqlalchemy.orm.loading import merge_frozen_result

from ckanext.pole import remembered

KEY = "ckan.config_update"
_KEY: Any = SystemInfo.key


class Mark(remembered.Remembered):
    """The mark that CKAN's page of settings leaves, as this process has it."""

    _kept: tuple[float, FrozenResult[Any]] | None = None

    def answer(self, state: ORMExecuteState) -> Any:
        """The row, in the session that asks."""
        clause = getattr(state.statement, "whereclause", None)
        if getattr(getattr(clause, "right", None), "value", None) != KEY:
            return None
        kept = self._kept
        if kept is None or time.monotonic() - kept[0] > remembered.FRESH:
            with self.own() as session:
                found = session.execute(sa.select(SystemInfo).where(_KEY == KEY)).freeze()
            kept = self._kept = time.monotonic(), found
        return merge_frozen_result(state.session, state.statement, kept[1], load=False)()  # type: ignore[arg-type]

    def forget(self) -> None:
        """Ask anew next time."""
        self._kept = None


MARK = Mark(SystemInfo)
