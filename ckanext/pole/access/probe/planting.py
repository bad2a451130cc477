"""Plants canaries in every tier through CKAN's own actions, and takes all of it away again."""

from __future__ import annotations

import io
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.types import Context
from werkzeug.datastructures import FileStorage

from ckanext.pole.access.model import Acceptance, Agreement, Policy, Terms, new_id, now
from ckanext.pole.access.probe.canaries import PREFIX, Cage
from ckanext.pole.access.probe.garden import Garden, Person
from ckanext.pole.access.probe.uprooting import uproot

#: Where linked data are said to lie: a name that no resolver knows.
NOWHERE = f"https://{PREFIX}source.invalid"
#: Organisation → role → caller.
_PEOPLE = {
    "custodian": {"member": "member", "editor": "editor"},
    "partner": {"member": "partner"},
    "lapsed": {"member": "lapsed"},
    # The most that one may be elsewhere: it opens nothing here.
    "outsider": {"admin": "outsider"},
}
_EVER = "2999-01-01"


@contextmanager
def planted(source: str = NOWHERE) -> Iterator[Garden]:
    """Plant, and take everything away afterwards, whatever happens; first what an earlier run left.

    Args:
        source: address of a server that has the linked files; nobody's by default.
    """
    uproot()
    try:
        yield plant(Garden(Cage()), source.rstrip("/"))
    finally:
        uproot()


def plant(garden: Garden, source: str) -> Garden:
    """Plant everything; committed, so that requests see it.

    Args:
        garden: empty but for its cage.
        source: address of the server of linked files.
    """
    _people(garden)
    _agreements(garden)
    for place in ("open", "registered", "embargoed"):
        _dataset(garden, place, source)
    for place in ("agreement", "confidential"):
        _closed_later(garden, place, source)
    _dataset(garden, "mixed", source)
    _dataset(garden, "scrap", source)
    _traces(garden)
    if p.plugin_loaded("pole_ckan_harvester"):
        _harvest(garden)
    model.Session.commit()
    model.Session.remove()
    return garden


def _call(action: str, **data: Any) -> Any:
    """An action in the portal's own name."""
    site = tk.get_action("get_site_user")({"ignore_auth": True}, {})
    return tk.get_action(action)({"ignore_auth": True, "user": site["name"]}, data)


def _edit(garden: Garden, action: str, **data: Any) -> Any:
    """An action in the editor's name: CKAN leaves what the portal itself does out of the lists of activities."""
    return tk.get_action(action)({"ignore_auth": True, "user": garden.people["editor"].name}, data)


def _people(garden: Garden) -> None:
    run = garden.cage.run
    for name in _PEOPLE:
        title = {"fr": f"Sonde d’accès {name}", "en": f"Access probe {name}"}
        made = _call("organization_create", name=f"{run}-{name}", title_translated=title, title=title["fr"])
        garden.orgs[name] = made["id"]
    for caller, org, role in [("registered", "", ""), *((c, o, r) for o, of in _PEOPLE.items() for r, c in of.items())]:
        garden.people[caller] = _account(f"{run}-{caller}")
        if org:
            _call("organization_member_create", id=garden.orgs[org], username=f"{run}-{caller}", role=role)


def _account(name: str) -> Person:
    made = _call(
        "user_create", name=name, fullname=name, email=f"{name}@{PREFIX}mail.invalid",
        password=secrets.token_urlsafe(30),
    )  # fmt: skip
    token = _call("api_token_create", user=name, name=name)
    return Person(made["id"], name, token["token"])


def _agreements(garden: Garden) -> None:
    """A policy, an agreement that lives and one that has ended.

    Rows, not actions: nobody is to get a letter about them, and no action takes an agreement that is over.
    """
    moment, day = now(), timedelta(days=1)
    policy = Policy(
        id=new_id(), owner_org=garden.orgs["custodian"], terms_version=1, state="active",
        title_translated={"fr": "Sonde", "en": "Probe"}, purpose_translated={}, use_codes=[],
    )  # fmt: skip
    text = {"fr": "Conditions de la sonde.", "en": "Terms of the probe."}
    model.Session.add(policy)
    model.Session.flush()
    model.Session.add(Terms(policy_id=policy.id, version=1, terms_translated=text, sha256="", created_by=""))
    for name, until in (("lapsed", moment - day), ("partner", moment + day)):
        agreement = Agreement(
            id=new_id(), policy_id=policy.id, org_id=garden.orgs[name], state="active",
            valid_from=moment - 2 * day, valid_until=until, terms_version=1, signed_by=garden.people[name].id,
            signed_at=moment - 2 * day, signed_lang="fr",
        )  # fmt: skip
        model.Session.add(agreement)
        garden.others |= {"policy": policy.id, "agreement": agreement.id}
    for caller in ("registered", "lapsed", "partner"):
        model.Session.add(
            Acceptance(user_id=garden.people[caller].id, policy_id=policy.id, terms_version=1, sha256="", lang="fr")
        )
    model.Session.commit()


