"""Lists of partners and themes: in the order of the reader's language, and found by their name in either one.

CKAN sorts and looks by the title of the default language, in the order of the database, where É comes after Z.
"""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import Action, Context, DataDict

from ckanext.pole.bilingual import states, values
from ckanext.pole.bilingual.helpers import pole_lang
from ckanext.pole.bilingual.vocabularies import fold

__all__ = ["group_list", "organization_list"]

#: CKAN's orders by title → whether from the end.
_BY_TITLE = {"title": False, "title asc": False, "title desc": True}


@tk.chained_action
@tk.side_effect_free
def group_list(original: Action, context: Context, data_dict: DataDict) -> list[Any]:
    """CKAN's, in the order of the titles in the reader's language; `q` looks for both languages' titles."""
    return _listed(original, "group", context, data_dict)


@tk.chained_action
@tk.side_effect_free
def organization_list(original: Action, context: Context, data_dict: DataDict) -> list[Any]:
    """CKAN's, in the order of the titles in the reader's language; `q` looks for both languages' titles."""
    return _listed(original, "organization", context, data_dict)


def _listed(original: Action, kind: str, context: Context, data_dict: DataDict) -> list[Any]:
    """A list of one kind: another order than by title, named groups and ids for names stay CKAN's own matter."""
    sort = data_dict.get("sort") or data_dict.get("order_by") or tk.config["ckan.default_group_sort"]
    start, rows = str(data_dict.get("offset") or 0), str(data_dict.get("limit") or 0)
    named = data_dict.get(f"{kind}s") or context.get("api_version") == 2
    if sort not in _BY_TITLE or named or not (start.isdigit() and rows.isdigit()):
        return original(context, data_dict)
    tk.check_access(f"{kind}_list", context, data_dict)
    whole = "_all_fields" if tk.asbool(data_dict.get("all_fields")) else ""
    most = int(tk.config[f"ckan.group_and_organization_list{whole}_max"])
    found = _names(kind, str(data_dict.get("type") or kind), str(data_dict.get("q") or ""), _BY_TITLE[sort])
    page = found[int(start) :][: min(int(rows) or most, most)]
    if not page:
        return []
    rest = {name: value for name, value in data_dict.items() if name not in ("q", "offset", "limit", "order_by")}
    listed = original(context, {**rest, f"{kind}s": page, "sort": "name"})
    rank = {name: place for place, name in enumerate(page)}
    return sorted(listed, key=lambda item: rank[item if isinstance(item, str) else item["name"]])


def _names(kind: str, group_type: str, question: str, backwards: bool) -> list[str]:
    """The names of the groups that answer a question, by title; one statement."""
    group: Any = model.Group
    rows = model.Session.query(group.name, group.title, group.description, group.extras).filter(
        group.state == "active",
        group.is_organization == (kind == "organization"),
        group.type == group_type,
    )
    wanted, lang = fold(question), pole_lang()
    found = []
    for name, title, description, extras in rows:
        titles = states.read(extras or {}, "title_translated")
        about = states.read(extras or {}, "description_translated")
        if wanted in fold(" ".join([name, title or "", description or "", *titles.values(), *about.values()])):
            found.append((fold(values.show(titles, lang).text or title or name), name))
    return [name for _title, name in sorted(found, reverse=backwards)]
