"""The 211 search API: what says nothing is private, persons are not read, two calls make one bilingual record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ckanext.pole.directory import search_api
from ckanext.pole.directory.build import Build
from ckanext.pole.directory.errors import DirectoryError
from ckanext.pole.directory.languages import merge_languages

Redact = Callable[..., Build]
Publish = Callable[[Build], str]


def record(key: int = 7, **changes: Any) -> dict[str, Any]:
    return {
        "id": key,
        "ParentId": 3,
        "ParentAgency": "Organisme de la Rive",
        "PublicName": f"Repas {key}",
        "Description": "Un repas chaud chaque midi.",
        "PhysicalAddressStreet1": "4567 rue des Lilas",
        "PhysicalAddressCity": "Laval",
        "PhysicalAddressProvince": "QC",
        "PhysicalAddressPostalCode": "H7A 1B1",
        "PhysicalAddressIsPrivate": "No",
        "MailingAttentionName": "Aline Tremblay",
        "MailingAddressStreet1": "C.P. 99",
        "Latitude": 45.612345,
        "Longitude": -73.712345,
        "PhoneNumbers": [{"Phone": "450-555-0177", "Name": "Aline Tremblay", "Type": "Phone1", "IsPrivate": "No"}],
        "MinAge": "18",
        "MaxAge": "",
        "LanguagesOfferedList": ["French", "Spanish"],
        "TaxonomyCodes": "BD-5000.8300; BD-1800",
        "TaxonomyTerms": "Repas communautaires; Alimentation",
        "ServiceArea": ["Laval", "Montréal"],
        "Hours": "Mon 11:00 - 13:00",
        **changes,
    }


def test_a_part_without_a_flag_is_private(built: Redact, published: Publish, rows_of: Callable[..., Any]) -> None:
    silent = record()
    del silent["PhysicalAddressIsPrivate"]
    del silent["PhoneNumbers"][0]["IsPrivate"]
    done = built(search_api.read([silent], "fr"))
    said = published(done)
    for secret in ("Lilas", "H7A 1B1", "45.612", "555-0177"):
        assert secret not in said
    (row,) = rows_of(done, "service_at_location")
    assert row["address_withheld"] is True
    assert done.report.removed["flag_absent"] == 2


def test_the_provider_may_have_agreed_to_send_public_parts_only(built: Redact, rows_of: Callable[..., Any]) -> None:
    silent = record()
    del silent["PhysicalAddressIsPrivate"]
    (row,) = rows_of(built(search_api.read([silent], "fr", unflagged_is_public=True)), "service_at_location")
    assert row["address"] == "4567 rue des Lilas"


@pytest.mark.parametrize("flag", ["Yes", "true", 1, "peut-être"])
def test_a_flag_that_says_yes_or_nonsense_hides_even_then(built: Redact, published: Publish, flag: object) -> None:
    flagged = record(PhysicalAddressIsPrivate=flag, Description="Au 4567, rue des Lilas, sonnez deux fois.")
    assert "Lilas" not in published(built(search_api.read([flagged], "fr", unflagged_is_public=True)))


def test_an_excluded_or_inactive_record_does_not_come(built: Redact) -> None:
    rows = [record(1, ExcludeFromWebsite="Yes"), record(2, AgencyStatus="Inactive"), record(3)]
    done = built(search_api.read(rows, "fr"))
    assert [service.source_id for service in done.redacted.services] == ["3"]


def test_persons_and_mailing_addresses_are_not_read(built: Redact, published: Publish) -> None:
    said = published(built(search_api.read([record()], "fr")))
    assert "Tremblay" not in said
    assert "C.P. 99" not in said
    assert "450-555-0177" in said
    assert not {"MainContactName", "SeniorWorkerName", "InternalNotes", "MailingAttentionName"} & set(search_api.FIELDS)


def test_a_record_that_is_none_is_refused_and_one_without_name_set_aside(built: Redact) -> None:
    with pytest.raises(DirectoryError):
        list(search_api.read(["?"], "fr"))
    done = built(search_api.read([record(PublicName=""), record(8)], "fr"))
    assert [(item.source_id, item.reason) for item in done.report.rejected] == [("7", "missing_name")]


def test_two_calls_joined_by_id_give_both_languages(built: Redact, rows_of: Callable[..., Any]) -> None:
    english = record(PublicName="Meals 7", ParentAgency="Shore Organisation", TaxonomyTerms="Meals; Food")
    done = built(merge_languages(search_api.read([record()], "fr"), search_api.read([english], "en")))
    (row,) = rows_of(done, "services")
    assert (row["name_fr"], row["name_en"]) == ("Repas 7", "Meals 7")
    assert (row["organization_fr"], row["organization_en"]) == ("Organisme de la Rive", "Shore Organisation")
    assert row["languages"] == "es;fr"
    assert (row["minimum_age"], row["opening_hours"]) == (18, "MO 11:00-13:00")
    assert row["service_area_fr"] == "Laval; Montréal"
    names = {item["code"]: (item["name_fr"], item["name_en"]) for item in rows_of(done, "taxonomy")}
    assert names["BD-1800"] == ("Alimentation", "Food")
