"""What a decision says to a person: why, in words, and the one next step."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import ckan.plugins.toolkit as tk
from flask_babel import force_locale

from ckanext.pole.access import days
from ckanext.pole.access.decision import Decision
from ckanext.pole.access.standing import Standing
from ckanext.pole.bilingual import values


def message(decision: Decision, lang: str = "") -> str:
    """Why, in the page's language.

    Args:
        decision: what was decided.
        lang: language in which dates are written; the page's by default.
    """
    lang = lang or _page_language()
    day, last = _day(decision.valid_until, lang), _day(decision.valid_until, lang, last=True)
    return {
        "open": lambda: tk._("These data are open to everyone"),
        "sysadmin": lambda: tk._("You run the portal"),
        "custodian": lambda: tk._("You belong to the organisation that answers for these data"),
        "registered": lambda: tk._("You accepted the conditions of use"),
        "agreement": lambda: tk._("Your organisation has an agreement until {day}").format(day=last),
        "request": lambda: tk._("Your request was approved until {day}").format(day=last),
        "embargoed": lambda: tk._("These data are under embargo until {day}").format(day=day),
        "login_required": lambda: tk._("These data are not open: log in to see whether you may read them"),
        "person_suspended": lambda: (
            tk._("Your access to these data is suspended. Reason given: {reason}").format(reason=decision.said)
        ),
        "policy_missing": lambda: tk._("These data are for the organisation that answers for them, for now"),
        "terms_required": lambda: tk._("Read and accept the conditions of use first"),
        "agreement_upcoming": lambda: tk._("Your organisation's agreement has not begun yet"),
        "agreement_suspended": lambda: tk._("Your organisation's agreement is suspended"),
        "agreement_expired": lambda: tk._("Your organisation's agreement ended on {day}").format(day=last),
        "request_expired": lambda: tk._("The access that you were given ended on {day}").format(day=last),
        "request_pending": lambda: tk._("Your request waits for an answer"),
        "agreement_required": lambda: tk._("These data are reserved for organisations that have an agreement"),
    }.get(decision.code, lambda: tk._("These data cannot be read"))()


def explain(decision: Decision, person: Standing, dataset_name: str) -> dict[str, Any]:
    """A decision for the API: why and what next, in both languages.

    Args:
        decision: what was decided.
        person: who asks.
        dataset_name: for the request's page.
    """
    until = decision.valid_until
    return {
        "allowed": decision.allowed,
        "code": decision.code,
        "reason": in_both(lambda lang: message(decision, lang)),
        "next_step": next_step(decision, person, dataset_name),
        "tier": decision.tier,
        "valid_until": until.isoformat() if until and until.year < datetime.max.year else None,
        "policy_id": decision.policy_id,
        "agreement_id": decision.agreement_id,
        "request_id": decision.request_id,
    }


def next_step(decision: Decision, person: Standing, dataset_name: str) -> dict[str, Any] | None:
    """The one thing to do next; None where the data may be read, or only time will open them."""
    page = tk.h.url_for("dataset.read", id=dataset_name)
    contact = ("contact", "dataset.read", {"id": dataset_name, "_anchor": "contact"})
    ask = ("ask", "pole_access.request_new", {"dataset": dataset_name})
    for_all = ("ask_agreement", "pole_access.request_new", {"dataset": dataset_name, "for": "organization"})
    steps: dict[str, tuple[str, str, dict[str, str]]] = {
        "login_required": ("log_in", "user.login", {"came_from": page}),
        "terms_required": ("accept_terms", "pole_access.terms", {"id": decision.policy_id, "came_from": page}),
        "request_pending": ("wait", "pole_access.request", {"id": decision.request_id}),
        "person_suspended": contact,
        "policy_missing": contact,
        # The page says why, in the custodian's words, and names the custodian.
        "agreement_suspended": ("see_agreement", "pole_access.agreement", {"id": decision.agreement_id}),
        "not_found": contact,
        "request_expired": ask,
    }
    if decision.allowed or decision.code in ("embargoed", "agreement_upcoming"):
        return None
    code, endpoint, arguments = steps.get(decision.code, for_all if person.admin_of else ask)
    return _step(code, endpoint, **arguments)


def in_both(say: Callable[[str], str]) -> dict[str, str]:
    """A sentence in French and in English, whatever the page's language."""
    found = {}
    for lang in values.LANGUAGES:
        with force_locale(lang):
            found[lang] = say(lang)
    return found


def _step(code: str, endpoint: str, **arguments: Any) -> dict[str, Any]:
    labels: dict[str, Callable[[str], str]] = {
        "log_in": lambda _: tk._("Log in"),
        "accept_terms": lambda _: tk._("Read the conditions"),
        "ask": lambda _: tk._("Ask for access"),
        "ask_agreement": lambda _: tk._("Ask for an agreement"),
        "see_agreement": lambda _: tk._("See the agreement"),
        "wait": lambda _: tk._("See my request"),
        "contact": lambda _: tk._("Write to the organisation"),
    }
    return {"code": code, "label": in_both(labels[code]), "url": tk.h.url_for(endpoint, **arguments)}


def _page_language() -> str:
    try:
        return "en" if str(tk.h.lang()).startswith("en") else "fr"
    except (RuntimeError, TypeError):
        return "fr"


def _day(moment: datetime | None, lang: str, last: bool = False) -> str:
    """A day in words; of an end, the last day that counts: midnight belongs to the day before it."""
    if moment is None or moment.year >= datetime.max.year:
        return "…"
    return days.day_in_words(moment, lang, last)
