"""AIRS, iCarol's export and the search API as harvest sources; and the settings that an operator may write."""

from __future__ import annotations

import json

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckan.tests import helpers
from ckanext.harvest.model import HarvestObject

from ckanext.pole.directory import source_options

SEARCH = {"format": "icarol_api", "dataset": "qc", "api_key_env": "POLE_SECRET_211_KEY", "page_size": 2}


def rows(dataset, name):
    resource = next(item for item in dataset["resources"] if item.get("table") == name)
    found = tk.get_action("datastore_search")({"ignore_auth": True}, {"resource_id": resource["id"], "limit": 5000})
    return found["records"]


def service(key, name, **more):
    return {
        "id": key, "PublicName": name, "ParentId": 3, "ParentAgency": "Organisme", "Description": name,
        "PhysicalAddressStreet1": f"{key} rue des Lilas", "PhysicalAddressCity": "Laval",
        "PhysicalAddressIsPrivate": "No", "Latitude": 45.6, "Longitude": -73.7, "PhoneNumbers": [],
        "InternalNotes": "Ne pas dire", **more,
    }  # fmt: skip


class TestSettings:
    @pytest.mark.parametrize(
        ("config", "said"),
        [
            ({"format": "excel"}, "Format inconnu"),
            ({"format": "icarol_api"}, r"deux réglages.*\(api_key_env\)"),
            ({"format": "icarol_api", "dataset": "qc", "api_key_env": "CKAN_SQLALCHEMY_URL"}, "commence par"),
            ({"api_key": "abc"}, "secret"),
            ({"format": "airs", "languages": ["fr", "en"]}, "feeds"),
            ({"dataset": "qc"}, "icarol_api"),
            ({"format": "airs", "inactive_prefixes": [""]}, "inactive_prefixes"),
            ({"feeds": {"de": "https://exemple.org"}}, "fr ou en"),
            ({"summary_tier": "secret"}, "Niveau d’accès inconnu"),
            ({"format": 3}, "type"),
            ({"access_tier": "agreement"}, "access_policy"),
            ("[]", "objet JSON"),
        ],
    )
    def test_a_wrong_setting_is_told_in_the_person_s_language(self, app, config, said):
        from ckanext.pole.directory.harvester import DirectoryHarvester

        text = config if isinstance(config, str) else json.dumps(config)
        with app.flask_app.test_request_context("/fr/"):
            from ckan.lib import i18n

            i18n.set_lang("fr")
            with pytest.raises(ValueError, match=said):
                DirectoryHarvester().validate_config(text)

    def test_good_settings_are_kept_and_ordered(self, with_request_context):
        from ckanext.pole.directory.harvester import DirectoryHarvester

        kept = DirectoryHarvester().validate_config(
            json.dumps({**SEARCH, "access_tier": "agreement", "access_policy": "p"})
        )
        assert json.loads(kept) == {**SEARCH, "access_tier": "agreement", "access_policy": "p"}
        assert source_options.KNOWN.keys() >= {"format", "api_key_env"}


class TestSearchApi:
    def test_one_call_a_language_and_page_joined_by_id(self, harvest, centre):
        centre.records["fr"] = [service(key, f"Repas {key}") for key in (1, 2, 3)]
        centre.records["en"] = [service(key, f"Meals {key}") for key in (1, 2, 3)]
        directory = harvest(f"{centre.url}/api/v2/search", "pole_directory", **SEARCH)
        job = directory.run()
        assert not job["gather_error_summary"]
        found = rows(directory.package(fq="dataset_type:dataset"), "services")
        assert {(row["name_fr"], row["name_en"]) for row in found} == {(f"Repas {n}", f"Meals {n}") for n in (1, 2, 3)}
        assert [(asked["Lang"], asked["PageIndex"]) for asked in centre.searches] == [
            ("en", 0), ("en", 1), ("fr", 0), ("fr", 1),
        ]  # fmt: skip
        assert not any("InternalNotes" in asked["Fields"] for asked in centre.searches)
        assert centre.key not in json.dumps(helpers.call_action("harvest_job_show", id=job["id"]), default=str)

    def test_without_its_key_the_run_says_which_variable_is_missing(self, harvest, centre, monkeypatch):
        monkeypatch.delenv("POLE_SECRET_211_KEY")
        job = harvest(f"{centre.url}/api/v2/search", "pole_directory", **SEARCH).run()
        assert "POLE_SECRET_211_KEY" in str(job["gather_error_summary"])

    def test_a_list_that_repeats_a_page_is_not_believed(self, harvest, centre):
        centre.records["fr"] = centre.records["en"] = [service(1, "Repas"), service(1, "Repas"), service(2, "Repas")]
        directory = harvest(f"{centre.url}/api/v2/search", "pole_directory", **SEARCH)
        job = directory.run()
        assert job["gather_error_summary"]
        assert not directory.packages(fq="dataset_type:dataset")


