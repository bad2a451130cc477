"""What all pages of the slice share: calling actions as the reader, refusing in words, showing a form again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import ckan.plugins.toolkit as tk
from flask import Response
from werkzeug.datastructures import MultiDict

from ckanext.pole.access import fields

#: Rows of a list on a page.
ROWS = 50


def call(action: str, **data: Any) -> Any:
    """Call an action as the reader."""
    return tk.get_action(action)({"user": tk.g.user}, data)


def public(action: str, **data: Any) -> Any:
    """Call an action as nobody: what a register, or a cache, may hold."""
    return tk.get_action(action)({"user": ""}, data)


def allowed(action: str, **data: Any) -> Any:
    """Call an action as the reader; None where the reader may not."""
    try:
        return call(action, **data)
    except tk.NotAuthorized:
        return None


def slice_of(action: str, page: int, ask: Callable[..., Any] = call, **data: Any) -> tuple[list[Any], bool]:
    """One page of a list, and whether another one follows."""
    found = ask(action, limit=ROWS + 1, offset=(page - 1) * ROWS, **data)
    return found[:ROWS], len(found) > ROWS


def page_number() -> int:
    """The page that the address asks for; what is no number is the first."""
    asked = tk.request.args.get("page", "1")
    return min(int(asked), 10_000) if asked.isdecimal() and int(asked) > 0 else 1


def in_words(view: Callable[..., Any]) -> Callable[..., Any]:
    """Answer 404 and 403 in words; somebody who is not logged in is led to the form for it, and back."""

    @wraps(view)
    def page(*args: Any, **kwargs: Any) -> Any:
        try:
            return view(*args, **kwargs)
        except (tk.ObjectNotFound, tk.ValidationError):
            # What the address itself asks for is wrong: a form keeps its errors to itself.
            return tk.abort(404, tk._("This page does not exist, or is not for you."))
        except tk.NotAuthorized:
            if not tk.g.user:
                return log_in()
            return tk.abort(403, tk._("This page is for people of another organisation, or with another role."))

    return page


def log_in() -> Response:
    """To the log-in form, and back to this page afterwards."""
    here = tk.request.full_path.rstrip("?") if tk.request.method == "GET" else tk.h.url_for("pole_access.mine")
    return tk.redirect_to("user.login", came_from=here)


def somebody() -> str:
    """The reader's account.

    Raises:
        NotAuthorized: nobody is logged in.
    """
    if not tk.g.user:
        raise tk.NotAuthorized(tk._("Log in first"))
    return tk.g.user


def go(done: str, endpoint: str, **values: Any) -> Response:
    """Say what was done on the next page, and go there."""
    tk.h.flash_success(done)
    response = tk.redirect_to(f"pole_access.{endpoint}", **values)
    response.status_code = 303
    return response


@dataclass
class Page:
    """A page with one form: what it says, what it asks, what its button does.

    Attributes:
        title: heading.
        button: word on the button.
        asked: the fields.
        lead: sentences before the form.
        back: address and name of the page that it comes from.
        danger: the act cannot be undone, or closes something.
        about: template that shows what the act is about.
        extra: what that template needs.
    """

    title: str
    button: str
    asked: Sequence[fields.Field] = ()
    lead: Sequence[str] = ()
    back: tuple[str, str] = ("", "")
    danger: bool = False
    about: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


def answer(
    page: Page, act: Callable[[dict[str, Any]], Response], data: Any = None, template: str = "pole/access/form.html"
) -> Any:
    """Show the form; once it is submitted, act; after an error, show it again with what was typed.

    Args:
        page: the form.
        act: what to do with what was typed; its ValidationError comes back to the form.
        data: what the fields show at first.
        template: the page's template.
    """
    errors: dict[str, Any] = {}
    if tk.request.method == "POST":
        form = tk.request.form
        try:
            return act(fields.read(form, page.asked))
        except tk.ValidationError as refused:
            errors = refused.error_dict
            data = shown(form, page.asked)
    extra = {"page": page, "data": data or {}, "errors": errors, "said": fields.messages(errors, page.asked)}
    # CKAN's own pages answer 200 to a form with errors; a program, and a test, read the status.
    return Response(tk.render(template, extra), status=422 if errors else 200)


def shown(form: MultiDict[str, str], asked: Sequence[fields.Field]) -> dict[str, Any]:
    """What was typed, under the names of the inputs."""
    many = {one.name for one in asked if one.kind == "checks"}
    return {name: form.getlist(name) if name in many else form.get(name, "") for name in form}
