"""Policies, agreements and requests of a seeds file, through the actions of the access slice.

Loaded before and after the datasets: a dataset that is not open names a policy. Where the access slice is not loaded
there is nothing to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import Context


def policies(wanted: Iterable[Mapping[str, Any]], user: str) -> dict[str, str]:
    """Create the policies that are not there yet.

    Args:
        wanted: of the file; `key` is the name that the file itself uses.
        user: the account that writes them.

    Returns:
        The file's key → id.
    """
    if not p.plugin_loaded("pole_access"):
        return {}
    ids: dict[str, str] = {}
    for policy in wanted:
        details = {name: value for name, value in policy.items() if name != "key"}
        known = tk.get_action("pole_policy_list")(_as(user), {"owner_org": policy["owner_org"], "state": ""})
        same = [one for one in known if one["title_translated"]["fr"] == policy["title_translated"]["fr"]]
        made = same[0] if same else tk.get_action("pole_policy_create")(_as(user), details)
        ids[policy["key"]] = made["id"]
    return ids


def agreements(wanted: Iterable[Mapping[str, Any]], ids: Mapping[str, str], user: str) -> int:
    """Write, propose and sign the agreements that are not there yet; each side by its own people.

    Args:
        wanted: of the file: policy, org, days or seconds, signed_by (nobody: it waits for a signature), accepted_by
            (members who accept the terms as well).
        ids: the file's key of a policy → its id.
        user: the account that writes them for the custodian.

    Returns:
        How many there are.
    """
    count = 0
    for agreement in wanted if ids else ():
        count += 1
        policy, org = ids[agreement["policy"]], model.Group.get(agreement["org"])
        pair = {"policy_id": policy, "org_id": org.id if org is not None else agreement["org"]}
        if tk.get_action("pole_agreement_list")(_as(user), dict(pair)):
            continue
        end = timedelta(days=agreement.get("days", 0), seconds=agreement.get("seconds", 0))
        last = (datetime.now(timezone.utc) + end).isoformat(timespec="seconds")
        more = {"document_ref": agreement["document_ref"]} if agreement.get("document_ref") else {}
        made = tk.get_action("pole_agreement_create")(_as(user), {**pair, "valid_until": last, **more})
        tk.get_action("pole_agreement_propose")(_as(user), {"id": made["id"]})
        if agreement.get("signed_by"):
            signatory = {"id": made["id"], "lang": "fr"}
            tk.get_action("pole_agreement_sign")(_as(agreement["signed_by"]), signatory)
        for account in agreement.get("accepted_by", ()):
            terms = tk.get_action("pole_policy_show")(_as(account), {"id": policy})["terms_sha256"]
            said = {"policy_id": policy, "terms_sha256": terms, "lang": "fr"}
            tk.get_action("pole_terms_accept")(_as(account), said)
    return count


def requests(wanted: Iterable[Mapping[str, Any]], ids: Mapping[str, str], user: str) -> int:
    """Make the requests that are not there yet, each by its own account.

    Args:
        wanted: of the file; `question` is what the custodian asked back.
        ids: the file's key of a policy → its id.
        user: the account that asks the question.

    Returns:
        How many there are.
    """
    count = 0
    for request in wanted if ids else ():
        count += 1
        account, policy = request["account"], ids[request["policy"]]
        if tk.get_action("pole_access_request_list")(_as(account), {"policy_id": policy, "user_id": "me"}):
            continue
        said = {name: value for name, value in request.items() if name not in ("account", "policy", "question")}
        made = tk.get_action("pole_access_request_create")(_as(account), {**said, "policy_id": policy})
        if request.get("question"):
            asked = {"id": made["id"], "question": request["question"]}
            tk.get_action("pole_access_request_return")(_as(user), asked)
    return count


def _as(user: str) -> Context:
    """Somebody's context; a new one each time, since actions leave things in it."""
    return {"user": user}  # type: ignore[return-value]
