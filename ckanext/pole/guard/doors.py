"""The doors at which tries are counted: login, reset of a password, registration, the API.

A login is counted thrice. At one account from one place: after five tries a wait that doubles. At one account from
everywhere: when many places try, each gets one try before it waits; the owner, who knows the password, comes in at the
first, so nobody can lock another one out. From one place at all accounts: a ceiling, against trying one password on
everybody. Requests for access have their own limit, a person's a day (`ckanext.pole.access.requests_per_day`).

Without Redis nothing can be counted. Reading goes on: a limit that is away for a while harms nobody. Where a password
is tried or a letter is sent the door is shut and says so: an attacker who can stop Redis must not gain tries by it.
"""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from flask import Response, g, jsonify, make_response, session
from limits import RateLimitItem, parse

from ckanext.pole import settings
from ckanext.pole.guard import letters, texts, trying
from ckanext.pole.guard.counting import Away, Counter

log = logging.getLogger(__name__)

RETRY_AFTER = 30
"""Seconds that a visitor is asked to wait while nothing can be counted."""


def check() -> Response | None:
    """Before a request is answered: count it at its door.

    Returns:
        The refusal, if one has to wait; else nothing, and the request goes on.
    """
    request = tk.request
    if _is_nonsense(request):
        return _refusal(400, 0)
    if (request.endpoint or "").startswith("api.") and "callback" in request.args:
        # A script of any site could read what the visitor may read, and a page of ours could be made to run it.
        return _refusal(400, 0, tk._("The API does not answer with scripts (JSONP). Ask for JSON, with a token."))
    if request.endpoint == "user.perform_reset" and (refusal := _of_letter(request)):
        return refusal
    door = _DOORS.get(request.endpoint or "")
    if door is None or (request.method != "POST" and door is not _api):
        return None
    try:
        seconds = door(trying.place(request.remote_addr))
    except Away:
        return None if door is _api else _refusal(503, RETRY_AFTER)
    return _refusal(429, seconds) if seconds else None


def _is_nonsense(request: Any) -> bool:
    """Whether the address, a form or a body of JSON holds a text that no database takes."""
    if texts.bad_address(request.path, request.query_string):
        return True
    if request.method != "POST":
        return False
    if request.is_json and texts.suspect(request.get_data()) and texts.bad_json(request.get_json(silent=True)):
        return True
    return texts.bad(text for pair in request.form.items(multi=True) for text in pair)


def came_in(sender: Any, **_: Any) -> None:
    """Somebody has logged in: the wrong tries before it do not count."""
    _forget("pole_trying")


def code_was_right() -> None:
    """The same for a code of the second factor."""
    _forget("pole_trying_code")


def code_on_paper() -> str:
    """The recovery code that somebody gives in the place of the device's; empty: none."""
    return tk.request.form.get("recovery", "").strip()


def _forget(tried: str) -> None:
    if name := g.get(tried):
        try:
            counter().forget(name)
        except Away:
            log.info("Tries are not forgotten: Redis is away")


def letter_sent(sender: Any, user: model.User, **_: Any) -> None:
    """A letter for a new password is on its way: what it brings is good for a while."""
    try:
        letters.note(counter(), user)
    except Away:
        log.warning("A letter was sent that leads nowhere: Redis went away in between")


def _of_letter(request: Any) -> Response | None:
    try:
        ended = letters.has_ended(counter(), str(request.view_args["id"]), request.args.get("key", ""))
    except Away:
        return _refusal(503, RETRY_AFTER)
    words = tk._("This address came in a letter that is too old. Ask for another one, at “Forgot your password?”.")
    return _refusal(403, 0, words) if ended else None


def failed(sender: Any, **_: Any) -> None:
    """A login has failed: it counts for the account and for the place."""
    if not (words := g.get("pole_failing")):
        return
    account, place = words
    try:
        for limit, name in ((settings.guard_limit("account"), account), (settings.guard_limit("login"), place)):
            if limit:
                counter().hit(_parsed(limit), name)
    except Away:
        log.info("A failed login is not counted: Redis is away")


def counter() -> Counter:
    """Where tries are counted."""
    return _counter(tk.config["ckan.redis.url"], f"pole:guard:{tk.config['ckan.site_id']}")


@lru_cache(maxsize=2)
def _counter(url: str, prefix: str) -> Counter:
    return Counter(url, prefix)


@lru_cache(maxsize=32)
def _parsed(limit: str) -> RateLimitItem:
    return parse(limit)


