"""The pages of the second factor: the one that asks for a code, and the one where a person turns it on and off."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.lib.authenticator import ckan_authenticator
from ckan.views.user import next_page_or_default
from flask import Blueprint, Response, session
from markupsafe import Markup

from ckanext.pole.guard import doors
from ckanext.pole.guard.second_factor import codes, entering, keeping
from ckanext.pole.guard.second_factor import model as tables
from ckanext.pole.guard.second_factor.sealing import Unreadable
from ckanext.pole.guard.second_factor.standing import Standing

__all__ = ["pole_second_factor"]

pole_second_factor = Blueprint("pole_second_factor", __name__)

#: What a form's fields are wrong with: its name → the words.
Errors = dict[str, str]


@pole_second_factor.before_request
def _for_nobody_else() -> None:
    tk.request.environ["__no_cache__"] = True


@pole_second_factor.after_request
def _not_kept(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def ask() -> Response:
    """After the password: ask for the code; with the right one, go on to where one wanted to go."""
    if entering.now() is not Standing.ASKED:
        return next_page_or_default(tk.request.args.get("came_from"))
    errors: Errors = {}
    if tk.request.method == "POST":
        account = entering.account()
        paper = doors.code_on_paper()
        factor = (
            keeping.known_on_paper(account, paper) if paper else keeping.known(account, tk.request.form.get("code", ""))
        )
        if factor:
            doors.code_was_right()
            entering.enter(factor)
            if paper:
                _tell_codes_left(account)
            return next_page_or_default(tk.request.args.get("came_from"))
        tk.signals.failed_login.send(account)
        errors = {"recovery": _spent()} if paper else {"code": _wrong()}
    return _page("pole/second_factor/ask.html", {"errors": errors, "label": _label})


def read(id: str, errors: Errors | None = None, sealed: str = "") -> Response:
    """A person's own page of it, which whoever runs the portal may see and take it off on."""
    try:
        found = tk.get_action("pole_second_factor_show")({}, {"id": id})
        user = tk.get_action("user_show")({"for_view": True}, {"id": id, "include_num_followers": True})  # type: ignore[typeddict-item]
    except tk.ObjectNotFound:
        return tk.abort(404, tk._("User not found"))
    except tk.NotAuthorized as refused:
        return tk.abort(403, str(refused))
    own = user["id"] == getattr(tk.current_user, "id", None)
    if entering.now() is Standing.OWING and not own:
        return tk.redirect_to("pole_second_factor.read", id=entering.account())
    extra = {
        "found": found, "errors": errors or {}, "user_dict": user, "is_myself": own, "am_following": False,
        "is_sysadmin": bool(getattr(tk.current_user, "sysadmin", False)), "owing": entering.now() is Standing.OWING,
        "about_formatted": tk.h.render_markdown(user["about"]), "label": _label,
    }  # fmt: skip
    if own and not found["on"]:
        extra |= _offer(user["id"], user["name"], sealed)
    return _page("pole/second_factor/read.html", extra)


def turn_on() -> Response:
    """Turn it on, with the password and the device's first code; show the codes for paper, once."""
    person = _somebody()
    sealed, code = tk.request.form.get("sealed", ""), tk.request.form.get("code", "")
    known = {"login": person.name, "password": tk.request.form.get("password", ""), "check_captcha": False}
    if getattr(ckan_authenticator(known), "id", None) != person.id:
        return read(person.name, {"password": tk._("This is not your password.")}, sealed)
    made = keeping.turn_on(person.id, sealed, code)
    if made is None:
        return read(person.name, {"code": _wrong()}, sealed)
    doors.code_was_right()
    entering.enter(made[0])
    return _page("pole/second_factor/codes.html", {"codes": made[1], "first": True})


def renew() -> Response:
    """New codes for paper."""
    person = _somebody()
    if not keeping.known(person.id, tk.request.form.get("code", "")):
        return read(person.name, {"renew": _wrong()})
    doors.code_was_right()
    return _page("pole/second_factor/codes.html", {"codes": keeping.renew_codes(person.id), "first": False})


def turn_off() -> Response:
    """Turn one's own off; who must have one is led at once to setting up another."""
    person = _somebody()
    if not keeping.known(person.id, tk.request.form.get("code", "")):
        return read(person.name, {"off": _wrong()})
    doors.code_was_right()
    keeping.turn_off(person.id, by=person.id)
    session.pop(entering.MARK, None)
    tk.h.flash_success(tk._("The two-step login is off."))
    return tk.redirect_to("pole_second_factor.read", id=person.name)


def remove(id: str) -> Response:
    """Whoever runs the portal takes it off for somebody who lost the device and the codes."""
    try:
        tk.get_action("pole_second_factor_remove")({"pole_channel": "page"}, {"id": id})  # type: ignore[typeddict-item]
    except tk.ObjectNotFound:
        return tk.abort(404, tk._("User not found"))
    except tk.NotAuthorized as refused:
        return tk.abort(403, str(refused))
    tk.h.flash_success(tk._("The two-step login of this account is off."))
    return tk.redirect_to("pole_second_factor.read", id=id)


def _offer(user_id: str, name: str, sealed: str) -> dict[str, Any]:
    """A secret to set a device up with: the one that the form had, or a new one. Nothing is stored before its code."""
    seal = keeping.seal()
    try:
        secret = seal.open(user_id, sealed, within=keeping.SHOWN)
    except Unreadable:
        secret = codes.new_secret()
        sealed = seal.close(user_id, secret)
    drawn = codes.picture(codes.address(secret, name, tk.config["ckan.site_title"]))
    return {"sealed": sealed, "secret": codes.grouped(secret), "picture": Markup(drawn)}  # noqa: S704 (segno's own)


def _somebody() -> model.User:
    """Whose session it is: a token of the API tries no code."""
    if not tk.current_user.is_authenticated or tk.current_user.id != entering.account():
        return tk.abort(403, tk._("Log in first"))
    return tk.current_user  # type: ignore[return-value]


def _tell_codes_left(account: str) -> None:
    left = tables.codes_left(account)
    words = tk.ungettext(
        "That code is used up. {count} recovery code is left.",
        "That code is used up. {count} recovery codes are left.",
        left,
    )  # fmt: skip
    tk.h.flash_notice(words.format(count=left))


def _label(field: str) -> str:
    return {"password": tk._("Password"), "recovery": tk._("Recovery code")}.get(field, tk._("Code"))


def _wrong() -> str:
    return tk._("This code is not right, or was used before. Wait for the next one, and check your device’s clock.")


def _spent() -> str:
    return tk._("This recovery code is not right, or was used before.")


def _page(template: str, extra: dict[str, Any]) -> Response:
    return Response(tk.render(template, extra), status=422 if extra.get("errors") else 200)


pole_second_factor.add_url_rule("/second-factor", view_func=ask, methods=["GET", "POST"])
pole_second_factor.add_url_rule("/second-factor/on", view_func=turn_on, methods=["POST"])
pole_second_factor.add_url_rule("/second-factor/codes", view_func=renew, endpoint="codes", methods=["POST"])
pole_second_factor.add_url_rule("/second-factor/off", view_func=turn_off, methods=["POST"])
pole_second_factor.add_url_rule("/user/<id>/second-factor", view_func=read)
pole_second_factor.add_url_rule("/user/<id>/second-factor/remove", view_func=remove, methods=["POST"])
