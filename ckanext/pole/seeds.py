"""Fill a portal from a file: organisations, themes, accounts, datasets and harvest sources.

The demonstration of `./dev up` is such a file. Everything goes through CKAN's
own actions, and a second run changes nothing.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
import yaml
from ckan import model
from ckan.types import Context
from werkzeug.datastructures import FileStorage

from ckanext.pole import seeds_access

Say = Callable[..., None]


class NotFinished(RuntimeError):
    """The harvests or the loading of tables did not end in time."""


def load(path: Path, url: str, passwords: dict[str, str], patience: float, say: Say) -> None:
    """Create or update all that the file names, then run its harvest sources.

    Args:
        path: the YAML file; files of resources are beside it.
        url: replaces `{demo}` in the sources' addresses.
        passwords: account → password.
        patience: seconds to wait for the harvests and the tables.
        say: told each step in French and English.

    Raises:
        NotFinished: something still ran when patience ended; it goes on by itself.
        ValidationError: the file asks for something that CKAN refuses.
    """
    wanted = yaml.safe_load(path.read_text("utf-8"))
    for organisation in wanted.get("organizations", []):
        _group("organization", organisation)
    say("{n} organisations", "{n} organisations", n=len(wanted.get("organizations", [])))
    for theme in wanted.get("themes", []):
        _group("group", theme)
    say("{n} thèmes", "{n} themes", n=len(wanted.get("themes", [])))
    for account in wanted.get("accounts", []):
        _account(account, passwords)
    say("{n} comptes", "{n} accounts", n=len(wanted.get("accounts", [])))
    writer = str(_context().get("user"))
    policies = seeds_access.policies(wanted.get("policies", []), writer)
    for dataset in wanted.get("datasets", []):
        _dataset({**dataset, **_policy_of(dataset, policies)}, path.parent)
    say("{n} jeux de données des partenaires", "{n} datasets from partners", n=len(wanted.get("datasets", [])))
    agreed = seeds_access.agreements(wanted.get("agreements", []), policies, writer)
    asked = seeds_access.requests(wanted.get("access_requests", []), policies, writer)
    say("{n} ententes, {m} demandes d’accès", "{n} agreements, {m} access requests", n=agreed, m=asked)
    sources = []
    for source in wanted.get("harvest_sources", []):
        if _can_harvest(source["source_type"]):
            sources.append(_source(source, url))
        else:
            say(
                "{title} : pas de moissonneur {kind}",
                "{title}: no harvester {kind}",
                title=source["title"],
                kind=source["source_type"],
            )
    _harvest(sources, time.monotonic() + patience, say)
    _wait_for_tables(time.monotonic() + patience, say)


def _context(**more: Any) -> Context:
    """The site's own user; a new dict each time, since actions leave things in it."""
    site_user = tk.get_action("get_site_user")({"ignore_auth": True}, {})
    return {"user": site_user["name"], "ignore_auth": True, **more}  # type: ignore[return-value]


def _group(kind: str, wanted: dict[str, Any]) -> None:
    existing = model.Group.get(wanted["name"])
    if existing is None:
        tk.get_action(f"{kind}_create")(_context(), dict(wanted))
    else:
        tk.get_action(f"{kind}_patch")(_context(), {**wanted, "id": existing.id})


def _account(wanted: dict[str, Any], passwords: dict[str, str]) -> None:
    name = wanted["name"]
    details = {"name": name, "email": wanted["email"], "fullname": wanted.get("fullname", "")}
    details["about"] = " · ".join(wanted.get("about", {}).values())
    password = passwords.get(name)
    existing = model.User.get(name)
    if existing is None:
        # Nobody knows this password: an account without one is made to be reset by its owner.
        tk.get_action("user_create")(_context(), {**details, "password": password or secrets.token_urlsafe(24)})
    elif password:
        tk.get_action("user_update")(_context(), {**details, "id": existing.id, "password": password})
    for organisation, role in wanted.get("roles", {}).items():
        tk.get_action("organization_member_create")(_context(), {"id": organisation, "username": name, "role": role})


