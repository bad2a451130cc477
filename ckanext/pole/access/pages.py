"""Template helpers of the access slice: states in words, days, and what stands between a reader and the data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timezone
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import authz
from ckan.common import current_user
from flask import g

from ckanext.pole import settings
from ckanext.pole.access import days, facts, odrl
from ckanext.pole.bilingual.helpers import pole_lang, pole_show

__all__ = [
    "check_access",
    "pole_access_channel",
    "pole_access_closed",
    "pole_access_code",
    "pole_access_day",
    "pole_access_day_words",
    "pole_access_event",
    "pole_access_left",
    "pole_access_minute",
    "pole_access_panel",
    "pole_access_role",
    "pole_access_state",
    "pole_access_title",
    "pole_access_today",
]

#: State → class of its badge. A word always stands in it.
_SIGNS = {
    "active": "bg-success", "approved": "bg-success",
    "suspended": "bg-danger", "terminated": "bg-danger", "expired": "bg-danger", "rejected": "bg-danger",
    "revoked": "bg-danger",
}  # fmt: skip


@tk.chained_helper
def check_access(next_helper: Any, action: str, data_dict: dict[str, Any] | None = None) -> bool:
    """CKAN's own answer, asked for once while a page is drawn: templates ask five times whether one may edit a dataset.

    What was kept goes when somebody writes, as all that this request has read of rights (`facts.forget`).
    """
    asked = tuple((data_dict or {}).items())
    if not all(isinstance(value, str | None) for _name, value in asked):
        return next_helper(action, data_dict)
    answers: Any = facts.memory("answers")
    key = (current_user.name, action, frozenset(asked))
    if key not in answers:
        answers[key] = next_helper(action, data_dict)
    return answers[key]


def pole_access_state(state: str) -> dict[str, str]:
    """The word of an agreement's, a request's or a policy's state, and the class of its badge."""
    words = {
        "draft": tk._("draft"),
        "proposed": tk._("to be signed"),
        "active": tk._("in force"),
        "upcoming": tk._("signed, not begun"),
        "suspended": tk._("suspended"),
        "terminated": tk._("ended early"),
        "expired": tk._("expired"),
        "superseded": tk._("renewed"),
        "retired": tk._("retired"),
        "submitted": tk._("waiting for an answer"),
        "returned": tk._("question asked"),
        "approved": tk._("approved"),
        "rejected": tk._("refused"),
        "withdrawn": tk._("withdrawn"),
        "revoked": tk._("access withdrawn"),
    }
    return {"label": words.get(state, state), "class": _SIGNS.get(state, "")}


def pole_access_day(value: str | None, last: bool = False) -> date | None:
    """The day, in Montréal, of an instant; `last`: of the end of a period."""
    return days.day_of(value, last)


def pole_access_day_words(value: str | None, last: bool = False) -> str:
    """That day in words, in the page's language."""
    return days.day_in_words(value, pole_lang(), last)


def pole_access_today() -> str:
    """The present day in Montréal, ISO."""
    return datetime.now(days.ZONE).date().isoformat()


def pole_access_event(event: str) -> str:
    """What a row of the ledger is about, in words; its code where nobody named it."""
    words = {
        "data.read": tk._("table read"),
        "data.download": tk._("file read"),
        "dataset.read": tk._("page read"),
        "policy.create": tk._("policy written"),
        "policy.update": tk._("policy changed"),
        "policy.terms": tk._("new terms"),
        "policy.retire": tk._("policy retired"),
        "agreement.create": tk._("agreement drafted"),
        "agreement.update": tk._("draft changed"),
        "agreement.propose": tk._("agreement proposed"),
        "agreement.renew": tk._("renewal drafted"),
        "agreement.sign": tk._("agreement signed"),
        "agreement.suspend": tk._("agreement suspended"),
        "agreement.resume": tk._("agreement resumed"),
        "agreement.terminate": tk._("agreement ended"),
        "terms.accept": tk._("terms accepted"),
        "terms.withdraw": tk._("consent withdrawn"),
        "request.create": tk._("access asked for"),
        "request.return": tk._("question asked"),
        "request.answer": tk._("question answered"),
        "request.withdraw": tk._("request withdrawn"),
        "request.approve": tk._("request approved"),
        "request.reject": tk._("request refused"),
        "request.revoke": tk._("access withdrawn"),
        "person.suspend": tk._("person suspended"),
        "person.resume": tk._("person allowed again"),
        "dataset.tier": tk._("access tier changed"),
    }
    return words.get(event, event)