class TestAirs:
    def test_a_real_export_then_one_more_one_less_and_an_inactive_one(self, harvest, centre, fixtures):
        def serve(name):
            body = (fixtures / "airs-bc211" / f"BC211_data_{name}.xml").read_bytes()
            centre.files["bc.xml"] = ("text/xml", body)

        def services():
            return {row["source_id"] for row in rows(directory.package(fq="dataset_type:dataset"), "services")}

        serve("excerpt")
        directory = harvest(f"{centre.url}/files/bc.xml", "pole_directory", format="airs", language="en")
        job = directory.run()
        assert not job["gather_error_summary"]
        first = services()
        objects = model.Session.query(HarvestObject).count()
        directory.run()
        assert model.Session.query(HarvestObject).count() == objects, "an unchanged export was written again"
        serve("excerpt_with_one_more_organization")
        directory.run()
        more = services()
        assert more > first
        # Falling back by more than a tenth of the services at once would be held: the operator agrees.
        directory.configure(format="airs", language="en", accept_fewer=True)
        for name in ("excerpt_with_one_inactive_organization", "excerpt_with_one_less_organization"):
            serve(name)
            directory.run()
            assert services() < first

    @pytest.mark.parametrize("fault", ["cut", "html", "error", "empty"])
    def test_a_file_that_is_cut_or_no_xml_leaves_the_directory_as_it_was(self, harvest, centre, fixtures, fault):
        body = (fixtures / "airs-bc211" / "BC211_data_excerpt.xml").read_bytes()
        centre.files["bc.xml"] = ("text/xml", body)
        directory = harvest(f"{centre.url}/files/bc.xml", "pole_directory", format="airs", language="en")
        directory.run()
        before = directory.package(fq="dataset_type:dataset")
        if fault == "empty":
            centre.files["bc.xml"] = ("text/xml", b"")
        else:
            centre.faults.add(fault, path="/files/*")
        job = directory.run()
        assert job["gather_error_summary"]
        assert directory.package(fq="dataset_type:dataset")["metadata_modified"] == before["metadata_modified"]


def test_an_icarol_export_is_published_under_the_tier_of_its_source(harvest, centre, fixtures):
    centre.files["icarol.csv"] = ("text/csv", (fixtures / "icarol-csv" / "iCarolData.csv").read_bytes())
    directory = harvest(f"{centre.url}/files/icarol.csv", "pole_directory", format="icarol_csv", language="en")
    policy = tk.get_action("pole_policy_create")(
        directory.context(),
        {
            "owner_org": directory.details["owner_org"],
            "title_translated": {"fr": "Répertoire complet"},
            "terms_translated": {"fr": "Pour orienter les personnes."},
        },
    )
    directory.configure(format="icarol_csv", language="en", access_tier="agreement", access_policy=policy["id"])
    job = directory.run()
    assert not job["object_error_summary"]
    dataset = directory.package(fq="dataset_type:dataset")
    assert (dataset["access_tier"], dataset["access_policy"]) == ("agreement", policy["id"])
    tiers = {item["table"]: item.get("access_tier") for item in dataset["resources"]}
    assert tiers.pop("summary") == "open"
    assert set(tiers.values()) <= {None, ""}
    assert {row["source_id"] for row in rows(dataset, "services")} >= {"87161051", "87161054"}
