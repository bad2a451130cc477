"""Which directories a person may search: asked of the same doors that their tables stand behind.

`resource_show` is what the DataStore, the download and the pages ask (ACCESS.md C), so a search never gives more than
they would: the entries go by the table of services at locations, the open counts by the summary.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model

from ckanext.pole.access import ledger
from ckanext.pole.access.decision import OPEN, effective_tier
from ckanext.pole.directory import searching


@dataclass
class Doors:
    """The directories of the portal, as one person finds them.

    Attributes:
        open: datasets whose entries the person may search, by id: the listing's row.
        closed: datasets whose entries are not for this person, although their existence is.
        counted: ids of those datasets, open or closed, whose open counts the person may see.
    """

    open: dict[str, Any] = field(default_factory=dict)
    closed: dict[str, Any] = field(default_factory=dict)
    counted: list[str] = field(default_factory=list)


def doors(user: str, directory: str = "") -> Doors:
    """Ask each directory's door.

    Args:
        user: name of the account, "" for anybody.
        directory: name or id of one dataset, "" for all.
    """
    found = Doors()
    for row in searching.listings():
        if directory and directory not in (row.package_id, row.name):
            continue
        if not may("package_show", user, row.package_id):
            continue
        (found.open if may("resource_show", user, row.resource_id) else found.closed)[row.package_id] = row
        if may("resource_show", user, row.summary_id):
            found.counted.append(row.package_id)
    return found


def may(auth: str, user: str, id_: str) -> bool:
    """Whether an auth function lets a person do something with a record."""
    try:
        return tk.check_access(auth, {"user": user}, {"id": id_})
    except (tk.NotAuthorized, tk.ObjectNotFound):
        return False


def note(rows: list[Any], user: str, channel: str) -> None:
    """Record in the ledger that closed directories were read; what was asked is nobody's business."""
    reader = model.User.get(user) if user else None
    for row in rows:
        resource = model.Session.get(model.Resource, row.resource_id)
        package = model.Session.get(model.Package, row.package_id)
        tier = effective_tier(
            (package.extras if package else {}).get("access_tier"),
            (resource.extras if resource else {}).get("access_tier"),
        )
        if tier != OPEN:
            ledger.record(
                "data.read",
                user_id=reader.id if reader else "",
                dataset_id=row.package_id,
                resource_id=row.resource_id,
                channel=channel,
                outcome="allow",
            )
