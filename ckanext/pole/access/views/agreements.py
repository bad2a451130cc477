"""An agreement: written and proposed by the custodian, signed by the partner, suspended, resumed, renewed, ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial, update_wrapper
from typing import Any

import ckan.plugins.toolkit as tk
from flask import Response

from ckanext.pole.access import days, pages
from ckanext.pole.access.fields import Field, without_empty
from ckanext.pole.access.views.common import Page, answer, call, go, in_words, somebody
from ckanext.pole.bilingual.helpers import pole_show


@in_words
def show(id: str) -> str:
    """The agreement: parties, dates, terms, signature; the same page is what is printed."""
    agreement = call("pole_agreement_show", id=id)
    return tk.render("pole/access/agreement.html", {"agreement": agreement, "policy": _signed_policy(agreement)})


@in_words
def new() -> Any:
    """Prepare an agreement under a policy; it may be proposed at once."""
    somebody()
    policy = call("pole_policy_show", id=tk.request.args.get("policy", ""))
    tk.check_access("pole_agreement_create", {"user": tk.g.user}, {"policy_id": policy["id"]})

    def act(typed: dict[str, Any]) -> Response:
        made = call("pole_agreement_create", policy_id=policy["id"], **without_empty(typed))
        return go(tk._("The agreement is a draft. Read it once more, then propose it."), "agreement", id=made["id"])

    partner = Field("org_id", tk._("Partner"), "choice", required=True, choices=_partners(policy["owner_org"]))
    lead = (tk._("Under the policy “{name}”.").format(name=pages.pole_access_title(policy).text),)
    back = (tk.h.url_for("pole_access.policy", id=policy["id"]), tk._("Back to the policy"))
    start = {"org_id": tk.request.args.get("org", ""), "valid_from": _today(), "valid_until": _today(365)}
    return answer(Page(tk._("New agreement"), tk._("Write the draft"), (partner, *_dates()), lead, back), act, start)


@in_words
def sign(id: str) -> Any:
    """The terms in the reader's language, then the signature: version, fingerprint, language and time are recorded."""
    somebody()
    agreement = call("pole_agreement_show", id=id)
    _must(agreement, "sign")
    policy = _signed_policy(agreement)
    shown = pole_show(policy, "terms")

    def act(typed: dict[str, Any]) -> Response:
        if not typed["read"]:
            raise tk.ValidationError({"read": [tk._("Tick the box once you have read the terms")]})
        lang = "en" if tk.request.form.get("lang") == "en" else "fr"
        digest = tk.request.form.get("terms_sha256", "")
        call("pole_agreement_sign", id=agreement["id"], terms_sha256=digest, lang=lang)
        return go(tk._("The agreement is signed."), "agreement", id=agreement["id"])

    said = tk._("I have read these terms and I sign this agreement for my organisation")
    asked = (Field("read", said, "tick", required=True),)
    extra = {"policy": policy, "shown": shown, "agreement": agreement}
    page = Page(tk._("Sign the agreement"), tk._("Sign"), asked, (), _back(agreement), extra=extra)
    return answer(page, act, template="pole/access/sign.html")


@in_words
def verb(name: str, id: str) -> Any:
    """One act on an agreement: a page that says what it does and asks what it needs."""
    somebody()
    agreement = call("pole_agreement_show", id=id)
    _must(agreement, name)
    page, done = _VERBS[name](agreement)
    page.back = _back(agreement)
    page.about, page.extra = "pole/access/snippets/agreement_about.html", {"agreement": agreement}

    def act(typed: dict[str, Any]) -> Response:
        changed = call(f"pole_agreement_{name}", id=agreement["id"], **without_empty(typed))
        return go(done, "agreement", id=changed["id"])

    start = agreement if name == "update" else {"valid_until": _today(365, agreement["valid_until"])}
    dates = {field: _iso(start.get(field), field == "valid_until") for field in ("valid_from", "valid_until")}
    return answer(page, act, {**start, **dates})


def _propose(agreement: dict[str, Any]) -> tuple[Page, str]:
    lead = (tk._("The partner's administrators receive a letter, and may sign. Its dates can no longer be changed."),)
    return Page(tk._("Propose the agreement"), tk._("Propose"), (), lead), tk._("The agreement is proposed.")


def _update(agreement: dict[str, Any]) -> tuple[Page, str]:
    return Page(tk._("Change the draft"), tk._("Save"), _dates()), tk._("Saved.")


