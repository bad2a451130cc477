"""What the ledger says to those whom it concerns: the custodian, the partner, the person."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.logic import validate
from ckan.types import Context, DataDict

from ckanext.pole.access import ledger_keeping, schema
from ckanext.pole.access.acting import organisation
from ckanext.pole.access.ledger_tables import LOG
from ckanext.pole.access.model import Policy

__all__ = ["pole_access_log_list"]


@tk.side_effect_free
@validate(schema.log_list)
def pole_access_log_list(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """Rows of the ledger, the latest first.

    Args:
        context: CKAN's.
        data_dict: `owner_org` (its datasets and policies), `org_id` (what its members did under agreements) or
            `user_id` (one's own rows); `after`, the number `seq` of the last row of the page before; `limit`. Without
            any of the three, all rows: for a sysadmin.

    Returns:
        Rows with `seq`, `at`, `event`, `outcome`, `code`, `channel` and the ids of what they are about.
    """
    tk.check_access("pole_access_log_list", context, data_dict)
    conditions = []
    if data_dict["owner_org"]:
        owner = organisation(data_dict["owner_org"], "owner_org").id
        datasets = sa.select(model.Package.id).where(model.Package.owner_org == owner)
        policies = sa.select(Policy.id).where(Policy.owner_org == owner)
        conditions.append(sa.or_(LOG.c.dataset_id.in_(datasets), LOG.c.policy_id.in_(policies)))
    if data_dict["org_id"]:
        conditions.append(LOG.c.org_id == organisation(data_dict["org_id"], "org_id").id)
    if data_dict["user_id"]:
        conditions.append(LOG.c.user_id == data_dict["user_id"])
    found = ledger_keeping.entries(*conditions, after=data_dict["after"], limit=data_dict["limit"])
    return [{name: value for name, value in row.items() if name not in ("hash", "details")} for row in found]
