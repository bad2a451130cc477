"""A session lasts as long as the password that began it: who changes that puts everybody else out.

CKAN's sessions are signed cookies that name an account, and its remembered logins are cookies without an end: neither
notices a new password, so whoever learned the old one, or took a browser's cookies, stays in. Here each session holds a
mark that is made of the account's password (of its hash); a remembered login brings such a mark in a cookie of its own,
with the time at which it ends. A mark that is not the account's any more makes the request nobody's.

Rule: OWASP ASVS 5.0, 7.4.3 (other sessions end when the way of logging in changes).
"""

from __future__ import annotations

import hmac
import logging
import time
from datetime import timedelta
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.common import CKANConfig, logout_user, session
from ckan.views import identify_user
from flask import Response, g

from ckanext.pole.guard import trying

log = logging.getLogger(__name__)

MARK = "pole_password"
COOKIE = "pole_remembered"
LONGEST = timedelta(days=1)
"""How long a remembered login lasts at most, whatever the form that began it asked for."""


def keep_cookies_safe(config: CKANConfig) -> None:
    """No script reads cookies, no other site has them sent, and https, if the portal has it, is their only way."""
    if config.get("ckan.site_url", "").startswith("https:"):
        config["SESSION_COOKIE_SECURE"] = config["REMEMBER_COOKIE_SECURE"] = True
    config["REMEMBER_COOKIE_HTTPONLY"] = True
    # CKAN's default is the text "None": a browser sends such a cookie along from any other site.
    config["REMEMBER_COOKIE_SAMESITE"] = "Lax"


def began(sender: Any, user: model.User, **_: Any) -> None:
    """Somebody has logged in: the session is of this password."""
    session[MARK] = _mark(user)
    if session.get("_remember") == "set":
        seconds = min(int(session.get("_remember_seconds") or LONGEST.total_seconds()), int(LONGEST.total_seconds()))
        g.pole_remembered = seconds, user


def check() -> Response | None:
    """Before a request is answered: a session of another password than the account has now is nobody's.

    Returns:
        What a plugin that logs people in its own way answers to nobody in particular; nothing as a rule.
    """
    person: Any = tk.current_user  # a remembered login becomes a session when it is asked for
    if not person.is_authenticated or session.get("_user_id") != person.get_id():
        return None
    held, known = session.get(MARK, ""), _mark(person)
    if hmac.compare_digest(held, known):
        g.pole_own_session = True
    elif not held and session.get("_fresh") is False and _is_remembered(person):
        session[MARK] = known
        g.pole_own_session = True
    else:
        log.info("A session ends: it began with another password, or before sessions had marks")
        logout_user()
        session.pop(MARK, None)
        return identify_user()
    return None


def keep(answer: Response) -> Response:
    """After a request: write a remembered login's cookie; who changed the own password stays in."""
    changes = (tk.request.endpoint, tk.request.method) == ("user.edit", "POST")
    if changes and g.get("pole_own_session") and (person := model.User.get(session.get("_user_id"))):
        session[MARK] = _mark(person)
    if remembered := g.pop("pole_remembered", None):
        seconds, person = remembered
        until = int(time.time()) + seconds
        answer.set_cookie(COOKIE, f"{until}.{_mark(person, str(until))}", max_age=seconds, **_cookie())
    elif g.pop("pole_left", False):
        answer.delete_cookie(COOKIE, **_cookie())
    return answer


def ended(sender: Any, **_: Any) -> None:
    """Somebody has logged out."""
    session.pop(MARK, None)
    g.pole_left = COOKIE in tk.request.cookies


def _is_remembered(person: model.User) -> bool:
    until, _, mark = tk.request.cookies.get(COOKIE, "").partition(".")
    if not until.isdecimal() or not until.isascii() or int(until) < time.time():
        return False
    return hmac.compare_digest(mark.encode(), _mark(person, until).encode())


def _mark(person: model.User, *words: str) -> str:
    """What only the site can make, and only of this account with this password; tells nothing of either."""
    return trying.key(tk.config["SECRET_KEY"], "session", person.id, person.password or "", *words)


def _cookie() -> dict[str, Any]:
    return {
        "path": tk.config.get("REMEMBER_COOKIE_PATH") or "/", "domain": tk.config.get("REMEMBER_COOKIE_DOMAIN"),
        "secure": bool(tk.config.get("REMEMBER_COOKIE_SECURE")), "httponly": True, "samesite": "Lax",
    }  # fmt: skip
