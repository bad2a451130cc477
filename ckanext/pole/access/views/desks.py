"""An organisation's desk: as a custodian, what waits, policies, agreements, reads; as a partner, what it may read."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from typing import Any

import ckan.plugins.toolkit as tk
from flask import Response

from ckanext.pole.access import days, pages
from ckanext.pole.access.views.common import ROWS, allowed, call, in_words, page_number, slice_of, somebody
from ckanext.pole.access.views.policies import BARE
from ckanext.pole.spreadsheets import guarded

#: What a custodian sorts agreements by; `days` and texts compare as they are.
ORDERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "partner": lambda one: pages.pole_access_title(one["partner"]).text.casefold(),
    "policy": lambda one: pages.pole_access_title(one["policy"]).text.casefold(),
    "status": lambda one: one["status"],
    "until": lambda one: one["valid_until"] or "",
}
STATUSES = ("draft", "proposed", "active", "upcoming", "suspended", "expired", "terminated", "superseded")
#: Rows of an exported table.
EXPORTED = 1000


@in_words
def desk(org: str) -> str:
    """The desk of one organisation, for its members."""
    organisation, role = _organisation(org)
    side = "partner" if tk.request.args.get("side") == "partner" else "custodian"
    extra = {"organisation": organisation, "role": role, "side": side, **_SIDES[side](organisation)}
    return tk.render(f"pole/access/desk_{side}.html", extra)


def _custodian(organisation: dict[str, Any]) -> dict[str, Any]:
    status = tk.request.args.get("status", "")
    order = tk.request.args.get("sort", "until")
    number = page_number()
    wanted = {"status": status} if status in STATUSES else {}
    agreements, more = slice_of("pole_agreement_list", number, owner_org=organisation["id"], **wanted)
    ending = call("pole_agreement_list", owner_org=organisation["id"], expiring_days=90)
    now = datetime.now(timezone.utc)
    windows: dict[int, list[dict[str, Any]]] = {30: [], 60: [], 90: []}
    for one in ending:
        bound = days.within(one["valid_until"], now)
        if bound:
            windows[bound].append(one)
    return {
        "policies": call("pole_policy_list", owner_org=organisation["id"], state=""),
        "agreements": sorted(agreements, key=ORDERS.get(order, ORDERS["until"])),
        "statuses": STATUSES, "status": status, "order": order, "number": number, "more": more,
        "waiting": allowed("pole_access_request_list", owner_org=organisation["id"], state="submitted"),
        "drafts": call("pole_agreement_list", owner_org=organisation["id"], status="draft"),
        "windows": windows,
        "suspended": allowed("pole_person_suspended_list", owner_org=organisation["id"]),
        "reads": allowed("pole_access_log_list", owner_org=organisation["id"], limit=ROWS),
    }  # fmt: skip


def _partner(organisation: dict[str, Any]) -> dict[str, Any]:
    number = page_number()
    agreements, more = slice_of("pole_agreement_list", number, org_id=organisation["id"])
    live = [one["policy_id"] for one in agreements if one["status"] == "active"]
    return {
        "agreements": agreements, "number": number, "more": more,
        "to_sign": [one for one in agreements if "sign" in one.get("actions", ())],
        "proposed": [one for one in agreements if one["status"] == "proposed"],
        "datasets": _under(live),
        "requests": allowed("pole_access_request_list", org_id=organisation["id"]),
        "reads": allowed("pole_access_log_list", org_id=organisation["id"], limit=ROWS),
    }  # fmt: skip


_SIDES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {"custodian": _custodian, "partner": _partner}


@in_words
def agreements_csv(org: str) -> Response:
    """The organisation's agreements, on either side, as a table to take away."""
    organisation, _ = _organisation(org)
    side = _side(organisation)
    rows = call("pole_agreement_list", limit=EXPORTED, **side)
    heads = ("agreement", "policy", "custodian", "partner", "status", "valid_from", "valid_until", "terms_version",
             "signed_at", "document_ref")  # fmt: skip
    return _table("ententes-agreements", heads, (
        (one["id"], pages.pole_access_title(one["policy"]).text, one["custodian"]["name"], one["partner"]["name"],
         one["status"], one["valid_from"], one["valid_until"], one["terms_version"], one["signed_at"],
         one["document_ref"])
        for one in rows
    ))  # fmt: skip


@in_words
def reads_csv(org: str) -> Response:
    """Who read what, as a table to take away: of the organisation's own data, or by its own members."""
    organisation, _ = _organisation(org)
    side = _side(organisation)
    rows = call("pole_access_log_list", limit=EXPORTED, **side)
    heads = ("at", "event", "outcome", "code", "channel", "user_id", "user_name", "user_fullname", "org_id",
             "dataset_id", "dataset_name", "resource_id", "agreement_id")  # fmt: skip
    return _table("lectures-reads", heads, ([one.get(head, "") for head in heads] for one in rows))


def _side(organisation: dict[str, Any]) -> dict[str, str]:
    """What a list is asked for: the organisation as the side of the desk that the address names."""
    return {"org_id" if tk.request.args.get("side") == "partner" else "owner_org": organisation["id"]}


def _organisation(name: str) -> tuple[dict[str, Any], str]:
    """An organisation, and the reader's role in it.

    Raises:
        NotAuthorized: none.
    """
    somebody()
    organisation = call("organization_show", id=name, **BARE)
    role = pages.role_in(organisation["id"])
    if not role:
        raise tk.NotAuthorized(tk._("This desk is for the members of the organisation"))
    return organisation, role


def _under(policy_ids: list[str]) -> list[dict[str, Any]]:
    """The datasets under some policies, in one search."""
    if not policy_ids:
        return []
    wanted = " OR ".join(f'"{policy_id}"' for policy_id in dict.fromkeys(policy_ids))
    search = {"fq": f"access_policy:({wanted})", "rows": 100, "include_private": True, "sort": "title_string asc"}
    return call("package_search", **search)["results"]


def _table(name: str, heads: Iterable[str], rows: Iterable[Iterable[Any]]) -> Response:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(heads)
    writer.writerows([guarded(value) for value in row] for row in rows)
    # The mark tells spreadsheets that accents are UTF-8.
    response = Response("\N{ZERO WIDTH NO-BREAK SPACE}" + out.getvalue(), mimetype="text/csv")
    response.headers["Content-Disposition"] = f"attachment; filename={name}.csv"
    response.headers["Cache-Control"] = "private, no-store"
    return response


ROUTES = [
    ("/desk/<org>", "desk", desk, ["GET"]),
    ("/desk/<org>/agreements.csv", "desk_agreements", agreements_csv, ["GET"]),
    ("/desk/<org>/reads.csv", "desk_reads", reads_csv, ["GET"]),
]
