"""A custodian closes its data to one person, whatever agreement there is, and lets the person read again."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from flask import Response

from ckanext.pole.access import pages
from ckanext.pole.access.fields import Field
from ckanext.pole.access.views.common import Page, answer, call, go, in_words, somebody
from ckanext.pole.access.views.policies import BARE


@in_words
def suspend(org: str) -> Any:
    """Close the data of one policy, or all of them, to a person, and say why."""
    organisation = _custodian(org)
    policies = call("pole_policy_list", owner_org=organisation["id"], state="")
    choices = [("", tk._("All our data that are not open"))]
    choices += [(one["id"], pages.pole_access_title(one).text) for one in policies]

    def act(typed: dict[str, Any]) -> Response:
        call("pole_person_suspend", owner_org=organisation["id"], **typed)
        return go(tk._("The person can no longer read these data."), "desk", org=organisation["name"])

    asked = (
        Field("user_id", tk._("Account"), help=tk._("The user name, as requests and reads show it."), required=True),
        Field("policy_id", tk._("Which data"), "choice", choices=choices),
        Field("reason", tk._("Reason"), "long", tk._("The person reads it."), required=True),
    )
    lead = (tk._("The person reads nothing of these data from the next click, even with an agreement or a request."),)
    page = Page(tk._("Suspend a person"), tk._("Suspend"), asked, lead, _back(organisation), danger=True)
    return answer(page, act, {name: tk.request.args.get(name, "") for name in ("user_id", "policy_id")})


@in_words
def resume(org: str) -> Any:
    """Let a person's agreement or request count again."""
    organisation = _custodian(org)
    named = {name: tk.request.args.get(name, "") for name in ("user_id", "policy_id")}

    def act(_: dict[str, Any]) -> Response:
        call("pole_person_resume", owner_org=organisation["id"], **named)
        return go(tk._("The person may read again what an agreement or a request opens."), "desk",
                  org=organisation["name"])  # fmt: skip

    found = call("pole_person_suspended_list", owner_org=organisation["id"])
    one = next((row for row in found if all(row[name] == value for name, value in named.items())), None)
    if one is None:
        raise tk.ObjectNotFound
    lead = (tk._("Suspended: {name}. Reason given: {reason}").format(
        name=one["user_fullname"] or one["user_name"], reason=one["reason"]),)  # fmt: skip
    return answer(Page(tk._("Let this person read again"), tk._("Allow again"), (), lead, _back(organisation)), act)


def _custodian(org: str) -> dict[str, Any]:
    """The organisation, for which the reader speaks.

    Raises:
        NotAuthorized: the reader does not.
    """
    somebody()
    organisation = call("organization_show", id=org, **BARE)
    tk.check_access("pole_person_suspend", {"user": tk.g.user}, {"owner_org": organisation["id"]})
    return organisation


def _back(organisation: dict[str, Any]) -> tuple[str, str]:
    return tk.h.url_for("pole_access.desk", org=organisation["name"]), tk._("Back to the desk")


ROUTES = [
    ("/desk/<org>/suspend", "person_suspend", suspend, ["GET", "POST"]),
    ("/desk/<org>/resume", "person_resume", resume, ["GET", "POST"]),
]
