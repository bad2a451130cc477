"""A person's own page: requests, accepted terms, organisations; their data to take away, and consents to withdraw."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from flask import Response, jsonify

from ckanext.pole.access import pages
from ckanext.pole.access.views.common import Page, answer, call, go, in_words, somebody

#: Rows of each list in an export: more than a person has.
ALL = 1000


@in_words
def mine() -> str:
    """What I asked for, what I accepted, which desks are mine."""
    somebody()
    desks = tk.get_action("organization_list_for_user")({"user": tk.g.user}, {"permission": "read"})
    last: dict[str, Any] = {}
    for acceptance in call("pole_acceptance_list"):
        # The latest word on a policy comes first: an acceptance, or its withdrawal.
        last.setdefault(acceptance["policy_id"], acceptance)
    extra = {
        "requests": call("pole_access_request_list", user_id="me"),
        "acceptances": list(last.values()),
        "suspensions": call("pole_person_suspended_list", user_id="me"),
        "desks": sorted(desks, key=lambda one: pages.pole_access_title(one).text.casefold()),
    }
    return tk.render("pole/access/mine.html", extra)


@in_words
def export() -> Response:
    """What this slice keeps about the reader, to take away (Québec's Act respecting the protection of personal
    information, right of access and portability).
    """  # noqa: D205
    person = model.User.get(somebody())
    if person is None:
        raise tk.ObjectNotFound
    account = {"id": person.id, "name": person.name, "fullname": person.fullname, "email": person.email,
               "created": person.created.isoformat()}  # fmt: skip
    document = {
        "exported": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "account": account,
        "requests": call("pole_access_request_list", user_id="me", limit=ALL),
        "acceptances": call("pole_acceptance_list"),
        "suspensions": call("pole_person_suspended_list", user_id="me"),
        "reads": call("pole_access_log_list", user_id=person.id, limit=ALL),
    }
    response = jsonify(document)
    response.headers["Content-Disposition"] = "attachment; filename=mes-donnees-my-data.json"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@in_words
def withdraw(id: str) -> Any:
    """Withdraw one's acceptance of a policy's terms."""
    somebody()
    policy = call("pole_policy_show", id=id)

    def act(_: dict[str, Any]) -> Response:
        call("pole_terms_withdraw", policy_id=policy["id"])
        return go(tk._("Your consent is withdrawn."), "mine")

    name = pages.pole_access_title(policy).text
    lead = (
        tk._("Withdraw your acceptance of the terms of “{name}”?").format(name=name),
        tk._("You can no longer read its data, from your next click. You may accept the terms again later."),
    )
    back = (tk.h.url_for("pole_access.mine"), tk._("Back to my access"))
    return answer(Page(tk._("Withdraw my consent"), tk._("Withdraw"), (), lead, back, danger=True), act)


ROUTES = [
    ("/mine", "mine", mine, ["GET"]),
    ("/mine/export.json", "mine_export", export, ["GET"]),
    ("/mine/withdraw/<id>", "mine_withdraw", withdraw, ["GET", "POST"]),
]
