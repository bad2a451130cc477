"""A batch goes to the index while the next one is written, and stands on the list until Solr has it."""

from __future__ import annotations

from threading import Event

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan import model
from ckan.lib.search.common import make_connection
from ckanext.harvest.model import HarvestSource

from ckanext.pole.harvest import indexing, objects, runs
from ckanext.pole.harvest.consumer import consume
from ckanext.pole.harvest.importing import Importer
from ckanext.pole.harvest.model import unindexed
from ckanext.pole.harvest.source import Source


@pytest.fixture
def read(city):
    """A run that has read its ten records and written none: its id, its source and what is to be written."""
    job = tk.get_action("harvest_job_create")(city.context(), {"source_id": city.source_id, "run": True})["id"]
    consume("gather", Event(), until_empty=True)
    ids = objects.waiting_ids(job)
    assert len(ids) == 10
    return job, Source.of(model.Session.get(HarvestSource, city.source_id)), ids


def listed():
    return set(model.Session.execute(sa.select(unindexed.c.package_id)).scalars())


def indexed():
    return {doc["id"] for doc in make_connection().search("dataset_type:dataset", fl="id", rows=100).docs}


def test_the_run_ends_when_its_last_batch_is_in_the_index(read):
    job, source, ids = read
    sender = indexing.Sender()
    Importer(source, sender).run(ids[:6])
    first = listed()
    assert len(first) == 6
    Importer(source, sender).run(ids[6:])
    assert not listed() & first
    assert first <= indexed()
    assert len(listed()) == 4
    assert runs.get(job).state == runs.WRITING
    sender.rest()
    assert not listed()
    assert len(indexed()) == 10
    assert runs.get(job).state == runs.FINISHED


def test_what_solr_did_not_take_waits_for_it(read, monkeypatch):
    job, source, ids = read
    with monkeypatch.context() as away:
        away.setitem(tk.config, "solr_url", "http://127.0.0.1:9/solr/nobody")
        Importer(source).run(ids)
    assert len(listed()) == 10
    assert runs.get(job).state == runs.FINISHED
    assert not indexed()
    assert indexing.done(sorted(listed()))
    assert not listed()
    assert len(indexed()) == 10
