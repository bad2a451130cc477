"""CKAN's own verbs that fail where the data door is closed, or ask more than they need."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.types import Context, DataDict

from ckanext.pole.access import facts, labels

__all__ = ["am_following_dataset", "package_search", "resource_view_list"]


@tk.chained_action
@tk.side_effect_free
def resource_view_list(next_action: Any, context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """The views of a resource; none for someone who may not read it.

    Dataset and resource pages ask for views without expecting a refusal, and would answer 500.
    """
    try:
        return next_action(context, data_dict)
    except tk.NotAuthorized:
        tk.check_access("package_show", {"user": context.get("user", "")}, {"id": _package_of(data_dict)})
        return []


@tk.chained_action
@tk.side_effect_free
def package_search(next_action: Any, context: Context, data_dict: DataDict) -> dict[str, Any]:
    """CKAN's search, with no more labels of the person than can find something, and short ones."""
    with labels.searching():
        return next_action(context, data_dict)


@tk.chained_action
@tk.side_effect_free
def am_following_dataset(next_action: Any, context: Context, data_dict: DataDict) -> bool:
    """Whether one follows a dataset: one statement for the page's reader, where CKAN runs five."""
    reader, asked = facts.visitor(), data_dict.get("id")
    if reader is None or reader.name != context.get("user") or not isinstance(asked, str):
        return next_action(context, data_dict)
    context["auth_user_obj"] = reader  # or CKAN reads the account again
    tk.check_access("am_following_dataset", context, data_dict)
    package, follows = model.package_table, model.UserFollowingDataset
    mine = sa.and_(follows.object_id == package.c.id, follows.follower_id == reader.id)
    wanted = sa.select(follows.follower_id, package.c.state)
    wanted = wanted.select_from(package.outerjoin(follows.__table__, mine))  # type: ignore[attr-defined]
    found = model.Session.execute(wanted.where(sa.or_(package.c.id == asked, package.c.name == asked))).all()
    if len(found) != 1 or found[0].state != model.State.ACTIVE:
        return next_action(context, data_dict)
    return found[0].follower_id is not None


def _package_of(data_dict: DataDict) -> str:
    resource = model.Resource.get(data_dict.get("id") or "")
    return (resource.package_id or "") if resource is not None else ""
