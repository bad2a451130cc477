"""CKAN's lists that look past who may see a dataset (ACCESS.md C): each shows only what its reader may see."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable
from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckan import logic, model
from ckan.types import Context, DataDict

from ckanext.pole.access import facts

__all__ = [
    "dataset_followee_list",
    "followee_list",
    "member_list",
    "resource_search",
    "tag_show",
]

#: Loaded with their plugins.
ACTIVITY = (
    "dashboard_activity_list",
    "group_activity_list",
    "organization_activity_list",
    "package_activity_list",
    "recently_changed_packages_activity_list",
    "user_activity_list",
)
HARVEST = ("harvest_source_list", "harvest_source_show")

#: What an activity's line on a page shows of a dataset.
_SHOWN = ("id", "name", "title", "title_translated", "type", "owner_org")
_MOST = 500


def visible(context: Context, ids: Iterable[str]) -> set[str]:
    """Which of these datasets the reader may see; one question to the index for each few hundred."""
    wanted = sorted({one for one in ids if one and re.fullmatch(r"[\w-]+", one)})
    reader: Context = {"user": context.get("user") or "", "ignore_auth": bool(context.get("ignore_auth"))}
    seen: set[str] = set()
    for start in range(0, len(wanted), _MOST):
        some = wanted[start : start + _MOST]
        # Harvest sources are datasets too; CKAN would leave them out unless their type is asked for.
        asked = {
            "fq": "+dataset_type:* +id:(" + " OR ".join(f'"{one}"' for one in some) + ")",
            "rows": len(some), "fl": ["id", "name"], "include_private": True, "include_drafts": True,
        }  # fmt: skip
        seen |= {found["id"] for found in tk.get_action("package_search")(reader, asked)["results"]}
    return seen


@tk.chained_action
@tk.side_effect_free
def tag_show(next_action: Callable[..., Any], context: Context, data_dict: DataDict) -> Any:
    """As CKAN's, without the datasets: it would list hidden ones whole. `package_search` finds them by tag."""
    return next_action(context, {**data_dict, "include_datasets": False})


@tk.chained_action
@tk.side_effect_free
def resource_search(next_action: Callable[..., Any], context: Context, data_dict: DataDict) -> Any:
    """As CKAN's, of datasets that the reader may see; at most a hundred at a time."""
    asked = {**data_dict, "limit": _limit(data_dict.get("limit"))}
    found = next_action(context, asked)
    seen = visible(context, (item["package_id"] for item in found["results"]))
    results = [item for item in found["results"] if item["package_id"] in seen]
    # The count of all would tell how many hidden resources a guess has found.
    return {**found, "results": results, "count": len(results)}


def _limit(value: Any) -> int:
    try:
        return min(100, max(0, int(value)))
    except (TypeError, ValueError):
        return 100


@tk.chained_action
@tk.side_effect_free
def dataset_followee_list(next_action: Callable[..., Any], context: Context, data_dict: DataDict) -> Any:
    """As CKAN's, of datasets that the reader may see."""
    found = next_action(context, data_dict)
    seen = visible(context, (item["id"] for item in found))
    return [item for item in found if item["id"] in seen]


@tk.chained_action
@tk.side_effect_free
def followee_list(next_action: Callable[..., Any], context: Context, data_dict: DataDict) -> Any:
    """As CKAN's, of datasets that the reader may see."""
    found = next_action(context, data_dict)
    seen = visible(context, (item["dict"]["id"] for item in found if item["type"] == "dataset"))
    return [item for item in found if item["type"] != "dataset" or item["dict"]["id"] in seen]


@tk.chained_action
@tk.side_effect_free
def member_list(next_action: Callable[..., Any], context: Context, data_dict: DataDict) -> Any:
    """As CKAN's, of datasets that the reader may see."""
    found = next_action(context, data_dict)
    if context.get("ignore_auth") or not found:
        return found
    ids = [item[0] for item in found if str(item[1]).lower() in ("package", "dataset")]
    seen = visible(context, ids)
    return [item for item in found if item[0] not in set(ids) or item[0] in seen]


