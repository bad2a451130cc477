"""Takes away all that a probe planted: of this run, and of one that was killed before it could."""

from __future__ import annotations

from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.lib import jobs, uploader
from ckan.lib.search import clear

from ckanext.pole.access.probe.canaries import PREFIX

#: Tables that name accounts, organisations, datasets or resources without a key of the database's.
_LOOSE = {
    "activity": ("user_id", "object_id"),
    "member": ("table_id", "group_id"),
    "package_member": ("user_id", "package_id"),
    "dashboard": ("user_id",),
    "api_token": ("user_id",),
    "task_status": ("entity_id",),
    "user_following_dataset": ("follower_id", "object_id"),
    "user_following_group": ("follower_id", "object_id"),
    "user_following_user": ("follower_id", "object_id"),
    "harvest_object": ("harvest_source_id",),
    "harvest_job": ("source_id",),
    "harvest_source": ("id",),
    "pole_access_suspension": ("user_id", "owner_org"),
}
#: Of a policy, in the order in which the database lets them go.
_OF_POLICY = ("pole_acceptance", "pole_access_request", "pole_agreement", "pole_policy_terms")


def uproot() -> None:
    """Remove everything; safe to do again, and where there is nothing."""
    model.Session.rollback()
    model.Session.remove()
    datasets, resources, accounts, orgs = (_ids(query) for query in _queries())
    if not (datasets or accounts or orgs):
        return
    _data(resources)
    _loose({*datasets, *resources, *accounts, *orgs})
    _policies(orgs)
    for dataset in datasets:
        tk.get_action("dataset_purge")({"ignore_auth": True}, {"id": dataset})
    _forget(set(datasets))
    for org in orgs:
        tk.get_action("organization_purge")({"ignore_auth": True}, {"id": org})
    # What purging organisations recorded goes as well.
    _loose({*datasets, *accounts, *orgs})
    with model.ensure_engine().begin() as connection:
        connection.execute(sa.text('DELETE FROM "user" WHERE id = ANY(:ids)'), {"ids": accounts})
    model.Session.remove()


def _queries() -> tuple[str, ...]:
    named = f"LIKE '{PREFIX}%'"
    orgs = f'SELECT id FROM "group" WHERE name {named}'  # noqa: S608 a constant
    datasets = f"SELECT id FROM package WHERE name {named} OR owner_org IN ({orgs})"  # noqa: S608
    return (
        datasets,
        f"SELECT id FROM resource WHERE package_id IN ({datasets})",  # noqa: S608
        f'SELECT id FROM "user" WHERE name {named}',  # noqa: S608
        orgs,
    )


def _ids(query: str) -> list[str]:
    with model.ensure_engine().connect() as connection:
        return list(connection.execute(sa.text(query)).scalars())


def _data(resources: list[str]) -> None:
    """Tables and files, which no purge of CKAN's takes along; and what waits to load them."""
    for identity in resources:
        if p.plugin_loaded("datastore"):
            _quietly("datastore_delete", {"resource_id": identity, "force": True})
        upload = uploader.get_resource_uploader({"id": identity, "url": "", "clear_upload": True})
        upload.upload(identity)
    known = set(resources)
    for job in jobs.get_queue().get_jobs():
        if any(identity in str((job.args, job.kwargs)) for identity in known):
            job.delete()


def _quietly(action: str, data: dict[str, Any]) -> None:
    try:
        tk.get_action(action)({"ignore_auth": True}, data)
    except (tk.ObjectNotFound, tk.ValidationError):
        model.Session.rollback()


def _loose(ids: set[str]) -> None:
    with model.ensure_engine().begin() as connection:
        there = set(sa.inspect(connection).get_table_names())
        for table, columns in _LOOSE.items():
            if table not in there:
                continue
            where = " OR ".join(f"{column} = ANY(:ids)" for column in columns)
            connection.execute(sa.text(f"DELETE FROM {table} WHERE {where}"), {"ids": list(ids)})  # noqa: S608


def _policies(orgs: list[str]) -> None:
    with model.ensure_engine().begin() as connection:
        found = sa.text("SELECT id FROM pole_policy WHERE owner_org = ANY(:orgs)")
        policies = list(connection.execute(found, {"orgs": orgs}).scalars())
        for table in _OF_POLICY:
            connection.execute(sa.text(f"DELETE FROM {table} WHERE policy_id = ANY(:ids)"), {"ids": policies})  # noqa: S608
        connection.execute(sa.text("DELETE FROM pole_policy WHERE id = ANY(:ids)"), {"ids": policies})


def _forget(datasets: set[str]) -> None:
    """The index may hold what the database no longer has, when a run was killed."""
    for dataset in datasets:
        clear(dataset)
