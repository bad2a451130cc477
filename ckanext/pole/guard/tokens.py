"""Tokens of the API end by themselves, as CKAN's `expire_api_token` has it.

That plugin asks how long at each token, on a form that CKAN 2.12 does not have any more: nobody could make one on the
page. Here the portal says it for all. What is stored has the same form: `exp` in the token and in its extras.
A token that has none, because it was made before there was a setting, ends as many days after it was made.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckan import model
from ckan.lib.api_token import into_seconds

from ckanext.pole import settings

__all__ = ["pole_token_days"]


def pole_token_days() -> int:
    """Days that a new token is good for; 0: it does not end."""
    return settings.guard_token_days()


class Ending(p.IApiToken):
    """What CKAN asks when a token is made and when one is shown."""

    def postprocess_api_token(self, data: dict[str, Any], jti: str, data_dict: dict[str, Any]) -> dict[str, Any]:
        """Give a new token its end, unless it is the portal's own (for loading tables), or the setting says none.

        Args:
            data: what the token will hold.
            jti: the id of its row.
            data_dict: what was asked for.
        """
        days, token = settings.guard_token_days(), model.ApiToken.get(jti)
        if not days or _is_the_portals_own(token):
            return data
        ends = datetime.now(timezone.utc) + timedelta(days=days)
        if token is not None:
            token.set_extra("expire_api_token", {"exp": ends.replace(tzinfo=None).isoformat()}, True)
        return {**data, "exp": into_seconds(ends)}

    def preprocess_api_token(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """Nothing, in the place of a token that has no end of its own and is older than any may be.

        CKAN has looked at its end, if it has one.

        Args:
            data: what the token holds.
        """
        days = settings.guard_token_days()
        if not data or not days or "exp" in data or _is_the_portals_own(model.ApiToken.get(data.get("jti"))):
            return data
        eldest = datetime.now(timezone.utc) - timedelta(days=days)
        return data if data.get("iat", 0) > into_seconds(eldest) else {}


def _is_the_portals_own(token: model.ApiToken | None) -> bool:
    owner = token.owner if token is not None else None
    return owner is not None and owner.name == tk.config["ckan.site_id"]
