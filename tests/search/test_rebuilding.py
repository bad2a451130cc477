"""The index made anew: what is sent is what CKAN would send, and nothing else is left."""

from __future__ import annotations

import gc
import json
import multiprocessing
import signal

import ckan.plugins.toolkit as tk
import pytest
import requests
import sqlalchemy as sa
from ckan import logic, model
from ckan.lib.search import index_for
from ckan.lib.search.common import make_connection
from ckan.tests import factories, helpers
from ckanext.harvest.model import HarvestObject, HarvestSource

from ckanext.pole.search import documents, reading, rebuilding

CONTEXT = {"ignore_auth": True, "user": ""}


@pytest.fixture
def datasets(with_plugins, clean_db, clean_index):
    """Datasets of every kind that the reading has to get right."""
    organisation, theme = factories.Organization(title_translated={"fr": "Ville"}), factories.Group()
    admin = factories.Sysadmin()["name"]
    both = {"title_translated": {"fr": "Repas", "en": "Meals"}, "notes_translated": {"fr": "À domicile"}}
    kinds = [
        {},
        {"private": True, "license_id": "cc-by", "keywords": {"fr": ["aînés", "repas"]}},
        {"resources": [
            {"url": "http://x.test/a.csv", "format": "CSV", "name_translated": {"fr": "Tableau"}},
            {"url": "x.test/b", "format": "", "name_translated": {"fr": "Sans format"}},
            {"url": "http://x.test/c", "format": "application/json", "name_translated": {"fr": "Autre"}},
        ]},
        {"groups": [{"id": theme["id"]}], "tags": [{"name": "repas"}, {"name": "aide"}]},
        {"license_id": "unheard-of", "url": "http://x.test/page", "version": "2", "author": "A. Roy"},
        {"extras": [{"key": "programme", "value": "Été"}, {"key": "lot", "value": "7"}], "places": ["mtl-12"]},
    ]  # fmt: skip
    made = [
        helpers.call_action(
            "package_create", {"user": admin, "ignore_auth": True}, name=f"jeu-{at}", owner_org=organisation["id"],
            **{**both, **kind},
        )["id"]
        for at, kind in enumerate(kinds)
    ]  # fmt: skip
    made.append(harvested(made[3], organisation["id"], admin))
    model.Session.expire_all()
    return made


def harvested(id_, owner_org, admin):
    """Let a record stand behind a dataset, and an older one that no longer counts; give their source."""
    source = helpers.call_action(
        "harvest_source_create", {"user": admin}, name="source", title="Été", url="http://x.test/", owner_org=owner_org,
        source_type="pole_ckan",
    )  # fmt: skip
    job = helpers.call_action("harvest_job_create", {"user": admin}, source_id=source["id"], run=False)
    kept = model.Session.get(HarvestSource, source["id"])
    for guid, current in (("older", False), ("now", True)):
        one = HarvestObject(guid=guid, package_id=id_, current=current, source=kept, harvest_job_id=job["id"])
        model.Session.add(one)
    model.Session.commit()
    return source["id"]


def found():
    """Name → document of the whole index, without the moments of indexing."""
    answer = make_connection().search("*:*", rows=100, fl="*")
    read = {"data_dict": json.loads, "validated_data_dict": json.loads}
    return {
        doc["name"]: {
            key: read.get(key, lambda kept: kept)(value)
            for key, value in doc.items()
            if key not in ("indexed_ts", "_version_")
        }
        for doc in answer.docs
    }


def test_datasets_are_read_together_as_ckan_reads_each(datasets):
    together = {default["id"]: (default, custom) for default, custom in reading.pairs(datasets)}
    assert set(together) == set(datasets)
    for id_ in datasets:
        one = logic.package_show_default_and_custom_schemas({**CONTEXT, "model": model, "session": model.Session}, id_)
        assert together[id_] == one


def statements(ids):
    """How many statements the reading of some datasets takes."""
    counted = []

    def note(*_):
        counted.append(1)

    engine = model.ensure_engine()
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        reading.pairs(ids)
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    return len(counted)


def test_a_batch_takes_the_same_number_of_statements_however_great(datasets):
    *datasets, _source = datasets  # whose status takes more
    statements(datasets)
    with_theme = datasets[3:4]  # whose title takes one more
    assert statements(datasets) == statements(with_theme) < 12


