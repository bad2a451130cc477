"""API verbs of the second factor. It is turned on, and used, on pages only: a token must not be able to."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import Context

from ckanext.pole.guard.second_factor import entering, keeping
from ckanext.pole.guard.second_factor import model as tables

__all__ = ["pole_second_factor_remove", "pole_second_factor_show"]


@tk.side_effect_free
def pole_second_factor_show(context: Context, data_dict: dict[str, Any]) -> dict[str, Any]:
    """Whether an account has a second factor.

    Args:
        context: CKAN's.
        data_dict: `id`, the account's id or name (default: one's own).

    Returns:
        `user_id`; `on`; `since`, when it was turned on, ISO 8601 in UTC, or null; `recovery_codes_left`; `required`,
        whether this portal asks one of this account.

    Raises:
        ObjectNotFound, NotAuthorized.
    """
    user = _account({"id": data_dict.get("id") or context.get("user")}, context, "pole_second_factor_show")
    factor, found = tables.find(user.id), entering.of_account(user.id)
    return {
        "user_id": user.id, "on": factor is not None, "since": factor.created.isoformat() if factor else None,
        "recovery_codes_left": tables.codes_left(user.id),
        "required": bool(found and found[2]),
    }  # fmt: skip


def pole_second_factor_remove(context: Context, data_dict: dict[str, Any]) -> dict[str, Any]:
    """Take the second factor off somebody's account who lost the device and the recovery codes.

    It goes on the ledger. Make sure first that it is that person who asks.

    Args:
        context: CKAN's.
        data_dict: `id`, the account's id or name.

    Returns:
        `user_id`; `removed`, false if there was none.

    Raises:
        ObjectNotFound, NotAuthorized.
    """
    user = _account(data_dict, context, "pole_second_factor_remove")
    by = model.User.get(str(context.get("user") or ""))
    channel = str(context.get("pole_channel") or "api")
    return {"user_id": user.id, "removed": keeping.turn_off(user.id, by=by.id if by else "", channel=channel)}


def _account(data_dict: dict[str, Any], context: Context, verb: str) -> model.User:
    """The account that is meant, if one may; who may not is not told whether there is one."""
    given = str(tk.get_or_bust(data_dict, "id"))
    tk.check_access(verb, context, {"id": given})
    user = model.User.get(given)
    if user is None:
        raise tk.ObjectNotFound(tk._("User not found"))
    return user
