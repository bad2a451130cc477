"""A person asks for access; the custodian questions, approves, refuses; the person answers, withdraws."""

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
from ckanext.pole.bilingual import vocabularies
from ckanext.pole.bilingual.helpers import pole_lang


@in_words
def new() -> Any:
    """Ask for access to a dataset, or to all that a policy covers; for oneself or for one's organisation."""
    somebody()
    dataset, policy = _subject()
    for_organization = tk.request.args.get("for") == "organization"

    def act(typed: dict[str, Any]) -> Response:
        subject = {"dataset_id": dataset["id"]} if dataset else {"policy_id": policy["id"] if policy else ""}
        said = {**without_empty(typed), **({"for_organization": True} if for_organization else {})}
        made = call("pole_access_request_create", purpose=said.pop("purpose", ""), **subject, **said)
        return go(tk._("Your request has been sent. You will receive a letter when it is answered."), "request",
                  id=made["id"])  # fmt: skip

    title = tk._("Ask for an agreement with my organisation") if for_organization else tk._("Ask for access")
    lead = (tk._("The custodian reads your request, may ask you a question, then accepts or refuses it and says why."),)
    back = ("", "")
    if dataset:
        back = (tk.h.url_for(f"{dataset['type']}.read", id=dataset["name"]), tk._("Back to the dataset"))
    elif policy:
        back = (tk.h.url_for("pole_access.policy", id=policy["id"]), tk._("Back to the policy"))
    extra = {"dataset": dataset, "policy": policy}
    about = "pole/access/snippets/request_subject.html"
    asked = _asked(policy, for_organization)
    return answer(Page(title, tk._("Send the request"), asked, lead, back, about=about, extra=extra), act)


@in_words
def show(id: str) -> str:
    """A request and its life: what was asked, answered and decided."""
    somebody()
    return tk.render("pole/access/request.html", {"asked": call("pole_access_request_show", id=id)})


@in_words
def verb(name: str, id: str) -> Any:
    """One act on a request: a page that says what it does and asks what it needs."""
    somebody()
    asked = call("pole_access_request_show", id=id)
    if name not in asked.get("actions", ()):
        raise tk.NotAuthorized(tk._("This cannot be done with the request now, or not by you"))
    page, done = _VERBS[name](asked)
    page.back = (tk.h.url_for("pole_access.request", id=asked["id"]), tk._("Back to the request"))
    page.about, page.extra = "pole/access/snippets/request_about.html", {"asked": asked}

    def act(typed: dict[str, Any]) -> Response:
        call(f"pole_access_request_{name}", id=asked["id"], **without_empty(typed))
        return go(done, "request", id=asked["id"])

    start: dict[str, Any] = dict(asked) if name == "answer" else {}
    if name == "approve":
        wanted = int(asked.get("duration_days") or 365)
        start["grant_until"] = (datetime.now(days.ZONE).date() + timedelta(days=wanted)).isoformat()
    return answer(page, act, start)


def _subject() -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """What is asked for: a dataset with its policy, or a policy.

    Raises:
        ObjectNotFound: the address names neither.
    """
    name, policy_id = tk.request.args.get("dataset", ""), tk.request.args.get("policy", "")
    dataset = call("package_show", id=name) if name else None
    policy_id = (dataset or {}).get("access_policy") or policy_id
    policy = call("pole_policy_show", id=policy_id) if policy_id else None
    if dataset is None and policy is None:
        raise tk.ObjectNotFound
    return dataset, policy


def _asked(policy: dict[str, Any] | None, for_organization: bool) -> tuple[Field, ...]:
    organisations = tk.get_action("organization_list_for_user")({"user": tk.g.user}, {"permission": "read"})
    mine = [(one["id"], pages.pole_access_title(one).text) for one in organisations]
    nobody = [] if for_organization and mine else [("", tk._("For myself"))]
    organisation = Field("org_id", tk._("On behalf of"), "choice",
                         tk._("Your organisation, if the data serve its work."), for_organization,
                         [*nobody, *mine])  # fmt: skip
    return (*_purpose(policy), *((organisation,) if mine or for_organization else ()))


