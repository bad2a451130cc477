"""The page of the translation report, and the form of each text on its work list."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from flask import Blueprint, Response

from ckanext.pole.translation import report

__all__ = ["pole_translations"]

pole_translations = Blueprint("pole_translations", __name__, url_prefix="/translations")

ROWS = 10


def read(organization: str, typed: dict[str, Any] | None = None) -> str:
    """The report of an organisation; `typed` is what a refused form held, with its errors."""
    asked = {name: tk.request.args.get(name, "") for name in ("lang", "state")}
    page = max(_number(tk.request.args.get("page")), 1)
    found = _run("pole_translation_report", {"id": organization, **asked, "rows": ROWS, "start": (page - 1) * ROWS})
    return tk.render(
        "pole/translation/report.html",
        {
            "report": found,
            "asked": asked,
            "page": page,
            "pages": -(-found["total"] // ROWS),
            "typed": typed or {},
            "faults": [state.value for state in report.FAULTS],
        },
    )


def confirm(organization: str) -> Response | str | tuple[str, int]:
    """Save one text, and come back to the list where one was."""
    given = {name: tk.request.form.get(name, "") for name in ("id", "field", "lang", "resource", "text", "expected")}
    try:
        _run("pole_translation_confirm", {name: value for name, value in given.items() if value or name == "text"})
    except tk.ValidationError as refused:
        errors = [message for messages in refused.error_dict.values() for message in _flat(messages)]
        return read(organization, {**given, "errors": errors}), 422
    tk.h.flash_success(tk._("The text is saved."))
    args = {name: tk.request.args.get(name, "") for name in ("lang", "state", "page")}
    return tk.redirect_to(
        "pole_translations.read", organization=organization, **{name: value for name, value in args.items() if value}
    )


def _run(action: str, data: dict[str, Any]) -> dict[str, Any]:
    try:
        return tk.get_action(action)({}, data)
    except tk.ObjectNotFound as absent:
        return tk.abort(404, str(absent))
    except tk.NotAuthorized:
        return tk.abort(403, tk._("Only its editors see this report"))


def _flat(messages: Any) -> list[str]:
    """CKAN nests the errors of resources; a person reads sentences."""
    if isinstance(messages, dict):
        return [text for part in messages.values() for text in _flat(part)]
    if isinstance(messages, list | tuple):
        return [text for part in messages for text in _flat(part)]
    return [str(messages)]


def _number(value: str | None) -> int:
    return int(value) if value and value.isdigit() and len(value) < 7 else 1


pole_translations.add_url_rule("/<organization>", view_func=read)
pole_translations.add_url_rule("/<organization>", view_func=confirm, methods=["POST"])
