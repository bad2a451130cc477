"""Reading and checking the ledger."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.types import Context, DataDict

from ckanext.pole.access import dictize, ledger_keeping, listing_actions
from ckanext.pole.access.chain import Link
from ckanext.pole.access.ledger_tables import LOG
from ckanext.pole.access.model import Policy

__all__ = ["pole_access_log_list", "pole_ledger_verify"]

_MOST = 1000
_FILTERS = ("dataset_id", "resource_id", "org_id", "user_id", "policy_id", "agreement_id", "event", "outcome")


@tk.side_effect_free
def pole_access_log_list(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """Who did what with closed data, the latest first.

    Args:
        context: CKAN's.
        data_dict: one of `owner_org` (about the datasets and policies of that custodian), `org_id` (for that partner),
            `user_id` (by that account; `me`), `dataset_id`; more of these and `event`, `outcome` narrow the list;
            `after`, the number of the last row seen; `limit`, 100 by default and 1,000 at most; `offset`.

    Returns:
        Rows with `seq`, `at`, `event`, ids, `channel`, `outcome`, `code`, `details` and `hash`; beside what is on the
        ledger, `user_name`, `user_fullname` and `dataset_name` as they are now.

    Raises:
        ckan.plugins.toolkit.NotAuthorized: the person may not see those rows.
        ckan.plugins.toolkit.ValidationError: a number that is none.
    """
    asked = {name: value for name, value in data_dict.items() if value not in (None, "")}
    if asked.get("user_id") == "me":
        account = model.User.get(context.get("user") or "")
        asked["user_id"] = account.id if account is not None else "nobody"
    for side in ("owner_org", "org_id"):
        if side in asked and (organisation := model.Group.get(str(asked[side]))) is not None:
            asked[side] = organisation.id
    tk.check_access("pole_access_log_list", context, asked)
    conditions = [LOG.c[name] == str(asked[name]) for name in _FILTERS if name in asked]
    if "owner_org" in asked:
        owned = sa.select(model.Package.id).where(model.Package.owner_org == str(asked["owner_org"]))
        offered = sa.select(Policy.id).where(Policy.owner_org == str(asked["owner_org"]))
        conditions.append(sa.or_(LOG.c.dataset_id.in_(owned), LOG.c.policy_id.in_(offered)))
    limit = min(_number(asked, "limit", 100), _MOST)
    place = {name: _number(asked, name, 0) for name in ("after", "offset")}
    rows = dictize.log(ledger_keeping.entries(*conditions, limit=limit, **place))
    # Somebody who was refused a hidden dataset, by its id, does not learn from the refusal what it is called.
    seen = listing_actions.visible(context, (row["dataset_id"] for row in rows))
    return [row if row["dataset_id"] in seen else {**row, "dataset_name": ""} for row in rows]


def _number(asked: DataDict, name: str, default: int) -> int:
    try:
        number = int(asked.get(name, default))
    except (TypeError, ValueError):
        number = -1
    if not 0 <= number < 2**62:
        raise tk.ValidationError({name: [tk._("Must be a natural number")]})
    return number


@tk.side_effect_free
def pole_ledger_verify(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Check the whole ledger.

    Args:
        context: CKAN's.
        data_dict: `seq` and `hash` of a place noted earlier elsewhere, if any: it must still be there.

    Returns:
        `ok`, `rows`, `findings`, `start`, `head`; see `ledger_keeping.verify`.

    Raises:
        ckan.plugins.toolkit.NotAuthorized: not an administrator of the portal.
    """
    tk.check_access("pole_ledger_verify", context, data_dict)
    noted = Link(_number(data_dict, "seq", 0), str(data_dict.get("hash") or "")) if data_dict.get("seq") else None
    return ledger_keeping.verify(noted)
