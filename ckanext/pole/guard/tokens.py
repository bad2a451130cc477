"""Tokens of the API end by themselves, as CKAN's `expire_api_token` has it.

That plugin asks how long at each token, on a form that CKAN 2.12 does not have any more: nobody could make one on the
page. Here the portal says it for all. What is stored has the same form: `exp` in the token and in its extras.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.lib.api_token import into_seconds

from ckanext.pole import settings

__all__ = ["pole_token_days"]


def pole_token_days() -> int:
    """Days that a new token is good for; 0: it does not end."""
    return settings.guard_token_days()


def end(data: dict[str, Any], token_id: str) -> dict[str, Any]:
    """Give a new token its end, unless it is the portal's own (for loading tables), or the setting says none.

    Args:
        data: what the token will hold.
        token_id: of the row.
    """
    days = settings.guard_token_days()
    token = model.ApiToken.get(token_id)
    owner = model.User.get(token.user_id) if token else None
    if not days or token is None or owner is None or owner.name == tk.config["ckan.site_id"]:
        return data
    ends = datetime.now(timezone.utc) + timedelta(days=days)
    token.set_extra("expire_api_token", {"exp": ends.replace(tzinfo=None).isoformat()}, True)
    return {**data, "exp": into_seconds(ends)}