def _suspend(agreement: dict[str, Any]) -> tuple[Page, str]:
    lead = (tk._("The partner's members can no longer read the data, from their next click. It can be resumed."),)
    page = Page(tk._("Suspend the agreement"), tk._("Suspend"), (_reason(),), lead, danger=True)
    return page, tk._("The agreement is suspended.")


def _resume(agreement: dict[str, Any]) -> tuple[Page, str]:
    lead = (tk._("The partner's members may read the data again, until the end that was agreed."),)
    return Page(tk._("Resume the agreement"), tk._("Resume"), (), lead), tk._("The agreement is in force again.")


def _terminate(agreement: dict[str, Any]) -> tuple[Page, str]:
    partner = pages.pole_access_title(agreement["partner"]).text
    lead = (
        tk._("End the agreement with {partner} before its date?").format(partner=partner),
        tk._("This cannot be undone: to share again takes a new agreement."),
    )
    page = Page(tk._("End the agreement"), tk._("End the agreement"), (_reason(),), lead, danger=True)
    return page, tk._("The agreement is ended.")


def _renew(agreement: dict[str, Any]) -> tuple[Page, str]:
    lead = (tk._("A new agreement follows this one, under the policy's current terms. The partner signs it in turn."),)
    page = Page(tk._("Renew the agreement"), tk._("Write the renewal"), _dates(start=False), lead)
    return page, tk._("The renewal is a draft. Read it once more, then propose it.")


_VERBS: dict[str, Callable[[dict[str, Any]], tuple[Page, str]]] = {
    "propose": _propose, "update": _update, "suspend": _suspend, "resume": _resume, "terminate": _terminate,
    "renew": _renew,
}  # fmt: skip


def _must(agreement: dict[str, Any], name: str) -> None:
    """The act has to be one that this reader may do now.

    Raises:
        NotAuthorized: it is not.
    """
    if name not in agreement.get("actions", ()):
        raise tk.NotAuthorized(tk._("This cannot be done with the agreement now, or not by you"))


def _signed_policy(agreement: dict[str, Any]) -> dict[str, Any]:
    """The policy with the terms that were signed; until then, its current ones."""
    version = {"terms_version": agreement["terms_version"]} if agreement.get("terms_version") else {}
    return call("pole_policy_show", id=agreement["policy_id"], **version)


def _partners(custodian: str) -> list[tuple[str, str]]:
    found = call("organization_list", all_fields=True, include_dataset_count=False, include_extras=True, limit=1000)
    named = [(one["id"], pages.pole_access_title(one).text) for one in found if one["id"] != custodian]
    return [("", tk._("Choose an organisation")), *sorted(named, key=lambda one: one[1].casefold())]


def _dates(start: bool = True) -> tuple[Field, ...]:
    first = Field("valid_from", tk._("First day"), "date", tk._("Empty: as soon as it is signed."))
    last = Field("valid_until", tk._("Last day"), "date", tk._("That day included, in Montréal time."), required=True)
    reference = Field("document_ref", tk._("Reference of the paper document"), "line", tk._("If there is one."))
    return (first, last, reference) if start else (last, reference)


def _reason() -> Field:
    return Field("reason", tk._("Reason"), "long", tk._("The partner reads it."), required=True)


def _today(more: int = 0, after: str | None = None) -> str:
    """A day, that many days after the present one or after the end of a period."""
    today = days.day_of(datetime.now(days.ZONE))
    later = [day for day in (today, days.day_of(after, last=True)) if day]
    return (max(later) + timedelta(days=more)).isoformat()


def _iso(value: str | None, last: bool) -> str:
    """What a date field shows: the day of an instant, or a day as it is."""
    if not value or len(value) == 10:
        return value or ""
    found = days.day_of(value, last)
    return found.isoformat() if found else ""


def _back(agreement: dict[str, Any]) -> tuple[str, str]:
    return tk.h.url_for("pole_access.agreement", id=agreement["id"]), tk._("Back to the agreement")


def _named(name: str) -> Callable[..., Any]:
    """The page of one verb; CKAN wants to know the name of every view."""
    return update_wrapper(partial(verb, name), verb)


ROUTES = [
    ("/agreement/new", "agreement_new", new, ["GET", "POST"]),
    ("/agreement/<id>", "agreement", show, ["GET"]),
    ("/agreement/<id>/sign", "agreement_sign", sign, ["GET", "POST"]),
    *((f"/agreement/<id>/{name}", f"agreement_{name}", _named(name), ["GET", "POST"]) for name in _VERBS),
]
