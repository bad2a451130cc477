"""What every act has in common: who acts, on which row, in one transaction that leaves all or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.types import Context
from sqlalchemy.exc import IntegrityError

from ckanext.pole.access import facts, states
from ckanext.pole.access.model import Policy
from ckanext.pole.access.pages import pole_access_state
from ckanext.pole.access.standing import Standing

Found = TypeVar("Found")


def actor(context: Context) -> Standing:
    """Where the person who acts stands."""
    return facts.standing(facts.asker(context))


def reader(context: Context) -> Standing:
    """As whom an answer is written: who acts, or with `ignore_auth` someone from whom nothing is kept."""
    person = actor(context)
    return replace(person, sysadmin=True) if context.get("ignore_auth") else person


@contextmanager
def act(context: Context) -> Iterator[Any]:
    """One transaction: committed at the end, undone by any error.

    The context key `defer_commit` leaves the commit to the caller, as in CKAN's own actions.

    Raises:
        ValidationError: somebody else did the same at the same time, and was first.
    """
    try:
        yield model.Session
        model.Session.flush()
        if not context.get("defer_commit"):
            model.Session.commit()
    except IntegrityError as error:
        model.Session.rollback()
        if "_one_" not in str(error.orig) and "_suspension_one" not in str(error.orig):
            raise
        raise tk.ValidationError({"state": [tk._("Somebody did this a moment ago")]}) from None
    except BaseException:
        model.Session.rollback()
        raise
    finally:
        facts.forget()


def load(kind: type[Found], row_id: Any) -> Found:
    """A row by its id.

    Raises:
        ObjectNotFound: there is none.
    """
    found = model.Session.get(kind, row_id) if isinstance(row_id, str) and "\0" not in row_id else None
    if found is None:
        raise tk.ObjectNotFound(tk._("Not found"))
    return found


def lock(kind: type[Found], row_id: str) -> Found:
    """A row as it is now, kept from others until the transaction ends.

    An act locks the policy before what hangs on it: one order, so that no two acts wait for each other.

    Raises:
        ObjectNotFound: there is none.
    """
    table: Any = kind
    found = model.Session.execute(
        sa.select(kind).where(table.id == row_id).with_for_update().execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if found is None:
        raise tk.ObjectNotFound(tk._("Not found"))
    return found


def lock_on_policy(kind: type[Found], row_id: str) -> tuple[Policy, Found]:
    """A policy, then what hangs on it, both locked."""
    row: Any = load(kind, row_id)
    return lock(Policy, row.policy_id), lock(kind, row_id)


def next_state(life: Mapping[str, tuple[tuple[str, ...], str]], state: str, verb: str) -> str:
    """The state that a verb leads to.

    Raises:
        ValidationError: the verb makes no sense in this state.
    """
    try:
        return states.after(life, state, verb)
    except states.WrongState:
        word = pole_access_state(state)["label"]
        message = tk._("This cannot be done now: the state is “{state}”").format(state=word)
        raise refusal("state", message) from None


def refusal(field: str, message: str) -> tk.ValidationError:
    """An error at a field."""
    return tk.ValidationError({field: [message]})


def organisation(name_or_id: str, field: str) -> model.Group:
    """An organisation that exists.

    Raises:
        ValidationError: there is none, at `field`.
    """
    found = model.Group.get(name_or_id) if name_or_id else None
    if found is None or not found.is_organization or found.state != model.State.ACTIVE:
        raise refusal(field, tk._("There is no such organisation"))
    return found
