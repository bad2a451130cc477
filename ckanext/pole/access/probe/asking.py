"""Asks the real WSGI application, and undoes in the database whatever an answer changed."""

from __future__ import annotations

import contextvars
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from ckan import model
from ckan.lib.search import clear, rebuild
from sqlalchemy import event
from werkzeug.test import Client, EnvironBuilder

from ckanext.pole.access.probe.garden import Person

log = logging.getLogger(__name__)


class Asker:
    """One caller after another, in this process.

    CKAN's session is put into a transaction of ours that is rolled back after each answer: what an action commits is
    only a savepoint in it. The index knows no transactions: what was written to it meanwhile is read again from the
    database. Tables of data and queues are not undone: an editor's changes are tried on a dataset of their own.
    """

    def __init__(self, application: Callable[..., Any], connection: sa.Connection) -> None:
        self._client, self._browser = Client(application, use_cookies=False), Client(application)
        self._connection = connection
        self._touched: set[str] = set()
        self.count = 0

    def ask(
        self, person: Person | None, method: str, path: str, *, session: bool = False, **more: Any
    ) -> tuple[int, str]:
        """One question.

        Args:
            person: who asks; None for nobody.
            method: of HTTP.
            path: with its query.
            session: whether the cookie goes along of somebody who has opened a form, as it does with each form.
            more: `json` or `data`, as werkzeug takes them.

        Returns:
            The status, and all of the answer as one text: status line, headers and body.
        """
        headers = [("Authorization", person.token)] if person is not None else []
        if session or method == "POST":
            csrf = self._csrf  # asked for once, and with it the cookie
            headers = headers or [("X-CSRFToken", csrf)]
        client = self._browser if session or method == "POST" else self._client
        builder = EnvironBuilder(path=path, method=method, headers=headers, **more)
        self.count += 1
        with self._undone():
            # A context of its own: within another one of Flask's, requests would share what belongs to each of them.
            try:
                return contextvars.Context().run(self._answer, client, builder)
            except Exception:
                # A server would answer so; an application that is tested lets the error through.
                log.debug("%s %s failed", method, path, exc_info=True)
                return 500, ""

    def visit(self, person: Person | None, path: str, *, session: bool = False) -> Iterator[tuple[int, str]]:
        """A page, and the one that it leads to: asked by its id, a dataset's page leads to the one under its name."""
        status, text = self.ask(person, "GET", path, session=session)
        yield status, text
        found = re.search(r"^Location: (\S+)", text, re.MULTILINE)
        if 300 <= status < 400 and found and "/user/login" not in found[1]:
            parts = urlsplit(found[1])
            yield self.ask(person, "GET", f"{parts.path}?{parts.query}".rstrip("?"), session=session)

    @cached_property
    def _csrf(self) -> str:
        """The token of somebody who has opened a page: the cookie that goes with it stays in the client."""
        with self._undone():
            page = contextvars.Context().run(self._browser.get, "/user/login").get_data(as_text=True)
        found = re.search(r'name="_csrf_token"[^>]*?(?:content|value)="([^"]+)"', page)
        return found[1] if found else ""

    @staticmethod
    def _answer(client: Client, builder: EnvironBuilder) -> tuple[int, str]:
        response = client.open(builder)
        try:
            body = response.get_data()
        finally:
            response.close()
        head = "\n".join(f"{name}: {value}" for name, value in response.headers)
        return response.status_code, f"{response.status}\n{head}\n\n{body.decode('utf-8', 'replace')}"

    @contextmanager
    def _undone(self) -> Iterator[None]:
        transaction = self._connection.begin()
        try:
            yield
        finally:
            model.Session.remove()
            transaction.rollback()
            if self._touched:
                self._mend()

    def note(self, session: Any, _: Any) -> None:
        """Remember which datasets a flush touched; an event of SQLAlchemy's."""
        for changed in (*session.new, *session.dirty, *session.deleted):
            identity = changed.id if isinstance(changed, model.Package) else getattr(changed, "package_id", None)
            if identity:
                self._touched.add(identity)

    def _mend(self) -> None:
        for identity in self._touched:
            there = model.Session.get(model.Package, identity)
            rebuild(identity) if there is not None else clear(identity)
        self._touched.clear()
        model.Session.remove()


@contextmanager
def asking(application: Callable[..., Any]) -> Iterator[Asker]:
    """Someone who asks and leaves no change; CKAN's session is its own again afterwards."""
    engine = model.ensure_engine()
    model.Session.remove()
    with engine.connect() as connection:
        model.Session.configure(bind=connection, join_transaction_mode="create_savepoint")
        asker = Asker(application, connection)
        event.listen(model.Session, "after_flush", asker.note)
        try:
            yield asker
        finally:
            event.remove(model.Session, "after_flush", asker.note)
            model.Session.remove()
            model.Session.configure(bind=engine, join_transaction_mode="conditional_savepoint")
