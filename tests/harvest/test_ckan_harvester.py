"""A CKAN portal harvested through the queues: what is stored after each kind of day."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckan.tests import helpers
from ckanext.harvest.model import HarvestObject


@pytest.fixture
def size():
    """Three pages."""
    return 12


def errors(job):
    return [error["message"] for error in job["gather_error_summary"]] + [
        error["message"] for error in job["object_error_summary"]
    ]


class TestBadDays:
    @pytest.mark.parametrize(
        "fault",
        [
            {"kind": "error", "status": 404},
            {"kind": "html"},
            {"kind": "unsuccessful"},
            {"kind": "broken-json"},
            {"kind": "empty"},
            {"kind": "rbac"},
            {"kind": "redirect", "location": "http://169.254.169.254/latest/meta-data/"},
        ],
        ids=lambda fault: fault["kind"],
    )
    def test_a_source_that_fails_changes_nothing_and_says_so(self, city, portal, fault):
        city.run()
        before = {item["id"]: item["metadata_modified"] for item in city.packages()}
        portal.faults.add(path="*/package_search", **fault)
        job = city.run()
        assert {item["id"]: item["metadata_modified"] for item in city.packages()} == before
        assert job["gather_error_summary"]

    @pytest.mark.parametrize("kind", ["short-page", "duplicate-ids", "count-drift"])
    def test_a_list_that_does_not_add_up_deletes_nothing(self, city, portal, kind):
        city.run()
        total = len(city.packages())
        portal.city.portal.packages.pop()
        portal.faults.add(kind, path="*/package_search")
        job = city.run()
        assert len(city.packages()) == total
        assert any("not read to its end" in text for text in errors(job))

    def test_a_second_page_that_fails_keeps_what_the_first_one_brought_and_deletes_nothing(self, city, portal):
        total = len(portal.city.portal.packages)
        city.run()
        portal.city.portal.packages[0]["title"] = "Un autre titre"
        portal.faults.add("error", path="*/package_search", after=1, status=404)
        city.run()
        assert len(city.packages()) == total
        assert any("incomplete" in text or "not read to its end" in text for text in errors_of_last_job(city))

    def test_a_record_that_cannot_be_read_is_set_aside_and_the_others_come(self, city, portal):
        packages = portal.city.portal.packages
        packages[3]["title"] = ""
        packages[5]["resources"] = "none"
        job = city.run()
        assert len(city.packages()) == len(packages) - 1
        assert len(job["gather_error_summary"]) == 1

    def test_a_source_without_most_of_its_records_loses_none_here(self, city, portal):
        city.run()
        total = len(city.packages())
        del portal.city.portal.packages[5:]
        job = city.run()
        assert len(city.packages()) == total
        assert any("until a person decides" in text for text in errors(job))


def errors_of_last_job(harvest):
    status = tk.get_action("harvest_source_show_status")(harvest.context(), {"id": harvest.source_id})
    job = tk.get_action("harvest_job_show")(harvest.context(), {"id": status["last_job"]["id"]})
    return errors(job)


class TestAYearOfRuns:
    def test_the_second_run_writes_nothing(self, city):
        city.run()
        before = {item["id"]: item["metadata_modified"] for item in city.packages()}
        objects = model.Session.query(HarvestObject).count()
        job = city.run()
        assert {item["id"]: item["metadata_modified"] for item in city.packages()} == before
        assert model.Session.query(HarvestObject).count() == objects
        assert not job["gather_error_summary"]

    def test_a_change_an_arrival_and_a_departure_are_followed(self, city, portal):
        city.run()
        packages = portal.city.portal.packages
        changed, gone = packages[0], packages[1]
        kept = city.package(fq=f'name:"{changed["name"]}"')
        changed["title"] = "Un titre tout neuf"
        changed["name"] = "un-nom-tout-neuf"
        packages.remove(gone)
        packages.append({**packages[5], "id": "nouveau-guid", "name": "nouveau-jeu", "title": "Nouveau jeu"})
        job = city.run()
        assert (job["stats"]["added"], job["stats"]["updated"], job["stats"]["deleted"]) == (1, 1, 1)
        again = tk.get_action("package_show")({"ignore_auth": True}, {"id": kept["id"]})
        assert again["title_translated"] == {"fr": "Un titre tout neuf"}
        assert again["name"] == kept["name"], "the address that people know stays"
        assert [item["id"] for item in again["resources"]] == [item["id"] for item in kept["resources"]]
        assert not city.packages(fq=f'name:"{gone["name"]}"')

    def test_a_dataset_that_comes_back_keeps_its_id(self, city, portal):
        city.run()
        gone = portal.city.portal.packages.pop(0)
        before = city.package(fq=f'name:"{gone["name"]}"')
        city.run()
        assert not city.packages(fq=f'name:"{gone["name"]}"')
        portal.city.portal.packages.append(gone)
        city.run()
        assert city.package(fq=f'name:"{gone["name"]}"')["id"] == before["id"]

    def test_what_people_decided_here_is_not_overwritten(self, city, portal):
        city.run()
        first = portal.city.portal.packages[0]
        dataset = city.package(fq=f'name:"{first["name"]}"')
        helpers.call_action(
            "package_patch",
            context=city.context(),
            id=dataset["id"],
            access_tier="registered",
            access_policy=helpers.call_action(
                "pole_policy_create",
                context=city.context(),
                owner_org=dataset["owner_org"],
                title_translated={"fr": "Sur inscription"},
                terms_translated={"fr": "Citer la source."},
            )["id"],
            custodian="Service de l’habitat",
        )
        first["notes"] = "Une description toute neuve."
        city.run()
        again = city.package(fq=f'name:"{first["name"]}"')
        assert (again["access_tier"], again["custodian"]) == ("registered", "Service de l’habitat")
        assert again["notes_translated"] == {"fr": "Une description toute neuve."}

    def test_a_dataset_that_people_closed_stays_closed_when_its_source_adds_a_resource(self, city, portal):
        city.run()
        first = portal.city.portal.packages[0]
        dataset = city.package(fq=f'name:"{first["name"]}"')
        policy = helpers.call_action(
            "pole_policy_create", context=city.context(), owner_org=dataset["owner_org"],
            title_translated={"fr": "Sur inscription"}, terms_translated={"fr": "Citer la source."},
        )  # fmt: skip
        helpers.call_action(
            "package_patch", context=city.context(), id=dataset["id"], access_tier="registered",
            access_policy=policy["id"],
        )  # fmt: skip
        first["resources"].append(
            {**first["resources"][0], "id": "ajoutee", "name": "Ajoutée", "url": "https://exemple.test/canari.csv"}
        )
        city.run()
        assert len(city.package(fq=f'name:"{first["name"]}"')["resources"]) == len(dataset["resources"]) + 1
        shown = helpers.call_action("package_show", context=city.context(), id=dataset["id"])
        assert "canari" not in str(shown)
        addresses = model.Session.query(model.Resource.url).filter_by(package_id=dataset["id"]).all()
        assert "canari" not in str(addresses)
        assert not city.packages(q="canari")

    def test_the_same_object_queued_twice_is_imported_once(self, city, portal):
        from ckanext.harvest import queue

        job = city.run()
        done = model.Session.query(HarvestObject).filter_by(harvest_job_id=job["id"]).first()
        queue.get_fetch_publisher().send({"harvest_object_id": done.id})
        from threading import Event

        from ckanext.pole.harvest.consumer import consume

        consume("fetch", Event(), until_empty=True)
        model.Session.expire_all()
        assert model.Session.get(HarvestObject, done.id).state == "COMPLETE"


class TestSettings:
    @pytest.mark.parametrize(
        "config",
        ['{"langue": "fr"}', '{"language": "de"}', '{"page_size": 0}', '{"page_size": "x"}', "[1]", "{",
         '{"themes": {"Logement": "habitation"}}', '{"access_tier": "secret"}', '{"page_size": true}'],
    )  # fmt: skip
    def test_wrong_settings_are_refused_when_they_are_saved(self, with_plugins, config):
        from ckanext.pole.harvest import options

        with pytest.raises(ValueError, match=r"\w"):
            options.normalised(config)


def test_the_real_catalogue_of_montreal(harvest, fixtures):
    """397 datasets and 2,577 resources, as captured on 2026-03-13 (HARVEST.md A)."""
    from pole_demo.httpd import DemoServer

    with DemoServer(montreal_file=fixtures / "ckan-api/montreal/dataset-catalog.json") as server:
        city = harvest(f"{server.url}/city", "pole_ckan", language="fr")
        job = city.run()
        assert not job["gather_error_summary"]
        assert not job["object_error_summary"]
        assert job["stats"]["added"] == 397
        datasets = {item["name"]: item for item in city.packages()}
        assert len(datasets) == 397
        assert sum(len(item["resources"]) for item in datasets.values()) == 2577
        food = datasets["demandes-aide-alimentaire"]
        assert food["title_translated"] == {"fr": "Suivis des demandes d'aide alimentaire au 211"}
        assert datasets["canopee"]["title"] == "Canopée"
        # This capture holds no licence at all, and none is invented; see test_ckan_mapping for those that portals give.
        assert {item["license_id"] for item in datasets.values()} == {"notspecified"}
        assert all(set(item["title_translated"]) == {"fr"} for item in datasets.values())
        before = model.Session.query(HarvestObject).count()
        second = city.run()
        assert model.Session.query(HarvestObject).count() == before
        assert not second["gather_error_summary"]
