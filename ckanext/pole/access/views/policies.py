"""A custodian writes, changes and retires a policy; a person accepts its terms."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from flask import Response

from ckanext.pole.access import pages
from ckanext.pole.access.fields import Field
from ckanext.pole.access.views.common import Page, answer, call, go, in_words, somebody
from ckanext.pole.bilingual import vocabularies
from ckanext.pole.bilingual.helpers import pole_lang, pole_show

#: An organisation without its datasets, members and counts: a form needs its name only.
BARE = {
    "include_datasets": False, "include_dataset_count": False, "include_users": False, "include_groups": False,
    "include_tags": False, "include_followers": False,
}  # fmt: skip


@in_words
def new() -> Any:
    """Write a policy, for one of the reader's organisations."""
    somebody()
    organisation = call("organization_show", id=tk.request.args.get("org", ""), **BARE)
    tk.check_access("pole_policy_create", {"user": tk.g.user}, {"owner_org": organisation["id"]})

    def act(typed: dict[str, Any]) -> Response:
        made = call("pole_policy_create", owner_org=organisation["id"], **typed)
        return go(tk._("The policy is published. Put it on a dataset, or propose an agreement under it."), "policy",
                  id=made["id"])  # fmt: skip

    lead = (tk._("A policy says what may be done with data that are not open, by whom, and under which terms."),)
    back = (tk.h.url_for("pole_access.desk", org=organisation["name"]), tk._("Back to the desk"))
    return answer(Page(tk._("New policy"), tk._("Publish the policy"), _asked(), lead, back), act)


@in_words
def edit(id: str) -> Any:
    """Change a policy; new terms make a new version, which everyone has to accept again."""
    policy = call("pole_policy_show", id=id)
    tk.check_access("pole_policy_update", {"user": tk.g.user}, {"id": policy["id"]})

    def act(typed: dict[str, Any]) -> Response:
        changed = call("pole_policy_update", id=policy["id"], **typed)
        if changed["terms_version"] != policy["terms_version"]:
            said = tk._("Saved. The terms are now version {version}: everyone has to accept them again.")
            return go(said.format(version=changed["terms_version"]), "policy", id=policy["id"])
        return go(tk._("Saved."), "policy", id=policy["id"])

    lead = (tk._("To change the terms makes a new version. Those who accepted the older one have to accept it again."),)
    page = Page(tk._("Change the policy"), tk._("Save"), _asked(), lead, _back(policy))
    return answer(page, act, policy)


@in_words
def retire(id: str) -> Any:
    """Retire a policy: no agreement and no request can be made under it any more."""
    policy = call("pole_policy_show", id=id)
    tk.check_access("pole_policy_retire", {"user": tk.g.user}, {"id": policy["id"]})

    def act(_: dict[str, Any]) -> Response:
        call("pole_policy_retire", id=policy["id"])
        return go(tk._("The policy is retired."), "policy", id=policy["id"])

    name = pages.pole_access_title(policy).text
    lead = (
        tk._("Retire “{name}”?").format(name=name),
        tk._("Nobody can make an agreement or a request under it any more. What was agreed stays until its end."),
    )
    return answer(Page(tk._("Retire the policy"), tk._("Retire"), (), lead, _back(policy), danger=True), act)


@in_words
def terms(id: str) -> Any:
    """Read the current terms, and accept them."""
    policy = call("pole_policy_show", id=id)
    shown = pole_show(policy, "terms")
    came_from = tk.request.values.get("came_from", "")

    def act(typed: dict[str, Any]) -> Response:
        somebody()
        if not typed["read"]:
            raise tk.ValidationError({"read": [tk._("Tick the box once you have read the terms")]})
        # The language and the fingerprint are those of the text that was on the page when the button was pressed.
        lang = "en" if tk.request.form.get("lang") == "en" else "fr"
        digest = tk.request.form.get("terms_sha256", "")
        call("pole_terms_accept", policy_id=policy["id"], terms_sha256=digest, lang=lang)
        tk.h.flash_success(tk._("You accepted the terms. You can withdraw on your page “My access”."))
        away = came_from if came_from.startswith("/") and tk.h.url_is_local(came_from) else ""
        return tk.redirect_to(away) if away else tk.redirect_to("pole_access.policy", id=policy["id"])

    asked = (Field("read", tk._("I have read these terms and I accept them"), "tick", required=True),)
    extra = {"policy": policy, "shown": shown, "came_from": came_from}
    page = Page(tk._("Terms of use"), tk._("Accept the terms"), asked, (), _back(policy), extra=extra)
    return answer(page, act, template="pole/access/terms.html")


def _asked() -> tuple[Field, ...]:
    """The fields of a policy."""
    groups = {"purpose": tk._("What the data may be used for"), "condition": tk._("What users have to respect"),
              "prohibition": tk._("What is never allowed")}  # fmt: skip
    lang = pole_lang()
    choices = [
        (title, [(term.code, term.label[lang], term.note[lang]) for term in _terms(group)])
        for group, title in groups.items()
    ]
    return (
        Field("title_translated", tk._("Name of the policy"), "bilingual", required=True),
        Field("purpose_translated", tk._("Purpose"), "bilingual-long",
              tk._("Why these data are shared, in a few sentences that everyone may read.")),
        Field("use_codes", tk._("Uses and conditions"), "checks",
              tk._("Each code is explained on a public page, and in the machine-readable form of the policy."),
              choices=choices),
        Field("terms_translated", tk._("Terms"), "bilingual-long",
              tk._("The text that people accept and organisations sign. Markdown is understood."), required=True),
    )  # fmt: skip


def _terms(group: str) -> list[vocabularies.Term]:
    return [term for term in vocabularies.load("intended_uses").terms.values() if term.extra["group"] == group]


def _back(policy: dict[str, Any]) -> tuple[str, str]:
    return tk.h.url_for("pole_access.policy", id=policy["id"]), tk._("Back to the policy")


ROUTES = [
    ("/policy/new", "policy_new", new, ["GET", "POST"]),
    ("/policy/<id>/edit", "policy_edit", edit, ["GET", "POST"]),
    ("/policy/<id>/retire", "policy_retire", retire, ["GET", "POST"]),
    ("/policy/<id>/terms", "terms", terms, ["GET", "POST"]),
]