def pole_access_channel(channel: str) -> str:
    """By which door data were read, in words; its code where nobody named it."""
    words = {
        "gateway": tk._("download"),
        "datastore": tk._("table"),
        "xloader": tk._("loading of tables"),
        "cli": tk._("command line"),
    }
    return words.get(channel, channel)


def pole_access_code(code: str) -> str:
    """On what a row of the ledger rests, said of somebody else; the code where nobody named it."""
    words = {
        "open": tk._("open data"),
        "sysadmin": tk._("runs the portal"),
        "custodian": tk._("belongs to the custodian"),
        "registered": tk._("terms accepted"),
        "agreement": tk._("agreement in force"),
        "request": tk._("request approved"),
        "service": tk._("loading of tables"),
        "embargoed": tk._("under embargo"),
        "login_required": tk._("not logged in"),
        "person_suspended": tk._("person suspended"),
        "policy_missing": tk._("no policy"),
        "terms_required": tk._("terms not accepted"),
        "agreement_upcoming": tk._("signed, not begun"),
        "agreement_suspended": tk._("agreement suspended"),
        "agreement_expired": tk._("agreement expired"),
        "request_expired": tk._("access expired"),
        "request_pending": tk._("waiting for an answer"),
        "agreement_required": tk._("no agreement"),
        "bad_signature": tk._("address forged or expired"),
        "nothing_there": tk._("nothing there"),
    }
    return words.get(code, code)


def pole_access_minute(value: str) -> str:
    """An instant to the minute, in Montréal: days on the same page are counted there."""
    return days.minute_of(value)


def pole_access_left(value: str | None) -> int | None:
    """Days left before the end of a period; None where there is none."""
    return days.days_left(value, datetime.now(timezone.utc))


def pole_access_title(thing: Mapping[str, Any] | None) -> Any:
    """The name of a policy or of an organisation, with its real language."""
    thing = thing or {}
    shown = pole_show(thing, "title")
    return shown if shown.text else pole_show({"title": str(thing.get("name") or "")}, "title")


def pole_access_role(organisation_id: str) -> str:
    """The reader's role in an organisation: admin, editor, member; empty for a stranger."""
    return role_in(organisation_id)


def pole_access_closed(dataset: Mapping[str, Any], resource: Mapping[str, Any] | None = None) -> bool:
    """Whether the reader may not read a resource; without one, whether any of the dataset's is closed to them."""
    decisions = _decisions(dataset)
    if resource is not None:
        decision = decisions.get(str(resource.get("id")))
        return decision is None or not decision.allowed
    return any(not decision.allowed for decision in decisions.values())


def pole_access_panel(dataset: Mapping[str, Any], resource: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
    """What stands in the way of the data, in words, with one next step; or until when the reader may read them.

    Args:
        dataset: as `package_show` gives it.
        resource: the one that the page is about; without it, the page is about the dataset.

    Returns:
        What `pole_access_explain` says, or None where there is nothing to say: open data, or the custodian's own.
    """
    decisions = _decisions(dataset)
    denied = [key for key, decision in decisions.items() if not decision.allowed]
    if resource is not None:
        subject = str(resource["id"])
    elif denied:
        # The dataset may be open and one of its resources closed: the reason is that resource's.
        subject = denied[0]
    else:
        subject = next((key for key, decision in decisions.items() if decision.code != "open"), "")
    if not subject:
        return None
    explained = tk.get_action("pole_access_explain")({"user": g.user}, {"id": subject})
    if explained["allowed"] and explained["code"] in ("open", "custodian", "sysadmin"):
        return None
    return explained


def role_in(organisation_id: str) -> str:
    """The reader's role in an organisation; a sysadmin is an admin everywhere, except to sign."""
    if not g.user:
        return ""
    if authz.is_sysadmin(g.user):
        return "admin"
    return authz.users_role_for_group_or_org(organisation_id, g.user) or ""


def addresses() -> odrl.Addresses:
    """Where ODRL documents say that things are."""
    site = settings.site_url()
    return odrl.Addresses(site, f"{site}/access/uses")


def _decisions(dataset: Mapping[str, Any]) -> dict[str, Any]:
    """One decision a resource, for all of a dataset's in one go, kept for the page."""
    kept = g.setdefault("pole_access_decisions", {})
    key = str(dataset.get("id"))
    if key not in kept:
        ids = [str(resource["id"]) for resource in dataset.get("resources") or [] if resource.get("id")]
        kept[key] = facts.decisions_on(ids, g.user) if ids else {}
    return kept[key]
