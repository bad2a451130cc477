"""A real directory, whole: published, searched, and not written again."""

from __future__ import annotations

import time
from contextlib import contextmanager

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan import model
from ckan.tests import helpers
from ckanext.harvest.model import HarvestObject
from freezegun import freeze_time

from ckanext.pole.directory.model import ENTRY
from ckanext.pole.harvest.model import record


class Clock:
    """Seconds on the wall and of the processor: a machine does other things beside a test, which only one counts."""

    wall = processor = 0.0

    @contextmanager
    def running(self):
        began = time.perf_counter(), time.process_time()
        yield
        self.wall, self.processor = time.perf_counter() - began[0], time.process_time() - began[1]


def rows(dataset, name, **asked):
    resource = next(item for item in dataset["resources"] if item.get("table") == name)
    return tk.get_action("datastore_search")(
        {"ignore_auth": True}, {"resource_id": resource["id"], "limit": 1, **asked}
    )


def search(**asked):
    return tk.get_action("pole_directory_search")({"user": ""}, asked)


def test_the_real_directory_of_miami(harvest, fixtures):
    """4,089 services and 26,259 links to terms, as published; nine shelters without an address (SOURCES.md)."""
    from pole_demo import DemoServer

    first, again = Clock(), Clock()
    with DemoServer(hsds_dir=fixtures / "hsds-miami") as server:
        directory = harvest(f"{server.url}/hsds/datapackage.zip", "pole_directory", language="en")
        with first.running():
            job = directory.run()
        assert not job["gather_error_summary"]
        assert not job["object_error_summary"]
        dataset = directory.package(fq="dataset_type:dataset")
        before = written()
        with again.running():
            directory.run()
        assert written() == before, "a directory that is as it was costs no write"
    it_is_published(dataset)
    each = it_is_searched_quickly()
    # The clock on the wall is for ./dev bench, on a machine that does nothing else.
    print(f"first {first.wall:.1f} s ({first.processor:.1f}), unchanged {again.wall:.1f} s ({again.processor:.1f})")
    print(f"a question {each * 1000:.0f} ms")
    assert first.processor < 40
    assert again.processor < 4
    assert each < 2


def it_is_published(dataset):
    assert rows(dataset, "services")["total"] == 4089
    assert rows(dataset, "organizations")["total"] == 1074
    # 26,259 rows of the capture name 17,104 distinct pairs of a service and a term.
    assert rows(dataset, "taxonomy")["total"] == 17104
    assert all(set(item["name_translated"]) == {"fr", "en"} for item in dataset["resources"])
    assert rows(dataset, "locations", q="Fixture Street")["total"] == 0, "an address of a shelter was published"


def it_is_searched_quickly():
    search(q="food")
    clock = Clock()
    with clock.running():
        for asked in ({"q": "food pantry"}, {"q": "shelter", "language": "es"}, {"city": "Miami"}):
            assert search(**asked)["count"] > 0
        with freeze_time("2026-11-18 17:00:00"):  # a Wednesday's noon in Miami
            assert 0 < search(open_now=True)["count"] < 4089
    assert helpers.call_action("pole_directory_search", context={"user": ""}, q="food", limit=0)["results"] == []
    return clock.wall / 4


def written():
    """What a run may write: harvest objects, the dataset, what is known of the record, rows of the search."""
    model.Session.rollback()
    return (
        model.Session.query(HarvestObject).count(),
        model.Session.execute(sa.select(model.Package.id, model.Package.metadata_modified)).all(),
        model.Session.execute(sa.select(record.c.guid, record.c.digest, record.c.raw_digest, record.c.changed)).all(),
        # PostgreSQL's own mark of the transaction that wrote each row.
        model.Session.execute(
            sa.select(sa.func.count(), sa.func.max(sa.text("xmin::text::bigint"))).select_from(ENTRY)
        ).all(),
    )