def _dataset(garden: Garden, place: str, source: str, **more: Any) -> dict[str, Any]:
    """A dataset with a linked and an uploaded resource in each of its parts."""
    parts = ("summary", "micro") if place == "mixed" else (place,)
    tier = {"embargoed": "open", "mixed": "agreement", "scrap": "open"}.get(place, place)
    details = {
        "name": garden.word(place, "name"), "owner_org": garden.orgs["custodian"],
        "title_translated": {"fr": garden.word(place, "title")},
        "notes_translated": {"fr": garden.word(place, "notes")},
        "keywords": {"fr": [garden.word(place, "keyword")]}, "access_tier": tier, "private": False,
        "access_policy": "" if tier == "open" else garden.others["policy"],
        "resources": [_linked(garden, part, source) for part in parts],
    }  # fmt: skip
    if place == "embargoed":
        details["available_from"] = _EVER
    made = _edit(garden, "package_create", **(details | more))
    garden.datasets[place] = made["id"]
    for link, part in zip(made["resources"], parts, strict=True):
        upload = _edit(garden, "resource_create", package_id=made["id"], **_uploaded(garden, part))
        garden.resources |= {(part, "link"): link["id"], (part, "upload"): upload["id"]}
        if p.plugin_loaded("datastore"):
            _edit(
                garden, "datastore_create", resource_id=upload["id"], force=True,
                fields=[{"id": garden.word(part, "column"), "type": "text"}],
                records=[{garden.word(part, "column"): garden.word(part, "row")}],
            )  # fmt: skip
        view = _edit(
            garden, "resource_view_create", resource_id=upload["id"], title=garden.word(part, "view"),
            view_type="datatables_view" if p.plugin_loaded("datatables_view") else "text_view",
        )  # fmt: skip
        garden.views[part] = view["id"]
    return made


def _resource(garden: Garden, part: str) -> dict[str, Any]:
    # No format that a loader takes: it would replace the rows.
    tier = {"access_tier": "open"} if part == "summary" else {}
    return {"name_translated": {"fr": garden.word(part, "resource")}, "format": "TXT", **tier}


def _linked(garden: Garden, part: str, source: str) -> dict[str, Any]:
    return {**_resource(garden, part), "url": f"{source}/{garden.word(part, 'address')}.txt"}


def _uploaded(garden: Garden, part: str) -> dict[str, Any]:
    content = io.BytesIO(garden.word(part, "file").encode())
    return {**_resource(garden, part), "url_type": "upload", "upload": FileStorage(content, filename="sonde.txt")}


def _closed_later(garden: Garden, place: str, source: str) -> None:
    """A dataset that everybody could read once, its file at another address."""
    made = _dataset(garden, place, source, access_tier="open")
    link = {"id": garden.resources[place, "link"], "url": f"{source}/{garden.word(place, 'former')}.txt"}
    _edit(garden, "resource_patch", **link)
    _edit(garden, "package_patch", id=made["id"], access_tier=place)
    _edit(garden, "resource_patch", id=link["id"], url=f"{source}/{garden.word(place, 'address')}.txt")


def _traces(garden: Garden) -> None:
    """What else remembers closed data: messages of a loader, somebody who follows them, activities."""
    for place in ("agreement", "confidential"):
        _call(
            "task_status_update", entity_id=garden.resources[place, "link"], entity_type="resource",
            task_type="xloader", key="xloader", value="{}", error=garden.word(place, "message"),
        )  # fmt: skip
    for place in ("open", "confidential"):
        member: Context = {"user": garden.people["member"].name, "ignore_auth": True}
        tk.get_action("follow_dataset")(member, {"id": garden.datasets[place]})
    if p.plugin_loaded("activity"):
        from ckanext.activity.model import Activity

        for place, dataset in garden.datasets.items():
            found = sa.select(Activity.id).where(Activity.object_id == dataset).order_by(Activity.timestamp)
            garden.activities[place] = list(model.Session.execute(found).scalars())
        for place in ("agreement", "confidential"):
            _remembered(garden, place)


def _remembered(garden: Garden, place: str) -> None:
    """The oldest activity as it was stored before anything was sealed: by a portal that had not this slice yet."""
    from ckanext.activity.model import Activity

    row = model.Session.get_one(Activity, garden.activities[place][0])
    data = json.loads(json.dumps(row.data))
    for resource in data["package"]["resources"]:
        resource["url"] = f"{NOWHERE}/{garden.word(place, 'former')}.txt"
    row.data = data


def _harvest(garden: Garden) -> None:
    """A source with settings, and what it gave for the confidential dataset, as it came."""
    from ckanext.harvest.model import HarvestJob, HarvestObject

    run = garden.cage.run
    source, scrap = (
        _call(
            "harvest_source_create", name=f"{run}-{name}", title="sonde", url=f"{NOWHERE}/{run}/{name}",
            source_type="pole_ckan", owner_org=garden.orgs["custodian"],
            config=json.dumps({"fq": garden.word(name, "setting")}),
        )
        for name in ("source", "scrap")
    )  # fmt: skip
    job = HarvestJob(source_id=source["id"], status="Finished")
    job.save()
    given = HarvestObject(
        guid=run, content=garden.word("source", "raw"), job=job, harvest_source_id=source["id"],
        package_id=garden.datasets["confidential"], current=True, state="COMPLETE",
    )  # fmt: skip
    given.save()
    garden.others |= {"source": source["id"], "scrap_source": scrap["id"], "job": job.id, "object": given.id}