def _purpose(policy: dict[str, Any] | None) -> tuple[Field, ...]:
    terms = [term for term in vocabularies.load("intended_uses").terms.values() if term.extra["group"] == "purpose"]
    offered = {code for code in (policy or {}).get("use_codes") or () if code != "any-use"}
    chosen = [term for term in terms if term.code in offered] or [term for term in terms if term.code != "any-use"]
    lang = pole_lang()
    choices = [("", tk._("Choose a use")), *((term.code, term.label[lang]) for term in chosen)]
    spans = [(30, tk._("One month")), (90, tk._("Three months")), (180, tk._("Six months")), (365, tk._("One year"))]
    return (
        Field("purpose", tk._("What would you do with the data?"), "long",
              tk._("A few sentences: the question you want to answer, and what will come out of it."), required=True),
        Field("use_code", tk._("Kind of use"), "choice", required=True, choices=choices),
        Field("people", tk._("Who will see the data?"), "long",
              tk._("Roles are enough (“two analysts”); do not write names.")),
        Field("duration_days", tk._("For how long?"), "choice",
              choices=[("", tk._("As long as the custodian thinks right")), *((str(n), word) for n, word in spans)]),
    )  # fmt: skip


def _return(asked: dict[str, Any]) -> tuple[Page, str]:
    field = Field("question", tk._("Your question"), "long", tk._("The person receives it by letter."), required=True)
    return Page(tk._("Ask a question"), tk._("Send the question"), (field,)), tk._("The question has been sent.")


def _answer(asked: dict[str, Any]) -> tuple[Page, str]:
    field = Field("answer", tk._("Your answer"), "long", tk._("You may also change your request below."), required=True)
    page = Page(tk._("Answer the question"), tk._("Send the answer"), (field, *_purpose(asked.get("policy"))))
    page.lead = (asked.get("question") or "",)
    return page, tk._("Your answer has been sent.")


def _approve(asked: dict[str, Any]) -> tuple[Page, str]:
    fields = (
        Field("grant_until", tk._("Access until"), "date", tk._("That day included, in Montréal time."), required=True),
        Field("reason", tk._("A word to the person"), "long"),
    )
    return Page(tk._("Approve the request"), tk._("Approve"), fields), tk._("The request is approved.")


def _reject(asked: dict[str, Any]) -> tuple[Page, str]:
    field = Field("reason", tk._("Reason"), "long", tk._("The person reads it, and may ask again."), required=True)
    page = Page(tk._("Refuse the request"), tk._("Refuse"), (field,), danger=True)
    return page, tk._("The request is refused.")


def _withdraw(asked: dict[str, Any]) -> tuple[Page, str]:
    lead = (tk._("The request is closed; an access that it gave ends at once."),)
    page = Page(tk._("Withdraw my request"), tk._("Withdraw"), (), lead, danger=True)
    return page, tk._("Your request is withdrawn.")


def _revoke(asked: dict[str, Any]) -> tuple[Page, str]:
    field = Field("reason", tk._("Reason"), "long", tk._("The person reads it, and may ask again."), required=True)
    lead = (tk._("The person can no longer read the data, from the next click."),)
    page = Page(tk._("Withdraw the access"), tk._("Withdraw the access"), (field,), lead, danger=True)
    return page, tk._("The access is withdrawn.")


_VERBS: dict[str, Callable[[dict[str, Any]], tuple[Page, str]]] = {
    "return": _return, "answer": _answer, "approve": _approve, "reject": _reject, "withdraw": _withdraw,
    "revoke": _revoke,
}  # fmt: skip


def _named(name: str) -> Callable[..., Any]:
    """The page of one verb; CKAN wants to know the name of every view."""
    return update_wrapper(partial(verb, name), verb)


ROUTES = [
    ("/request/new", "request_new", new, ["GET", "POST"]),
    ("/request/<id>", "request", show, ["GET"]),
    *((f"/request/<id>/{name}", f"request_{name}", _named(name), ["GET", "POST"]) for name in _VERBS),
]
