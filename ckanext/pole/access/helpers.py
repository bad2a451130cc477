"""Template helpers of the access slice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model

from ckanext.pole.access.concealment import behind_door
from ckanext.pole.bilingual import values
from ckanext.pole.bilingual.helpers import pole_lang

__all__ = ["pole_can_find_own", "pole_located", "pole_policy_choices"]


def pole_policy_choices(owner_org: str | None = None, chosen: str | None = None) -> list[dict[str, str]]:
    """The policies that a dataset may have: those of its organisation, or of all for which the person edits.

    Args:
        owner_org: id or name of the dataset's organisation, once it has one.
        chosen: the policy it has now, kept in the list even if retired.

    Returns:
        value and text of each, in the page's language; where there are several organisations, theirs is named.
    """
    if not p.plugin_loaded("pole_access"):
        return []
    from ckanext.pole.access import dictize, facts
    from ckanext.pole.access.model import Policy

    query = sa.select(Policy).where(sa.or_(Policy.state == "active", Policy.id == (chosen or "")))
    group = model.Group.get(owner_org) if owner_org else None
    person = facts.standing(tk.current_user)
    if group is not None:
        query = query.where(Policy.owner_org == group.id)
    elif not person.sysadmin:
        query = query.where(Policy.owner_org.in_(person.editor_of))
    rows = model.Session.execute(query.order_by(Policy.created).limit(1000)).scalars().all()
    orgs = dictize.organisations(row.owner_org for row in rows)
    lang, found = pole_lang(), []
    for row in rows:
        text = values.show(row.title_translated, lang).text
        if len(orgs) > 1:
            org = orgs[row.owner_org]
            text = f"{values.show(org['title_translated'], lang).text or org['title']} – {text}"
        found.append({"value": row.id, "text": text})
    return found


def pole_located(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    """A resource as its form shows it: with the address where its data really are, for those who edit them.

    Args:
        resource: what the form is filled from. An address that somebody has just typed stays as it is.
    """
    identity = str(resource.get("id") or "")
    if not identity or behind_door(str(resource.get("url") or "")) != identity or not p.plugin_loaded("pole_access"):
        return resource
    try:
        found = tk.get_action("pole_location_show")({}, {"id": identity})
    except (tk.NotAuthorized, tk.ObjectNotFound):
        return resource
    return {**resource, "url": found["url"]}


def pole_can_find_own() -> bool:
    """Whether "data that I can open" says more than what is open to everyone."""
    return p.plugin_loaded("pole_access") and tk.current_user.is_authenticated
