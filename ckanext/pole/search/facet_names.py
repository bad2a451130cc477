"""Titles of the partners and themes that a search counts (`package_search`): asked at the end of each search."""

from __future__ import annotations

import time
from typing import Any

import sqlalchemy as sa
from ckan import model
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData
from sqlalchemy.orm import ORMExecuteState

from ckanext.pole import remembered

#: What CKAN asks for, in this order; of anything else nothing is kept.
COLUMNS = ("name", "title")
MOST = 10_000
"""Titles that a process keeps at most."""


class Titles(remembered.Remembered):
    """Titles by name, as this process has them; None stands for a name that nothing has."""

    def __init__(self, about: type) -> None:
        super().__init__(about)
        self._kept: dict[str, tuple[float, str | None]] = {}

    def answer(self, state: ORMExecuteState) -> Any:
        """Names and titles; all are asked for, where one is not known."""
        names = _asked(state)
        if names is None:
            return None
        kept, oldest = self._kept, time.monotonic() - remembered.FRESH
        known = [(name, *kept.get(name, (0.0, None))) for name in names]
        if any(since <= oldest for _, since, _ in known):
            with self.own() as session:
                found = dict(
                    session.query(model.Group.name, model.Group.title).filter(model.Group.name.in_(names)).all()
                )
            self._keep({name: found.get(name) for name in names})
            rows = found.items()
        else:
            rows = [(name, title) for name, _, title in known if title is not None]
        return IteratorResult(SimpleResultMetaData(COLUMNS), iter(rows))

    def _keep(self, titles: dict[str, str | None]) -> None:
        now = time.monotonic()
        others = self._kept if len(self._kept) + len(titles) <= MOST else {}
        self._kept = others | {name: (now, title) for name, title in titles.items()}

    def forget(self) -> None:
        """Ask anew next time."""
        self._kept = {}


def _asked(state: ORMExecuteState) -> list[str] | None:
    """The names whose titles a statement asks for, and for nothing else; None: it is another one."""
    statement: Any = state.statement
    if not isinstance(statement, sa.Select) or tuple(column.key for column in statement.exported_columns) != COLUMNS:
        return None
    if statement._limit_clause is not None or statement._order_by_clauses or statement._setup_joins:
        return None
    clause = statement.whereclause
    operator = getattr(getattr(clause, "operator", None), "__name__", "")
    if operator != "in_op" or getattr(getattr(clause, "left", None), "key", "") != COLUMNS[0]:
        return None
    names = getattr(getattr(clause, "right", None), "value", None)
    return names if isinstance(names, list) and all(isinstance(name, str) for name in names) else None


TITLES = Titles(model.Group)
