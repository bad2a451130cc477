"""A portal with one of each thing, and its people: what the crawl walks through."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import pytest

BOTH = {"fr": "Jardins", "en": "Gardens"}
#: Made once for the tests of this folder that only read it, and again when another test has emptied the database.
_KEPT: list[SimpleNamespace] = []


@pytest.fixture
def portal_in_small(with_plugins, app, request):
    """A partner with a dataset, a table, a theme, harvest jobs, agreements and requests; an editor and a sysadmin.

    All texts are in both languages, so that what is in the other one on a page was said by the portal.
    """
    from ckan import model

    if not _KEPT or model.User.get(_KEPT[0].sysadmin) is None:
        request.getfixturevalue("clean_db")
        request.getfixturevalue("clean_index")
        _KEPT[:] = [_furnish()]
    _KEPT[0].app = app
    return _KEPT[0]


def _furnish() -> SimpleNamespace:
    import ckan.plugins.toolkit as tk
    from ckan import model
    from ckan.tests import factories, helpers

    sysadmin = factories.SysadminWithToken(name="zoe", fullname="Zoé", about="")
    editor = factories.UserWithToken(name="ana", fullname="Ana", about="")
    organisation = factories.Organization(
        name="pp", title_translated=BOTH, description_translated=BOTH, users=[{"name": "ana", "capacity": "admin"}]
    )
    factories.Group(name="aines", title_translated=BOTH, users=[{"name": "ana", "capacity": "admin"}])
    wanted = {
        "name": "jj",
        "owner_org": organisation["id"],
        "title_translated": BOTH,
        "notes_translated": BOTH,
        "purpose_translated": BOTH,
        "keywords": {"fr": ["jardin"], "en": ["garden"]},
        "themes": ["aines"],
        "places": ["mtl"],
        "frequency": "annual",
        "license_id": "cc-by-4.0",
        "contact_name": "Ana",
        "contact_email": "ana@exemple.test",
        "period_start": "2025-01-01",
        "spatial": '{"type":"Point","coordinates":[-73.6,45.5]}',
        "resources": [
            {
                "url": "https://exemple.test/a.csv",
                "format": "CSV",
                "name_translated": BOTH,
                "description_translated": BOTH,
            }
        ],
    }
    as_editor = {"user": "ana", "ignore_auth": False}
    dataset = helpers.call_action("package_create", context=dict(as_editor), **wanted)
    for frequency in ("monthly", "weekly"):
        helpers.call_action("package_patch", context=dict(as_editor), id="jj", frequency=frequency)
    for kind, name in (("organization", "pp"), ("group", "aines")):
        helpers.call_action(f"{kind}_patch", context={"user": "zoe"}, id=name, description_translated=BOTH)
        helpers.call_action(f"{kind}_patch", context={"user": "zoe"}, id=name, title_translated={**BOTH, "fr": "Parcs"})
    resource = dataset["resources"][0]["id"]
    helpers.call_action(
        "datastore_create",
        context={"user": "zoe"},
        resource_id=resource,
        force=True,
        fields=[{"id": "jardin", "type": "text"}, {"id": "lots", "type": "int"}],
        records=[{"jardin": "A", "lots": 1234}],
    )
    views = helpers.call_action("resource_view_list", id=resource)
    wanted_view = {"resource_id": resource, "view_type": "datatables_view", "title": "Jardins"}
    view = views[0] if views else helpers.call_action("resource_view_create", context={"user": "zoe"}, **wanted_view)
    source = helpers.call_action(
        "harvest_source_create",
        context={"user": "zoe"},
        name="ss",
        title="Jardins",
        url="https://exemple.test/",
        source_type="pole_ckan",
        owner_org=organisation["id"],
        config='{"language": "fr"}',
    )
    jobs = [_finished_job(source["id"])]
    _run(source["id"], dataset["id"])
    service = _directory(dataset["id"], resource)
    jobs.append(tk.get_action("harvest_job_create")({"user": "zoe"}, {"source_id": source["id"]})["id"])
    activity = tk.get_action("package_activity_list")({"user": "zoe"}, {"id": dataset["id"]})
    group_activities = {
        kind: tk.get_action(f"{kind}_activity_list")({"user": "zoe"}, {"id": name})[0]["id"]
        for kind, name in (("organization", "pp"), ("group", "aines"))
    }
    ids = _agreed(organisation["id"])
    model.Session.commit()
    return SimpleNamespace(
        sysadmin=sysadmin["id"],
        tokens={"zoe": sysadmin["token"], "ana": editor["token"], "": ""},
        dataset=dataset["id"],
        resource=resource,
        view=view["id"],
        jobs=jobs,
        activities=[item["id"] for item in activity if item["activity_type"] == "changed package"],
        group_activities=group_activities,
        ids=ids,
        service=service,
    )


def _finished_job(source_id: str) -> str:
    from ckan import model
    from ckanext.harvest.model import HarvestJob, HarvestSource

    day = datetime(2026, 1, 2, 3, 4)
    job: Any = HarvestJob(source=model.Session.get(HarvestSource, source_id), status="Finished", finished=day)
    job.created = job.gather_started = job.gather_finished = day
    model.Session.add(job)
    model.Session.commit()
    return job.id


def _run(source_id: str, dataset: str) -> None:
    """A run of the source that changed the dataset, met a record that it could not use and holds a deletion."""
    import sqlalchemy as sa
    from ckan import model

    from ckanext.pole.harvest import held, runs
    from ckanext.pole.harvest import model as tables

    day = datetime(2026, 1, 2, 3, 4, tzinfo=timezone.utc)
    run = {"id": "rr", "source_id": source_id, "state": "finished", "started": day, "finished": day}
    model.Session.execute(sa.insert(tables.run).values(**run, records=3, changed=1, quarantined=1, held=1))
    change = {"run_id": "rr", "source_id": source_id, "package_id": dataset, "at": day, "title": "Jardins"}
    fields = {"title_translated.fr": ["Parcs", "Jardins"]}
    model.Session.execute(sa.insert(tables.change).values(**change, guid="a", action="changed", fields=fields))
    runs.set_aside(source_id, "rr", "b", "unreadable", "x")
    held.hold(source_id, "rr", {"c": dataset}, "too many")


def _directory(dataset: str, resource: str) -> str:
    """The dataset is a directory too, of one service; the id of its sheet."""
    from ckanext.pole.directory import denylist, entries, hsds_api, indexing
    from ckanext.pole.directory.build import build

    address = {
        "id": "a", "address_1": "4567 rue des Lilas", "city": "Montréal", "state_province": "QC",
        "postal_code": "H2J 3K5", "country": "CA", "address_type": "physical",
    }  # fmt: skip
    place = {"id": "l", "location_type": "physical", "name": "Jardin", "latitude": 45.53, "longitude": -73.58}
    said = {
        "id": "s", "name": "Jardin", "description": "Jardin", "status": "active", "minimum_age": 12,
        "fees_description": "5 $", "eligibility_description": "Jardin", "wait_time": "Jardin",
        "organization": {"id": "o", "name": "Jardin", "description": "Jardin"},
        "phones": [{"id": "p", "number": "514-555-0101", "type": "voice"}],
        "schedules": [{"id": "h", "freq": "WEEKLY", "byday": "MO,TU", "opens_at": "09:00", "closes_at": "16:30"}],
        "service_at_locations": [{"id": "w", "location": {**place, "addresses": [address]}}],
    }  # fmt: skip
    read = [*hsds_api.read([said], "fr"), *hsds_api.read([said], "en")]
    found = list(entries.entries(build(read, namespace="jj", deny=denylist.default()).redacted))
    with TemporaryDirectory() as folder:
        counts = Path(folder, "counts")
        counts.touch()
        indexing.fill(dataset, resource, resource, indexing.spool(found, Path(folder, "entries")), counts)
    return found[0]["id"]


def _agreed(custodian: str) -> dict[str, list[str]]:
    """A policy, three agreements and a request that waits; ids by the first word of their pages."""
    from ckan.tests import factories, helpers

    def act(action: str, **data: Any) -> dict[str, Any]:
        return helpers.call_action(action, context={"user": "zoe", "ignore_auth": False}, **data)

    policy = act(
        "pole_policy_create", owner_org=custodian, title_translated=BOTH, terms_translated=BOTH, use_codes=["research"]
    )["id"]  # fmt: skip
    agreements = []
    for name, verbs in (("brouillon", ()), ("propose", ("propose",)), ("signe", ("propose", "sign"))):
        partner = factories.Organization(
            name=name, title_translated=BOTH, description_translated=BOTH, users=[{"name": "zoe", "capacity": "admin"}]
        )
        made = act("pole_agreement_create", policy_id=policy, org_id=partner["id"], valid_until="2099-12-31")
        for verb in verbs:
            act(f"pole_agreement_{verb}", id=made["id"])
        agreements.append(made["id"])
    asked = act("pole_access_request_create", policy_id=policy, purpose="Jardins", use_code="research")["id"]
    return {"policy": [policy], "terms": [policy], "agreement": agreements, "request": [asked]}
