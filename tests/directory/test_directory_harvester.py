"""A 211 directory harvested through the queues: one dataset, its tables, and nothing that must stay secret."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan import model
from ckanext.datastore.backend.postgres import get_write_engine
from ckanext.harvest.model import HarvestObject

TABLES = ("services", "organizations", "locations", "service_at_location", "taxonomy", "summary")


@pytest.fixture
def source():
    from pole_demo import DemoServer

    with DemoServer() as server:
        yield server


@pytest.fixture
def directory(harvest, source):
    return harvest(f"{source.url}/hsds", "pole_directory", languages=["fr", "en"])


def table(dataset, name, **asked):
    resource = next(item for item in dataset["resources"] if item.get("table") == name)
    wanted = {"resource_id": resource["id"], "limit": 5000, **asked}
    found = tk.get_action("datastore_search")({"ignore_auth": True}, wanted)
    return resource, found


def counts(directory):
    """How many records the last run has written, and how many failed."""
    report = tk.get_action("pole_harvest_report")({"ignore_auth": True}, {"source_id": directory.source_id})
    return report["written"], report["failed"]


class TestBadDays:
    @pytest.mark.parametrize("kind", ["error", "html", "short-page", "broken-json", "empty", "cut"])
    def test_a_feed_that_fails_leaves_the_published_directory_as_it_was(self, directory, source, kind):
        directory.run()
        before = directory.package(fq="dataset_type:dataset")
        rows = table(before, "services")[1]["total"]
        source.faults.add(kind, path="/hsds/en/services")
        job = directory.run()
        after = directory.package(fq="dataset_type:dataset")
        assert after["metadata_modified"] == before["metadata_modified"]
        assert table(after, "services")[1]["total"] == rows
        assert job["gather_error_summary"]

    def test_a_directory_that_loses_many_services_at_once_is_kept_until_its_operator_agrees(self, directory, source):
        directory.run()
        before = directory.package(fq="dataset_type:dataset")
        rows = table(before, "services")[1]["total"]
        for feed in source.directory.feeds.values():
            del feed.services[20:]
        job = directory.run()
        assert table(before, "services")[1]["total"] == rows
        assert any("missing at once" in error["message"] for error in job["gather_error_summary"])
        directory.configure(languages=["fr", "en"], accept_fewer=True)
        directory.run()
        assert table(before, "services")[1]["total"] < rows

    def test_a_table_that_refuses_its_rows_counts_the_directory_once_and_is_mended_by_the_next_run(
        self, directory, source
    ):
        """The dataset is written before its tables are: the record has failed all the same."""
        directory.run()
        dataset = directory.package(fq="dataset_type:dataset")
        services = table(dataset, "services")[0]["id"]
        for feed in source.directory.feeds.values():
            feed.services[0]["name"] += " (nouveau nom)"
        with get_write_engine().begin() as connection:
            refuses = f"ALTER TABLE \"{services}\" ADD CONSTRAINT full_disk CHECK (name_fr = '') NOT VALID"
            connection.execute(sa.text(refuses))
        directory.run()
        assert counts(directory) == (0, 1)
        assert not table(dataset, "services", q="nouveau nom")[1]["records"]
        with get_write_engine().begin() as connection:
            connection.execute(sa.text(f'ALTER TABLE "{services}" DROP CONSTRAINT full_disk'))
        directory.run()
        assert counts(directory) == (1, 0)
        assert table(dataset, "services", q="nouveau nom")[1]["records"]


class TestRuns:
    def test_it_becomes_one_bilingual_dataset_with_tables_and_a_dictionary(self, directory):
        job = directory.run()
        assert not job["gather_error_summary"]
        assert not job["object_error_summary"]
        dataset = directory.package(fq="dataset_type:dataset")
        assert set(dataset["title_translated"]) == {"fr", "en"}
        names = {item["name_translated"]["fr"]: item["format"] for item in dataset["resources"]}
        assert names["Services"] == "CSV"
        assert names["Lieux"] == "GeoJSON"
        assert names["Répertoire complet (HSDS 3.1)"] == "ZIP"
        resource, found = table(dataset, "services")
        assert found["total"] == int(resource["rows"]) > 70
        info = tk.get_action("datastore_info")({"ignore_auth": True}, {"id": resource["id"]})
        field = next(item for item in info["fields"] if item["id"] == "name_en")
        assert set(field["info"]["label_translated"]) == {"fr", "en"}
        views = tk.get_action("resource_view_list")({"ignore_auth": True}, {"id": resource["id"]})
        assert "datatables_view" in {view["view_type"] for view in views}

    def test_a_second_run_writes_nothing(self, directory):
        directory.run()
        before = directory.package(fq="dataset_type:dataset")
        objects = model.Session.query(HarvestObject).count()
        directory.run()
        assert model.Session.query(HarvestObject).count() == objects
        assert directory.package(fq="dataset_type:dataset")["metadata_modified"] == before["metadata_modified"]

    def test_a_preview_shows_what_a_directory_would_become_whether_it_was_harvested_or_not(self, directory):
        for action in ("new", "same"):
            asked = {"source_id": directory.source_id}
            found = tk.get_action("pole_harvest_preview")({"ignore_auth": True}, asked)
            (record,) = found["records"]
            assert (record["action"], record["problem"], record["raw"]) == (action, "", None)
            assert record["mapped"]["title_translated"].keys() == {"fr", "en"}
            directory.run()

    def test_a_changed_an_added_and_a_removed_service_are_followed_and_ids_stay(self, directory, source):
        directory.run()
        before = directory.package(fq="dataset_type:dataset")
        resource, found = table(before, "services")
        ids = {row["source_id"]: row["id"] for row in found["records"]}
        for feed in source.directory.feeds.values():
            gone = feed.services[-1]["id"]
            feed.services[:] = [item for item in feed.services if item["id"] != gone]
            feed.services[0]["name"] += " (nouveau nom)"
        directory.run()
        after = directory.package(fq="dataset_type:dataset")
        assert [item["id"] for item in after["resources"]] == [item["id"] for item in before["resources"]]
        again, found = table(after, "services")
        assert again["id"] == resource["id"]
        now = {row["source_id"]: row for row in found["records"]}
        assert any("(nouveau nom)" in str(row["name_fr"]) for row in now.values())
        assert len(now) < len(ids)
        assert all(ids[source_id] == row["id"] for source_id, row in now.items() if source_id in ids)

    def test_what_must_stay_secret_is_nowhere(self, directory, source):
        """The traps of the demonstration's content are looked for in files, tables, index and harvest objects."""
        directory.run()
        dataset = directory.package(fq="dataset_type:dataset")
        traps = secrets_of(source)
        assert traps, "the demonstration's content lost its traps"
        written = [json.dumps(dataset, ensure_ascii=False)]
        written += [json.dumps(table(dataset, name)[1]["records"], ensure_ascii=False) for name in TABLES]
        written += [str(row) for row in model.Session.query(HarvestObject.content)]
        storage = Path(tk.config["ckan.storage_path"])
        for trap in traps:
            assert not any(trap in text for text in written), trap
            grep = subprocess.run(["grep", "-rlF", trap, str(storage)], capture_output=True, text=True, check=False)
            assert grep.returncode == 1, (trap, grep.stdout)


def secrets_of(source) -> set[str]:
    """Names, e-mails and notes of contacts, straight from what the server holds."""
    found: set[str] = set()
    for feed in source.directory.feeds.values():
        for service in feed.services:
            for contact in service.get("contacts", []):
                found |= {str(contact[key]) for key in ("name", "email") if contact.get(key)}
    return {text for text in found if len(text) > 8}
