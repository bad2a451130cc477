"""Datasets made in bulk are those that `package_create` makes, in the database and in Solr."""

from __future__ import annotations

import json
import uuid

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckan.lib import search
from ckan.lib.search.common import make_connection
from ckan.tests import factories
from pole_bench.alike import different, without

from ckanext.pole.harvest import bulk, datasets
from ckanext.pole.harvest.records import resource_id
from ckanext.pole.search import documents

#: Solr's own.
OF_SOLR = {"_version_", "indexed_ts", "harvest"}
RECORD = {
    "title_translated": {"fr": " Logements  sociaux", "en": "Social housing"},
    "notes_translated": {"fr": "Par arrondissement.\nChaque année."},
    "keywords": {"fr": ["logement", "itinérance"]},
    "themes": ["logement-itinerance"],
    "places": ["mtl"],
    "spatial": '{"type": "Point", "coordinates": [-73.6, 45.5]}',
    "period_start": "2021",
    "frequency": "annual",
    "data_languages": ["fr"],
    "license_id": "cc-by",
    "contact_email": "a@b.test",
    "url": "https://donnees.exemple.test/dataset/logements",
    "resources": [
        {
            "url": "https://x.test/a.csv", "name_translated": {"fr": "Tableau"}, "format": "csv", "language": ["fr"],
            "kind": "data", "mimetype": "text/csv",
        },
        {"url": "x.test/carte.png", "name_translated": {"en": "Map"}, "format": "PNG"},
        {"url": "", "name_translated": {"fr": "Sans adresse"}},
    ],
}  # fmt: skip
VARIANTS = {
    "whole": RECORD,
    "french only": {**RECORD, "title_translated": {"fr": "Écoles"}, "resources": []},
    "english only": {"title_translated": {"en": "Schools"}, "notes_translated": {"en": "All of them"}, "resources": []},
    "no licence": {**RECORD, "license_id": "notspecified"},
    "unknown licence": {**RECORD, "license_id": "maison"},
}


def dataset(record, owner_org):
    package_id = str(uuid.uuid4())
    resources = [
        {**resource, "id": resource_id(package_id, str(at))} for at, resource in enumerate(record["resources"])
    ]
    name = f"jeu-{package_id[:8]}"
    return {**record, "id": package_id, "name": name, "resources": resources, "owner_org": owner_org, "state": "active"}


def shown(package_id):
    return tk.get_action("package_show")({"ignore_auth": True, "use_cache": False}, {"id": package_id})


def solr(package_id):
    found = make_connection().search(f'id:"{package_id}"', fl="*").docs
    assert len(found) == 1
    return {key: value for key, value in found[0].items() if key not in OF_SOLR}


@pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")
class TestTheSameDataset:
    def test_by_the_action_and_in_bulk(self):
        organisation = factories.Organization(title_translated={"fr": "Ville"})
        maker = bulk.Maker(datasets.context(), organisation["id"])
        ready = [maker.ready(dataset(record, organisation["id"])) for record in VARIANTS.values()]
        maker.insert(ready)
        model.Session.commit()
        documents.send([made.shown for made in ready])
        for label, made in zip(VARIANTS, ready, strict=True):
            id_ = made.package["id"]
            twin = dataset(VARIANTS[label], organisation["id"])
            tk.get_action("package_create")(datasets.context(), twin)
            assert not different(without(shown(id_)), without(shown(twin["id"]))), label
            # The index holds what CKAN itself would put there for the very same dataset.
            sent = solr(id_)
            search.rebuild(id_, force=True)
            again = solr(id_)
            assert sent.keys() == again.keys(), label
            for key in ("data_dict", "validated_data_dict"):
                assert json.loads(sent.pop(key)) == json.loads(again.pop(key)), (label, key)
            assert sent == again, label
            assert members(id_) == members(twin["id"])
            assert views(id_) == views(twin["id"])
            # The action also tells of each view that CKAN gave by itself: no news to anybody, and not written in bulk.
            assert activities(id_) == [kind for kind in activities(twin["id"]) if kind == "new package"]

    def test_a_record_that_ckan_refuses_is_refused_in_bulk_for_the_same_reason(self):
        organisation = factories.Organization(title_translated={"fr": "Ville"})
        wrong = dataset({**RECORD, "spatial": "partout", "frequency": "jamais"}, organisation["id"])
        with pytest.raises(tk.ValidationError) as by_action:
            tk.get_action("package_create")(datasets.context(), dict(wrong))
        with pytest.raises(tk.ValidationError) as in_bulk:
            bulk.Maker(datasets.context(), organisation["id"]).ready(wrong)
        assert in_bulk.value.error_dict == by_action.value.error_dict

    @pytest.mark.parametrize(
        "more",
        [
            {"access_tier": "agreement"},
            {"private": True},
            {"available_from": "2030-01-01"},
            {"tags": [{"name": "x"}]},
            {"groups": [{"name": "y"}]},
            {"resources": [{"url": "https://x.test", "access_tier": "registered"}]},
        ],
    )
    def test_what_needs_more_than_rows_takes_the_action(self, more):
        assert bulk.fits(RECORD, {})
        assert not bulk.fits({**RECORD, **more}, {})
        assert not bulk.fits(RECORD, {"table": "/file"})


def members(package_id):
    rows = model.Session.query(model.Member).filter_by(table_id=package_id)
    return [(row.group_id, row.capacity, row.state, row.table_name) for row in rows]


def views(package_id):
    rows = model.Session.query(model.ResourceView).join(
        model.Resource, model.Resource.id == model.ResourceView.resource_id
    )
    rows = rows.filter(model.Resource.package_id == package_id).order_by(model.Resource.position)
    return [(row.view_type, row.title, row.description, row.order, row.config) for row in rows]


def activities(package_id):
    from ckanext.activity.model import Activity

    return [row.activity_type for row in model.Session.query(Activity).filter_by(object_id=package_id)]