def _dataset(wanted: dict[str, Any], folder: Path) -> None:
    wanted = dict(wanted)
    resources = [dict(resource) for resource in wanted.pop("resources", [])]
    existing = model.Package.get(wanted["name"])
    if existing is None:
        tk.get_action("package_create")(_context(), {**wanted, "resources": []})
    else:
        tk.get_action("package_patch")(_context(), {**wanted, "id": existing.id})
    stored = tk.get_action("package_show")(_context(), {"id": wanted["name"]})
    have = {resource.get("name"): resource for resource in stored["resources"]}
    for resource in resources:
        file = resource.pop("file", None)
        # The English or French name identifies a resource of the file: its id is CKAN's.
        name = (resource.get("name_translated") or {}).get("fr") or resource.get("name")
        if name in have:
            continue
        resource["package_id"] = stored["id"]
        if not file:
            tk.get_action("resource_create")(_context(), resource)
            continue
        with (folder / "files" / file).open("rb") as stream:
            upload = FileStorage(stream, filename=Path(file).name)
            tk.get_action("resource_create")(_context(), {**resource, "upload": upload, "url_type": "upload"})


def _policy_of(dataset: dict[str, Any], policies: dict[str, str]) -> dict[str, str]:
    """The id of the policy that the file names by its key; none where no slice knows of policies."""
    return {"access_policy": policies.get(dataset["access_policy"], "")} if dataset.get("access_policy") else {}


def _can_harvest(source_type: str) -> bool:
    from ckanext.harvest.queue import get_harvester

    return get_harvester(source_type) is not None


def _source(wanted: dict[str, Any], url: str) -> str:
    """Create or update a harvest source; gives its id."""
    details = {
        **wanted,
        "url": wanted["url"].replace("{demo}", url.rstrip("/")),
        "config": json.dumps(wanted.get("config") or {}, ensure_ascii=False),
    }
    existing = model.Package.get(wanted["name"])
    if existing is None:
        return tk.get_action("harvest_source_create")(_context(), details)["id"]
    tk.get_action("harvest_source_update")(_context(), {**details, "id": existing.id})
    return existing.id


def _harvest(source_ids: list[str], deadline: float, say: Say) -> None:
    """Queue each source, and wait until ckanext-harvest's consumers are done."""
    from ckanext.harvest.logic import HarvestJobExists

    for source_id in source_ids:
        try:
            tk.get_action("harvest_job_create")(_harvest_context(), {"source_id": source_id, "run": True})
        except HarvestJobExists:
            # One runs already, perhaps from an earlier call that was cut: wait for that one.
            continue
    waiting = list(source_ids)
    while waiting:
        if time.monotonic() > deadline:
            raise NotFinished(
                "Le moissonnage dure plus que prévu; il continue en arrière-plan · "
                "The harvest takes longer than expected; it goes on in the background"
            )
        time.sleep(1)
        for source_id in list(waiting):
            tk.get_action("harvest_jobs_run")(_harvest_context(), {"source_id": source_id})
            status = tk.get_action("harvest_source_show_status")(_harvest_context(), {"id": source_id})
            last = status.get("last_job") or {}
            model.Session.remove()
            if last.get("status") == "Finished":
                waiting.remove(source_id)
                stats = last.get("stats", {})
                say(
                    "Source moissonnée : {added} ajoutés, {updated} modifiés, {errored} en erreur",
                    "Source harvested: {added} added, {updated} updated, {errored} in error",
                    added=stats.get("added", 0), updated=stats.get("updated", 0), errored=stats.get("errored", 0),
                )  # fmt: skip


def _harvest_context() -> Context:
    return _context(model=model, session=model.Session)


def _wait_for_tables(deadline: float, say: Say) -> None:
    """Wait until the workers have loaded what was queued for the DataStore."""
    if not p.plugin_loaded("xloader"):
        return
    from ckan.lib.jobs import get_queue

    queue = get_queue()
    while queue.count or queue.started_job_registry.count:
        if time.monotonic() > deadline:
            raise NotFinished(
                "Des tableaux se chargent encore en arrière-plan · Some tables are still loading in the background"
            )
        time.sleep(0.5)
    say("Tableaux chargés", "Tables loaded")
