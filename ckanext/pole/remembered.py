"""Small questions that CKAN asks the database at each request, though their answers change once a month.

Each has a transaction of its own, which costs more than the answer. A `Remembered` answers it from memory for a few
seconds, in the way that SQLAlchemy describes under "re-executing statements" (event `do_orm_execute`). The process that
writes such an answer asks anew at once, the others when those seconds are over. A statement that is not recognised runs
as it is: should CKAN ask otherwise one day, only the gain is lost.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from ckan import model
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session

FRESH = 5.0
"""Seconds for which an answer is good."""


class Remembered(ABC):
    """One question. Not for what decides who may see what: that is asked each time.

    Args:
        about: the mapped class whose rows hold the answer.
    """

    def __init__(self, about: type) -> None:
        self._about = about

    def install(self) -> None:
        """Listen to the sessions of this process; once."""
        if not event.contains(model.Session, "do_orm_execute", self.asked):
            event.listen(model.Session, "do_orm_execute", self.asked)
            event.listen(model.Session, "after_flush", self.written)
            event.listen(model.Session, "after_commit", self.ended)
            event.listen(model.Session, "after_rollback", self.ended)

    def asked(self, state: ORMExecuteState) -> Any:
        """A statement is about to run.

        Args:
            state: of SQLAlchemy's event `do_orm_execute`.

        Returns:
            The answer, if it is the question that is known here; None: let it run.
        """
        mapper = state.bind_mapper
        if mapper is None or mapper.class_ is not self._about or not state.is_select or self in state.session.info:
            return None
        return self.answer(state)

    def written(self, session: Session, *_: Any) -> None:
        """Something is written: until it is saved, only this session is to know of it."""
        if any(isinstance(changed, self._about) for changed in (*session.new, *session.dirty, *session.deleted)):
            session.info[self] = True

    def ended(self, session: Session) -> None:
        """It is saved, or undone; a savepoint does neither yet."""
        if not session.in_nested_transaction() and session.info.pop(self, False):
            self.forget()

    @abstractmethod
    def answer(self, state: ORMExecuteState) -> Any:
        """As `asked`, of a statement that reads such rows. What is kept is read by a session of its own (`own`)."""

    @abstractmethod
    def forget(self) -> None:
        """Ask anew next time."""

    @staticmethod
    def own() -> Any:
        """A session in which nobody has changed anything, nor will: what it reads is given to all."""
        return model.meta.create_local_session()