def _activities(name: str) -> Callable[..., Any]:
    def chained(next_action: Callable[..., Any], context: Context, data_dict: DataDict) -> Any:
        """As CKAN's, of datasets and previews that the reader may see today, without the whole dicts of the past."""
        found = next_action(context, data_dict)
        shown = _shown_today(context, found)
        return [{**item, "data": _shortened(item.get("data"))} if "data" in item else item for item in shown]

    chained.__name__ = name
    return tk.chained_action(tk.side_effect_free(chained))


def _shown_today(context: Context, activities: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """CKAN goes by who could see a dataset when something was done to it, and not at all for previews."""
    if context.get("ignore_auth"):
        return activities
    previews = {item["object_id"] for item in activities if "resource view" in (item.get("activity_type") or "")}
    about = {item["object_id"] for item in activities if "package" in (item.get("activity_type") or "")} | previews
    hidden = about - _seen_or_gone(context, about)
    resources = {str((item.get("data") or {}).get("resource_id") or "") for item in activities}
    closed = {key for key, said in facts.decisions_on(resources, facts.asker(context)).items() if not said.allowed}
    return [
        item for item in activities
        if item["object_id"] not in hidden and (item.get("data") or {}).get("resource_id") not in closed
    ]  # fmt: skip


def _seen_or_gone(context: Context, ids: set[str]) -> set[str]:
    """Datasets that the reader may see, and public ones that were deleted since: those are in no index."""
    seen = visible(context, ids)
    gone = model.Session.query(model.Package.id).filter(
        model.Package.id.in_(ids - seen), model.Package.state == model.State.DELETED, model.Package.private.is_(False)
    )
    return seen | {identity for (identity,) in gone} if ids - seen else seen


def _shortened(data: Any) -> Any:
    if not isinstance(data, dict):
        return data
    short = {key: value for key, value in data.items() if key not in ("config", "description")}
    if isinstance(data.get("package"), dict):
        short["package"] = {key: value for key, value in data["package"].items() if key in _SHOWN}
    return short


def _sources(name: str) -> Callable[..., Any]:
    def chained(next_action: Callable[..., Any], context: Context, data_dict: DataDict) -> Any:
        """As ckanext-harvest's; the settings of a source are for those who edit it."""
        found = next_action(context, data_dict)
        for source in found if isinstance(found, list) else [found]:
            if isinstance(source, dict) and not _edits(context, source["id"]):
                without_settings(source)
        return found

    chained.__name__ = name
    # harvest_source_show leaves the check to package_show, and so does not call its own.
    return tk.chained_action(tk.side_effect_free(logic.auth_audit_exempt(chained)))


def without_settings(source: dict[str, Any]) -> None:
    """Take a harvest source's settings out of its dict.

    They are among the extras of its dataset, or under `config`; ckanext-harvest lays each of them beside the dataset's
    own fields as well.
    """
    kept = [source.get("config"), *(one.get("value") for one in source.get("extras") or [] if one["key"] == "config")]
    for name in {name for text in kept if text for name in _settings(text)} - set(model.package_table.c.keys()):
        source.pop(name, None)
    if "config" in source:
        source["config"] = ""
    source["extras"] = [extra for extra in source.get("extras") or [] if extra.get("key") != "config"]


def _settings(text: Any) -> Collection[str]:
    try:
        read = json.loads(text)
    except (TypeError, ValueError):
        return ()
    return read if isinstance(read, dict) else ()


def guard_source(context: Context, dataset: dict[str, Any]) -> None:
    """A harvest source is a dataset too: shown as one, its settings are for those who edit it."""
    if dataset.get("type") == "harvest" and not context.get("for_update") and not _edits(context, dataset["id"]):
        without_settings(dataset)


def _edits(context: Context, source_id: str) -> bool:
    if context.get("ignore_auth"):
        return True
    try:
        tk.check_access("package_update", {"user": context.get("user") or ""}, {"id": source_id})
    except (tk.NotAuthorized, tk.ObjectNotFound):
        return False
    return True


def of_plugins() -> dict[str, Callable[..., Any]]:
    """The chained actions of the plugins that this site has."""
    made = {name: _activities(name) for name in ACTIVITY} if p.plugin_loaded("activity") else {}
    if p.plugin_loaded("harvest"):
        made |= {name: _sources(name) for name in HARVEST}
    return made
