"""Plausible arguments: for each action and each route what somebody would send who is after the planted data. Pure.

An action or route that no line names gets the ids of every kind of thing, so that a new one is asked as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ckanext.pole.access.probe.garden import Garden

Shape = Mapping[str, Any]
Beds = Iterable[tuple[str, str]]

#: A search that finds all that was planted, in every way that a searcher may name it.
_SEARCH: tuple[Shape, ...] = (
    {"q": "{run}*", "rows": 1000, "include_private": True, "include_drafts": True},
    {"fq": "name:{run}*", "rows": 1000, "include_private": True, "fl": "id,name,title,notes,res_name"},
    {"q": "name:{run}*", "rows": 1000, "fl": "data_dict,validated_data_dict,res_url,text,*"},
    {"q": "{run}*", "rows": 0, "facet.field": ["tags", "res_url", "permission_labels", "pole_key", "name", "title"]},
    {"q": 'res_url:*{run}*', "rows": 1000},
    {"q": "{run}*", "use_default_schema": True, "hl": True},
)
_LIST: tuple[Shape, ...] = ({}, {"all_fields": True, "include_extras": True, "limit": 1000},)
_WORD: tuple[Shape, ...] = ({"q": "{run}", "query": "{run}", "limit": 1000},)
_DATASET: tuple[Shape, ...] = ({"id": "{dataset}", "package_id": "{dataset}"},)
_RESOURCE: tuple[Shape, ...] = ({"id": "{resource}", "resource_id": "{resource}"},)
_TABLE: tuple[Shape, ...] = ({"resource_id": "{resource}", "id": "{resource}"},)
_VIEW: tuple[Shape, ...] = ({"id": "{view}"},)
_ORG: tuple[Shape, ...] = (
    {"id": "{custodian}", "limit": 1000, "object_type": "package", "include_datasets": True, "include_users": True},
    {"id": "{outsider_org}"},
)
_USER: tuple[Shape, ...] = ({"id": "{editor}", "user_id": "{editor}", "include_datasets": True, "limit": 1000},)
_ACTIVITY: tuple[Shape, ...] = (
    {"id": "{oldest}", "include_data": True, "object_type": "package", "diff_type": "html"},
    {"id": "{newest}", "include_data": True, "object_type": "package"},
)
_STREAM: tuple[Shape, ...] = ({"id": "{dataset}", "include_data": True, "limit": 100}, {"id": "{dataset}"})
_SOURCE: tuple[Shape, ...] = (
    {"id": "{source}", "source_id": "{source}", "url": "https://{run}.invalid", "type": "pole_ckan"}, {},
)
#: Each line: the names that begin so, and what is sent. The first that fits counts.
_READ: tuple[tuple[str, tuple[Shape, ...]], ...] = (
    (r"pole_ledger_verify|dashboard_new|get_site_user|.*_schema_list|harvesters_info", ({},)),
    (r"package_search|dcat_catalog_search", _SEARCH),
    (r"dcat_catalog_show", ({"q": "{run}*", "format": "ttl"}, {"format": "jsonld"})),
    (r"resource_search", ({"query": "name:{run}"}, {"query": "url:{run}"}, {"query": ["name:{run}", "url:sonde"]})),
    (r"pole_directory_search|pole_directory_counts", ({"q": "{run}"},)),
    (r"pole_directory_entry_show", ({"id": "{dataset}"},)),
    (r"pole_(spelling|title)_suggest", ({"q": "{run}"}, {"q": "pole"}, {"text": "{run}"})),
    (r"package_autocomplete|.*autocomplete|tag_search", ({"q": "{run}", "query": "{run}", "limit": 1000},)),
    (r"tag_list", ({"query": "{run}"}, {"all_fields": True}, {"query": "{run}", "all_fields": True})),
    (r"tag_show", tuple({"id": f"{{run}}-{place}-keyword", "include_datasets": True} for place in
                        ("open", "confidential", "agreement"))),
    (r"package_list|current_package_list", ({"limit": 1000},)),
    (r"package_activity_list", _STREAM),
    (r"dashboard_activity_list|recently_changed", ({"limit": 100, "include_data": True},)),
    (r"(organization|group)_activity_list", ({"id": "{custodian}", "limit": 100, "include_data": True},
                                             {"id": "{custodian}", "limit": 100})),
    (r"user_activity_list", ({"id": "{editor}", "limit": 100},)),
    (r"activity_", _ACTIVITY),
    (r"resource_view_show", _VIEW),
    (r"datastore_search$", ({"resource_id": "{resource}"}, {"resource_id": "{resource}", "limit": 0},
                            {"resource_id": "{resource}", "records_format": "csv"})),
    (r"datastore", _TABLE),
    (r"am_following_(group|user)", ({"id": "{editor}"}, {"id": "{custodian}"})),
    (r"dataset_followee|followee", ({"id": "{member}"}, {"id": "{editor}"})),
    (r"dataset_follow|am_following_dataset|package_|dcat_dataset|pole_dataset", _DATASET),
    (r"pole_access_explain", ({"id": "{dataset}"}, {"id": "{resource}"})),
    (r"pole_access_log", ({"resource_id": "{resource}"}, {"organization": "{custodian}"}, {})),
    (r"resource|pole_location|xloader", _RESOURCE),
    (r"task_status_show", ({"entity_id": "{resource}", "task_type": "xloader", "key": "xloader"},)),
    (r"(user_|organization_|group_)followee", ({"id": "{member}", "q": ""}, {"id": "{editor}"})),
    (r"member_list|organization_(show|follow)|group_(show|package|follow)|member_roles", _ORG),
    (r"(organization|group)_list", ({"all_fields": True, "include_dataset_count": True, "include_users": True,
                                     "include_extras": True}, {})),
    (r"pole_second_factor", ({"id": "{editor}"},)),
    (r"user_(show|list|follow|autocomplete)|api_token_list|package_collaborator_list_for_user", (*_USER, {})),
    (r"pole_policy_show|pole_agreement_show|pole_access_request_show", ({"id": "{policy}"}, {"id": "{agreement}"})),
    (r"pole_(policy|terms|acceptance|person)", ({"owner_org": "{custodian}"}, {})),
    (r"pole_agreement|pole_access_request", ({"policy_id": "{policy}"}, {"owner_org": "{custodian}"})),
    (r"harvest_object", ({"id": "{object}"}, {"source_id": "{source}", "only_current": False})),
    (r"harvest_(job|log)|pole_harvest", ({"id": "{job}", "source_id": "{source}", "source": "{source}"},
                                         {"source_id": "{source}"})),
    (r"harvest", _SOURCE),
    (r"file_", ({"id": "{resource}", "owner_type": "resource", "owner_id": "{resource}"},)),
    (r"help_show", ({"name": "package_show"},)),
    (r"term_translation", ({"terms": ["{run}"]},)),
    (r"scheming", ({"type": "dataset"}, {"type": "organization"}, {})),
    (r"pole_translation", ({"organization": "{custodian}", "owner_org": "{custodian}"},)),
    (r"vocabulary|job_|config_option|license|status|format|get_site|tag", ({"id": "{run}", "q": "{run}"}, {})),
)
#: Of actions that change things: what a thief would send, never what the portal as a whole hangs on.
_CHANGE: tuple[tuple[str, tuple[Shape, ...]], ...] = (
    (r"package_create", ({"name": "{run}-made", "title_translated": {"fr": "a"}, "notes_translated": {"fr": "a"},
                          "owner_org": "{outsider_org}", "resources": [{"id": "{resource}", "url": "x"}]},
                         {"id": "{dataset}", "name": "{run}-made"})),
    (r"package_revise", ({"match": {"id": "{dataset}"}, "include": ["*"]},
                         {"match": {"id": "{dataset}", "notes": "a"}})),
    (r"package|dataset|bulk_update", ({"id": "{dataset}", "org_id": "{custodian}", "datasets": ["{dataset}"],
                                       "organization_id": "{outsider_org}"},)),
    (r"(un)?follow_dataset", ({"id": "{dataset}"},)),
    (r"resource_view", ({"id": "{view}", "resource_id": "{resource}", "order": ["{view}"], "title": "a",
                         "view_type": "text_view"},)),
    (r"resource_create$", ({"package_id": "{dataset}", "url": "x"}, {"package_id": "{dataset}", "id": "{resource}"})),
    (r"resource|xloader|pole_location", (
        {"id": "{resource}", "resource_id": "{resource}", "package_id": "{dataset}"},)),
    (r"datastore_create", ({"resource_id": "{resource}", "aliases": "{run}_made", "force": True},)),
    (r"datastore", ({"resource_id": "{resource}", "records": [], "filters": {"_id": 0}, "force": True},)),
    (r"activity", ({"id": "{dataset}", "object_id": "{dataset}", "user_id": "{editor}", "activity_type": "x"},)),
    (r"task_status", ({"id": "{resource}", "entity_id": "{resource}", "entity_type": "resource", "value": "",
                       "task_type": "xloader", "key": "xloader", "data": []},)),
    (r"pole_policy_create", ({"owner_org": "{custodian}", "title_translated": {"fr": "a"},
                              "terms_translated": {"fr": "a"}},)),
    (r"pole_person", ({"owner_org": "{custodian}", "user_id": "{editor}", "reason": "a"},)),
    (r"pole_policy", ({"id": "{policy}"},)),
    (r"pole_terms", ({"policy_id": "{policy}"},)),
    (r"pole_agreement_create", ({"policy_id": "{policy}", "org_id": "{outsider_org}", "valid_until": "2999-01-01"},)),
    (r"pole_agreement", ({"id": "{agreement}", "reason": "a", "valid_until": "2999-01-01"},)),
    (r"pole_access_request_create", ({"policy_id": "{policy}", "purpose": "a", "use_code": "research",
                                      "dataset_id": "{dataset}"},)),
    (r"pole_access_request", ({"id": "{policy}"},)),
    (r"harvest_object", ({"id": "{object}", "guid": "a", "content": "a", "job_id": "{job}"},)),
    (r"harvest|pole_harvest|InactiveSource|send_|prepare_|get_mail", (
        {"id": "{source}", "source_id": "{source}", "source": "{source}", "job_id": "{job}"},)),
    (r"(organization|group)_create", ({"name": "{run}-made"},)),
    (r"member|organization|group|(un)?follow_group", ({"id": "{custodian}", "username": "{editor}", "role": "admin",
                                                       "object": "{dataset}", "object_type": "package"},)),
    (r"user_create|user_invite", ({"name": "{run}-made", "email": "{run}@pole-sonde-mail.invalid",
                                   "password": "{run}{run}", "group_id": "{custodian}", "role": "admin"},)),
    (r"pole_second_factor", ({"id": "{editor}"},)),
    (r"user|(un)?follow_user", ({"id": "{editor}", "sysadmin": True},)),
    (r"api_token", ({"user": "{editor}", "name": "{run}", "jti": "{run}", "token": "{run}"},)),
    (r"pole_translation", ({"organization": "{custodian}", "id": "{dataset}"},)),
    (r"file|job|vocabulary|tag|term_translation|config_option|dashboard|dcat", (
        {"id": "{run}", "owner_type": "resource", "owner_id": "{resource}", "name": "{run}"},)),
)
#: What a new one gets: the ids of everything.
_ANY: tuple[Shape, ...] = (
    {"id": "{dataset}", "resource_id": "{resource}", "package_id": "{dataset}", "view_id": "{view}"},
    {"id": "{resource}"}, {"id": "{custodian}"}, {"q": "{run}"}, {},
)
#: Query parameters of pages that search or show nothing without.
_QUERIES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"/(dataset|harvest|organization|group|directory|access)?/?$", ("", "?q={run}")),
    (r".*autocomplete", ("?q={run}&incomplete={run}",)),
    (r"/feeds/custom.atom", ("?q={run}",)),
    (r"/(dataset|organization|group)/changes_multiple", (
        "?current_new_id={newest}&current_old_id={oldest}&new_id={newest}&old_id={oldest}",)),
    (r"/access/request/new|/access/agreement/new", ("?dataset={dataset}&policy={policy}",)),
    (r"/organization/bulk_process", ("", "?q={run}")),
    (r"/catalog\.", ("?q={run}", "")),
    (r"/datatables", ("?draw=1&start=0&length=100&search[value]=&order[0][column]=0&order[0][dir]=asc"
                      "&columns[0][search][value]=&params=%7B%22visibleColumns%22:[],%22search%22:%7B%22search%22:%22%22%7D,"
                      "%22order%22:[],%22columns%22:[]%7D&format=csv",)),
    (r"/util/redirect", ("?url=/dataset/{dataset}",)),
)
#: A converter's name in a route → what fills it. `id` depends on the route.
_FILLINGS: Mapping[str, str] = {
    "resource_id": "{resource}", "view_id": "{view}", "resource_view_id": "{view}", "filename": "data.txt",
    "activity_id": "{oldest}", "org": "{custodian}", "organization": "{custodian}", "source": "{source}",
    "logic_function": "package_show", "ver": "3", "lang": "fr", "_format": "jsonld", "storage_name": "default",
    "location": "{resource}", "path": "x", "token": "x",
}
_IDS: tuple[tuple[str, str], ...] = (
    (r"/(dashboard|user)", "{editor}"),
    (r"/(organization|feeds/organization)", "{custodian}"),
    (r"/(group|feeds/group)", "{custodian}"),
    (r"/feeds/tag", "{run}-open-keyword"),
    (r"/access/policy", "{policy}"), (r"/access/agreement", "{agreement}"), (r"/access/(request|mine)", "{policy}"),
    (r"/(harvest/object|dataset/harvest_object)", "{object}"),
    # These change something when they are opened, and clearing a source takes its datasets along.
    (r"/harvest/(clear|delete|refresh)/", "{scrap_source}"),
    (r"/harvest/<source>/", "{job}"), (r"/harvest", "{source}"),
    (r"/file", "{resource}"),
)
_VARIABLE = re.compile(r"<(?:(?P<converter>\w+)(?:\([^)]*\))?:)?(?P<name>\w+)>")


def of_action(name: str, garden: Garden, beds: Beds, *, reading: bool) -> list[dict[str, Any]]:
    """What to send to an action, each only once.

    Args:
        name: the action.
        garden: what was planted.
        beds: the resources that fill the arguments.
        reading: whether it changes nothing.
    """
    shapes = _shapes(name, _READ if reading else _CHANGE)
    return _once(_filled(shape, values) for shape in shapes for values in garden.every(beds))


def of_route(rule: str, garden: Garden, beds: Beds) -> list[str]:
    """The addresses to ask of a route, each only once."""
    queries = next((given for start, given in _QUERIES if re.match(start, rule)), ("",))
    identity = next((given for start, given in _IDS if re.match(start, rule)), "{dataset}")
    fillings = {**_FILLINGS, "id": identity, "_id": identity}
    pattern = _VARIABLE.sub(lambda match: fillings.get(match["name"], "x"), rule)
    return list(dict.fromkeys((pattern + query).format(**names) for query in queries for names in garden.every(beds)))


def _shapes(name: str, table: Iterable[tuple[str, tuple[Shape, ...]]]) -> tuple[Shape, ...]:
    return next((shapes for start, shapes in table if re.match(start, name)), _ANY)


def _filled(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return value.format(**names)
    if isinstance(value, Mapping):
        return {key: _filled(inner, names) for key, inner in value.items()}
    return [_filled(inner, names) for inner in value] if isinstance(value, list) else value


def _once(arguments: Iterable[Any]) -> list[Any]:
    return [json.loads(text) for text in dict.fromkeys(_texts(arguments))]


def _texts(arguments: Iterable[Any]) -> Iterator[str]:
    for one in arguments:
        yield json.dumps(one, sort_keys=True)
