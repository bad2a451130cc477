"""Every way into an account leads past here: a session whose second factor is owed is nobody's.

CKAN asks who a session belongs to in one place (`IAuthenticator.identify_user`), whether it came by the login form, a
registration, a remembered login or another plugin's way. There an owed code makes it nobody's, for pages, API and
downloads alike; the rest of this module only leads people to where they give it. A token of the API is a credential
of its own and is asked for nothing.
"""

from __future__ import annotations

import time
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.common import logout_user, session
from ckan.views.user import regenerate_session, rotate_token
from flask import Response, g

from ckanext.pole import settings
from ckanext.pole.guard.second_factor import model as tables
from ckanext.pole.guard.second_factor import standing
from ckanext.pole.guard.second_factor.standing import Standing

MARK, ASKED = "pole_second_factor", "pole_second_factor_asked"
#: Where somebody who owes a second factor is herself nevertheless.
SETTING_UP = ("pole_second_factor.read", "pole_second_factor.turn_on", "user.logout")
#: Pages that are not led away from: one may also log in anew, or ask for another password.
_DOORS = ("user.login", "user.logout", "user.logged_out_page", "user.request_reset", "user.perform_reset")


def identify(user_id: str | None) -> model.User | model.AnonymousUser | None:
    """Whose a session is.

    Args:
        user_id: the account that the session names; None: it names none.

    Returns:
        The account, nobody, or None: CKAN shall look.
    """
    if user_id is None:
        return None
    found = of_account(user_id)
    if found is None:
        return None
    user, factor, required = found
    g.pole_standing = state = standing.of(factor, session.get(MARK), session.get(ASKED), time.time(), required=required)
    if state is Standing.FREE:
        # With a token beside the session CKAN weighs the two itself.
        return None if tk.request.headers.get(tk.config["apitoken_header_name"]) else user
    if state is Standing.OWING and tk.request.endpoint in SETTING_UP:
        return user
    return model.AnonymousUser()


def of_account(user_id: str) -> tuple[model.User, str | None, bool] | None:
    """An account, the id of its second factor if it has one, and whether it must; None: there is no such account."""
    roles = settings.second_factor_required()
    found = tables.person(user_id, custodians="custodians" in roles)
    if found is None:
        return None
    user, factor, custodian = found
    return user, factor, standing.required(roles, sysadmin=bool(user.sysadmin), custodian=custodian)


def now() -> Standing:
    """Where this request's session stands."""
    _ = tk.current_user.is_authenticated  # CKAN looks whose it is at the first question
    return g.get("pole_standing", Standing.FREE)


def account() -> str:
    """The id of the account that the session names, be it entered or not; empty: none."""
    return str(session.get("_user_id") or "")


def lead() -> Response | None:
    """Before a request is answered: lead somebody who opens a page to what is owed."""
    state = now()
    if state is Standing.FREE or (tk.request.blueprint or "") == "pole_second_factor":
        return None
    if state is Standing.LATE:
        logout_user()  # forgets a remembered login too
        return None
    if tk.request.method != "GET" or tk.request.endpoint in _DOORS or not _opens_a_page():
        return None
    if state is Standing.ASKED:
        return tk.redirect_to("pole_second_factor.ask", came_from=_here())
    return tk.redirect_to("pole_second_factor.read", id=account())


def logged_in(sender: Any, user: Any, **_: Any) -> None:
    """Somebody has given the right password: what an earlier login left in the session says nothing about this one."""
    session.pop(MARK, None)
    session.pop(ASKED, None)
    if tables.find(user.id) is not None:
        session[ASKED] = time.time()
        session.pop("_remember", None)  # or a cookie of years would stand for the password; Flask-Login sets it later


def logged_out(sender: Any, **_: Any) -> None:
    """What was given for this session is not for the next one."""
    session.pop(MARK, None)
    session.pop(ASKED, None)


def enter(factor: str) -> None:
    """The code was right: the session is the account's from now on, with a new token for its forms.

    Args:
        factor: the id of the second factor.
    """
    regenerate_session()
    session.pop(ASKED, None)
    session[MARK] = factor
    rotate_token()


def leave() -> Response | None:
    """Log out somebody who has not entered; CKAN would not, since it is nobody."""
    if now() is not Standing.ASKED:
        return None
    logout_user()
    return tk.redirect_to("user.login")


def _here() -> str:
    """The page that is asked for, in its language: CKAN takes that out of the address before a view sees it."""
    path, environ = tk.request.full_path.rstrip("?"), tk.request.environ
    return path if environ.get("CKAN_LANG_IS_DEFAULT", True) else f"/{environ['CKAN_LANG']}{path}"


def _opens_a_page() -> bool:
    """A browser that opens a page says so; pictures, scripts and programs do not."""
    return any(kind == "text/html" for kind, _ in tk.request.accept_mimetypes)