def _key(*words: str) -> str:
    return trying.key(tk.config["SECRET_KEY"], *words)


def _login(place: str) -> int:
    account = _account(tk.request.form.get("login", ""))
    name, account_name, place_name = _key("login", account, place), _key("account", account), _key("place", place)
    limit = settings.guard_limit("login")
    if limit and (seconds := counter().full(_parsed(limit), place_name)):
        return seconds
    limit = settings.guard_limit("account")
    attacked = bool(limit) and counter().full(_parsed(limit), account_name) > 0
    if seconds := counter().try_at(name, trying.FREE_UNDER_ATTACK if attacked else trying.FREE):
        return seconds
    g.pole_trying, g.pole_failing = name, (account_name, place_name)
    return 0


def _account(typed: str) -> str:
    """The account that somebody means: by its name or its address, it is one account."""
    found = model.User.by_name(typed) or model.User.by_email(typed)
    return found.id if found else typed.strip().casefold()[:200]


def _second_factor(place: str) -> int:
    """Whoever comes here knows the password, so a limit for the account from everywhere keeps no stranger out."""
    if not (account := _in_session()):
        return 0  # these pages try no code for somebody without a session
    return _code("second_factor", account, place) or _window("second_factor", account)


def _second_step(place: str) -> int:
    """Who knows the password could use the owner's tries up: a code on paper, too long to guess, is not among them."""
    if code_on_paper() and (account := _in_session()):
        return _code("second_factor_paper", account, place)
    return _second_factor(place)


def _code(kind: str, account: str, place: str) -> int:
    g.pole_trying_code = _key(kind, account, place)
    return counter().try_at(g.pole_trying_code, trying.FREE)


def _in_session() -> str:
    """The account that the session names; a remembered login names it when CKAN asks who is there."""
    _ = tk.current_user.is_authenticated
    return str(session.get("_user_id") or "")


def _reset(place: str) -> int:
    account = _account(tk.request.form.get("user", ""))
    return _window("reset", place) or _window("reset_account", account)


def _new_password(place: str) -> int:
    """The page that the letter leads to names the account in its address. Another place's tries shut it for nobody."""
    account = _account(str((tk.request.view_args or {}).get("id", "")))
    return _window("reset", place) or _window("reset_account", account, place)


def _own_account(place: str) -> int:
    """Whoever holds a session that is not theirs may not try the password that a change of it asks for."""
    typed = tk.request.form.get("old_password", "")
    account = _in_session() if typed else ""
    return _window("second_factor", "password", account) if account else 0


def _register(place: str) -> int:
    return _window("register", place)


def _api(place: str) -> int:
    person = tk.current_user
    if person.is_authenticated and getattr(person, "sysadmin", False):
        return 0
    whom, limit = person.id if person.is_authenticated else place, settings.guard_limit("api")
    return counter().spend(_parsed(limit), _key("api", whom)) if limit else 0


def _window(door: str, *whom: str) -> int:
    limit = settings.guard_limit(door)
    return counter().hit(_parsed(limit), _key(door, *whom)) if limit else 0


#: Flask's name of the view → how a try at it is counted.
_DOORS = {
    "user.login": _login, "user.request_reset": _reset, "user.perform_reset": _new_password,
    "user.register": _register, "user.edit": _own_account, "api.action": _api,
    "pole_second_factor.ask": _second_step,
    **{f"pole_second_factor.{step}": _second_factor for step in ("turn_on", "turn_off", "codes")},
}  # fmt: skip


def _refusal(status: int, seconds: int, words: str = "") -> Response:
    words = words or {
        400: tk._("The request holds characters that are no text."),
        429: tk._("Too many tries in a short time. Come back in {minutes} min."),
        503: tk._("The portal cannot count tries now, so it lets nobody try. Come back in {minutes} min."),
    }[status].format(minutes=-(-seconds // 60))
    if status == 429 and _DOORS.get(tk.request.endpoint or "") is _second_step and not code_on_paper():
        words += " " + tk._("A recovery code is taken all the same: go back, and choose “I do not have my device”.")
    if (tk.request.endpoint or "").startswith("api."):
        kind = "Bad Request" if status == 400 else "Rate Limit Error"
        answer = jsonify(success=False, error={"__type": kind, "message": words})
    else:
        page = {"code": status, "name": "", "content": words, "show_login_redirect_link": False}
        answer = make_response(tk.render("error_document_template.html", page))
    answer.status_code = status
    if seconds:
        answer.headers["Retry-After"] = str(seconds)
    answer.headers["Cache-Control"] = "no-store"
    return answer
