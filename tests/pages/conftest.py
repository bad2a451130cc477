"""A small portal with one of each thing, and its people: what the crawl walks through."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

BOTH = {"fr": "Jardins", "en": "Gardens"}


@pytest.fixture
def portal_in_small(with_plugins, clean_db, clean_index, app):
    """A partner with a dataset, a table, a theme, a harvest source with a finished job, an editor and a sysadmin.

    All texts are in both languages, so that what is in the other one on a page was said by the portal.
    """
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
    helpers.call_action("package_patch", context=dict(as_editor), id="jj", frequency="monthly")
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
    view = (
        views[0]
        if views
        else helpers.call_action(
            "resource_view_create",
            context={"user": "zoe"},
            resource_id=resource,
            view_type="datatables_view",
            title="Jardins",
        )
    )
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
    job = tk.get_action("harvest_job_create")({"ignore_auth": True, "user": "zoe"}, {"source_id": source["id"]})
    activity = tk.get_action("package_activity_list")({"user": "zoe"}, {"id": dataset["id"]})
    group_activities = {
        kind: tk.get_action(f"{kind}_activity_list")({"user": "zoe"}, {"id": name})[0]["id"]
        for kind, name in (("organization", "pp"), ("group", "aines"))
    }
    model.Session.commit()
    return SimpleNamespace(
        app=app,
        tokens={"zoe": sysadmin["token"], "ana": editor["token"], None: None},
        dataset=dataset["id"],
        resource=resource,
        view=view["id"],
        source=source["id"],
        job=job["id"],
        activities=[item["id"] for item in activity if item["activity_type"] == "changed package"],
        group_activities=group_activities,
    )
