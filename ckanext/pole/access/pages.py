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
from ckanext.pole.bilingual.said import N_, said

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
_STATES = {
    "draft": N_("draft"),
    "proposed": N_("to be signed"),
    "active": N_("in force"),
    "upcoming": N_("signed, not begun"),
    "suspended": N_("suspended"),
    "terminated": N_("ended early"),
    "expired": N_("expired"),
    "superseded": N_("renewed"),
    "retired": N_("retired"),
    "submitted": N_("waiting for an answer"),
    "returned": N_("question asked"),
    "approved": N_("approved"),
    "rejected": N_("refused"),
    "withdrawn": N_("withdrawn"),
    "revoked": N_("access withdrawn"),
}
_EVENTS = {
    "data.read": N_("table read"),
    "data.download": N_("file read"),
    "dataset.read": N_("page read"),
    "policy.create": N_("policy written"),
    "policy.update": N_("policy changed"),
    "policy.terms": N_("new terms"),
    "policy.retire": N_("policy retired"),
    "agreement.create": N_("agreement drafted"),
    "agreement.update": N_("draft changed"),
    "agreement.propose": N_("agreement proposed"),
    "agreement.renew": N_("renewal drafted"),
    "agreement.sign": N_("agreement signed"),
    "agreement.suspend": N_("agreement suspended"),
    "agreement.resume": N_("agreement resumed"),
    "agreement.terminate": N_("agreement ended"),
    "terms.accept": N_("terms accepted"),
    "terms.withdraw": N_("consent withdrawn"),
    "request.create": N_("access asked for"),
    "request.return": N_("question asked"),
    "request.answer": N_("question answered"),
    "request.withdraw": N_("request withdrawn"),
    "request.approve": N_("request approved"),
    "request.reject": N_("request refused"),
    "request.revoke": N_("access withdrawn"),
    "person.suspend": N_("person suspended"),
    "person.resume": N_("person allowed again"),
    "dataset.tier": N_("access tier changed"),
}
_CHANNELS = {
    "gateway": N_("download"),
    "datastore": N_("table"),
    "xloader": N_("loading of tables"),
    "cli": N_("command line"),
}
_CODES = {
    "open": N_("open data"),
    "sysadmin": N_("runs the portal"),
    "custodian": N_("belongs to the custodian"),
    "registered": N_("terms accepted"),
    "agreement": N_("agreement in force"),
    "request": N_("request approved"),
    "service": N_("loading of tables"),
    "embargoed": N_("under embargo"),
    "login_required": N_("not logged in"),
    "person_suspended": N_("person suspended"),
    "policy_missing": N_("no policy"),
    "terms_required": N_("terms not accepted"),
    "agreement_upcoming": N_("signed, not begun"),
    "agreement_suspended": N_("agreement suspended"),
    "agreement_expired": N_("agreement expired"),
    "request_expired": N_("access expired"),
    "request_pending": N_("waiting for an answer"),
    "agreement_required": N_("no agreement"),
    "bad_signature": N_("address forged or expired"),
    "nothing_there": N_("nothing there"),
}


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
    return {"label": said(_STATES, state), "class": _SIGNS.get(state, "")}


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
    return said(_EVENTS, event)


def pole_access_channel(channel: str) -> str:
    """By which door data were read, in words; its code where nobody named it."""
    return said(_CHANNELS, channel)


def pole_access_code(code: str) -> str:
    """On what a row of the ledger rests, said of somebody else; the code where nobody named it."""
    return said(_CODES, code)


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
    decision = decisions.get(subject)
    if decision is None or (decision.allowed and decision.code in ("open", "custodian", "sysadmin")):
        return None
    return tk.get_action("pole_access_explain")({"user": g.user}, {"id": subject})


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
