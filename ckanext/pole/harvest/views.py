"""The operator's pages, in ckanext-harvest's own: preview, report, quarantine, held deletions, history."""

from __future__ import annotations

import json
from typing import Any

import ckan.plugins.toolkit as tk
from ckanext.harvest.utils import DATASET_TYPE_NAME
from flask import Blueprint
from flask.typing import ResponseReturnValue

from ckanext.pole.harvest import reasons, runs

pole_harvest = Blueprint("pole_harvest", __name__, url_prefix=f"/{DATASET_TYPE_NAME}")

PER_PAGE = 50


@pole_harvest.before_request
def _of_sources() -> None:
    """What ckanext-harvest's templates ask for."""
    tk.g.dataset_type = DATASET_TYPE_NAME


def pole_harvest_text(value: Any) -> str:
    """A value of a report as a person reads it."""
    if value in (None, "", [], {}):
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)


HELPERS = {
    "pole_harvest_action": reasons.action,
    "pole_harvest_reason": reasons.sentence,
    "pole_harvest_state": reasons.run_state,
    "pole_harvest_text": pole_harvest_text,
    "pole_harvest_unchanged": runs.unchanged,
}


@pole_harvest.get("/<source>/report")
@pole_harvest.get("/<source>/report/<id>")
def report(source: str, id: str = "") -> ResponseReturnValue:
    """One run: how far it is, and what it changed field by field."""
    shown = _source(source)
    page = max(1, _int(tk.request.args.get("page"), 1))
    asked = {"id": id} if id else {"source_id": shown["id"]}
    try:
        found = _call("pole_harvest_report", {**asked, "limit": PER_PAGE, "offset": (page - 1) * PER_PAGE})
    except tk.ObjectNotFound:
        found = None
    if found is not None and found["source_id"] != shown["id"]:
        return tk.abort(404)
    pages = (found["changes_total"] + PER_PAGE - 1) // PER_PAGE if found else 0
    return _page("report", shown, run=found, page=page, pages=pages)


@pole_harvest.get("/<source>/history")
def history(source: str) -> ResponseReturnValue:
    """The runs of a source, drawn and in a table."""
    shown = _source(source)
    return _page("history", shown, runs=_call("pole_harvest_run_list", {"source_id": shown["id"], "limit": 30}))


@pole_harvest.get("/<source>/quarantine")
def quarantine(source: str) -> ResponseReturnValue:
    """Records that could not be used."""
    shown = _source(source)
    return _page("quarantine", shown, rows=_call("pole_harvest_quarantine_list", {"source_id": shown["id"]}))


@pole_harvest.post("/<source>/quarantine")
def retry(source: str) -> ResponseReturnValue:
    """Try one of them again, or all."""
    shown = _source(source)
    one = tk.request.form.get("id", "")
    done = _call("pole_harvest_quarantine_retry", {"source_id": shown["id"], "id": one})
    tk.h.flash_success(tk._("Records to be tried again: {n}").format(n=done["retried"]))
    return tk.redirect_to("pole_harvest.quarantine", source=source)


@pole_harvest.get("/<source>/held")
def held(source: str) -> ResponseReturnValue:
    """Deletions that wait for a person."""
    return _held(_source(source), {})


@pole_harvest.post("/<source>/held")
def decide(source: str) -> ResponseReturnValue:
    """Delete or keep those that were chosen."""
    shown = _source(source)
    asked = {
        "source_id": shown["id"],
        "ids": tk.request.form.getlist("ids"),
        "decision": tk.request.form.get("decision", ""),
    }
    try:
        done = _call("pole_harvest_held_deletion_decide", asked)
    except tk.ValidationError as error:
        return _held(shown, error.error_dict), 400
    tk.h.flash_success(
        tk._("{approved} datasets deleted, {refused} kept").format(approved=done["approved"], refused=done["refused"])
    )
    return tk.redirect_to("pole_harvest.held", source=source)


@pole_harvest.post("/<source>/stop")
def stop(source: str) -> ResponseReturnValue:
    """Stop the run at work."""
    return _steer(source, "pole_harvest_run_stop", tk._("The run stops after what it has in hand"))


@pole_harvest.post("/<source>/resume")
def resume(source: str) -> ResponseReturnValue:
    """Go on with a stopped run."""
    return _steer(source, "pole_harvest_run_resume", tk._("The run goes on"))


@pole_harvest.get("/<source>/preview")
def preview(source: str) -> ResponseReturnValue:
    """What a saved source would give."""
    shown = _source(source)
    return _page("preview", shown, preview=_call("pole_harvest_preview", {"source_id": shown["id"]}))


@pole_harvest.post("/preview")
def preview_form() -> ResponseReturnValue:
    """What a source would give as its form stands, before it is saved."""
    form = {key: tk.request.form.get(key, "") for key in ("url", "source_type", "config", "owner_org")}
    errors: dict[str, Any] = {}
    found = None
    try:
        found = _call("pole_harvest_preview", form)
    except tk.ValidationError as error:
        errors = error.error_dict
    page = tk.render("pole/harvest/preview_form.html", extra_vars={"preview": found, "errors": errors, "form": form})
    return page, 400 if errors else 200


def _held(shown: dict[str, Any], errors: dict[str, Any]) -> str:
    rows = _call("pole_harvest_held_deletions_list", {"source_id": shown["id"], "limit": 500})
    return _page("held", shown, rows=rows, errors=errors)


def _steer(source: str, action: str, said: str) -> ResponseReturnValue:
    shown = _source(source)
    try:
        _call(action, {"source_id": shown["id"]})
        tk.h.flash_success(said)
    except tk.ValidationError as error:
        said_no: dict[str, Any] = error.error_dict
        tk.h.flash_error("; ".join(text for texts in said_no.values() for text in texts))
    except tk.ObjectNotFound as error:  # the source has not run yet
        tk.h.flash_error(str(error))
    return tk.redirect_to("pole_harvest.report", source=source)


def _source(wanted: str) -> dict[str, Any]:
    """The source as ckanext-harvest's templates want it; 404 or 403 like its own pages."""
    try:
        shown = tk.get_action("harvest_source_show")({}, {"id": wanted})
        tk.check_access("harvest_source_update", {}, {"id": shown["id"]})
    except tk.ObjectNotFound:
        return tk.abort(404, tk._("No such harvest source"))
    except tk.NotAuthorized:
        return tk.abort(403, tk._("Only the people who look after this source may see this page"))
    return shown


def _call(action: str, data_dict: dict[str, Any]) -> Any:
    try:
        return tk.get_action(action)({}, data_dict)
    except tk.NotAuthorized:
        return tk.abort(403, tk._("Only the people who look after this source may see this page"))


def _page(name: str, shown: dict[str, Any], **more: Any) -> str:
    return tk.render(f"pole/harvest/{name}.html", extra_vars={"harvest_source": shown, **more})


def _int(text: Any, default: int) -> int:
    try:
        return int(text)
    except (TypeError, ValueError):
        return default