@pytest.mark.parametrize("processes", [1, 2])
def test_an_index_made_anew_is_what_ckan_makes_dataset_by_dataset(datasets, processes):
    for id_ in datasets:
        logic.index_update_package({**CONTEXT}, id_)
    before = found()
    index_for("Package").clear()
    gone = {"id": "gone", "index_id": "gone", "name": "gone", "entity_type": "package", "state": "active"}
    gone |= {"site_id": tk.config["ckan.site_id"], "metadata_modified": "2020-01-01T00:00:00Z", "capacity": "public"}
    gone |= {"data_dict": "{}", "validated_data_dict": "{}"}
    make_connection().add([gone], commit=True)
    assert rebuilding.rebuild(processes) == (len(datasets), 0)
    after = found()
    assert set(after) == set(before)
    for name, document in before.items():
        differing = {key for key in {*document, *after[name]} if document.get(key) != after[name].get(key)}
        assert not differing, [(name, key, document.get(key), after[name].get(key)) for key in differing]


def parts():
    """In how many parts Solr keeps the index."""
    answer = requests.get(f"{tk.config['solr_url']}/admin/luke?numTerms=0&wt=json", timeout=10)
    return answer.json()["index"]["segmentCount"]


@pytest.mark.parametrize("most", [1, 2])
def test_an_index_made_anew_has_few_parts_and_the_same_documents(datasets, ckan_config, most):
    for id_ in datasets:
        logic.index_update_package({**CONTEXT}, id_)  # each is a commit
    before = found()
    assert parts() > 2
    ckan_config["ckanext.pole.search.segments"] = most
    assert rebuilding.rebuild(1) == (len(datasets), 0)
    assert parts() <= most  # of few documents, Solr may leave fewer
    assert set(found()) == set(before)


def test_the_parts_may_be_left_to_solr(datasets, ckan_config):
    before = parts()
    ckan_config["ckanext.pole.search.segments"] = 0
    assert documents.join_segments() is False
    assert parts() == before > 1


def test_a_solr_that_does_not_answer_is_no_reason_to_fail(with_plugins, ckan_config):
    ckan_config["solr_url"] = "http://127.0.0.1:9/solr/ckan"
    assert documents.join_segments() is False


@pytest.mark.timeout(60)
def test_the_processes_end_although_their_maker_notes_signals_and_goes_on(with_plugins):
    """As a worker of RQ does."""
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        for _ in range(40):
            assert list(rebuilding._worked([[], []], 2)) == [(0, 0)] * 2
        begun = rebuilding._worked([[], []], 2)
        next(begun)
        begun.close()  # whoever asked for it has ended half-way
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_dataset_that_cannot_be_indexed_keeps_no_other_out(datasets):
    index_for("Package").clear()
    # Solr refuses a term of more than 32,766 bytes in a field that is one string.
    table = model.package_table
    model.Session.execute(sa.update(table).where(table.c.name == "jeu-2").values(url="é" * 20_000))
    model.Session.commit()
    assert rebuilding.rebuild(1) == (len(datasets) - 1, 1)
    assert "jeu-1" in found()
    assert "jeu-2" not in found()


def test_a_dataset_deleted_meanwhile_is_no_failure(datasets):
    admin = {"user": factories.Sysadmin()["name"], "ignore_auth": True}
    helpers.call_action("package_delete", dict(admin), id=datasets[0])
    helpers.call_action("dataset_purge", dict(admin), id=datasets[1])
    assert rebuilding.batch(datasets) == (len(datasets), 0)
    assert rebuilding.rebuild(1) == (len(datasets) - 2, 0)
    assert not {"jeu-0", "jeu-1"} & set(found())


def test_the_command_tells_how_many(datasets, cli):
    from ckan.cli.cli import ckan

    done = cli.invoke(ckan, ["pole", "search", "rebuild", "--processes", "1"])
    assert done.exit_code == 0, done.output
    assert f"{len(datasets)} jeux" in done.output


def test_a_copy_of_the_process_leaves_what_it_inherits_to_itself(with_plugins):
    with multiprocessing.get_context("fork").Pool(1, initializer=rebuilding._apart) as pool:
        assert pool.apply(gc.get_freeze_count) > 100_000
    assert gc.get_freeze_count() < 1000
