"""HSDS, from the API and from tables, 1.x to 3.1: what is wrong is rejected alone, what is right gives one model."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ckanext.pole.directory import hsds_api, hsds_tabular
from ckanext.pole.directory.build import Build
from ckanext.pole.directory.errors import DirectoryError
from ckanext.pole.directory.sensitive import Rejected

Make = Callable[..., dict[str, Any]]
Redact = Callable[..., Build]


@pytest.mark.parametrize("answer", [None, 3, "texte", {"message": "erreur"}, {"contents": {"id": "1"}}])
def test_an_answer_that_is_no_page_stops_the_reading(answer: object) -> None:
    with pytest.raises(DirectoryError) as caught:
        list(hsds_api.read([answer], "fr"))
    assert caught.value.code == "bad_json"


def test_an_empty_page_gives_nothing() -> None:
    assert list(hsds_api.read([{"contents": []}, []], "fr")) == []


def test_a_bad_service_among_good_ones_is_rejected_alone(service: Make, built: Redact) -> None:
    page = {
        "contents": [
            None,
            {"id": "", "name": "x"},
            service("s1", name=" "),
            service("s2", service_at_locations=[3, {}]),
        ]
    }
    done = built(hsds_api.read([page], "fr"))
    assert {(item.kind, item.reason) for item in done.report.rejected} == {
        ("service", "not_an_object"),
        ("service", "missing_id"),
        ("service", "missing_name"),
        ("service_at_location", "missing_reference"),
    }
    assert [item.source_id for item in done.redacted.directory.services] == ["s2"]


def test_an_inactive_service_is_dropped_with_the_place_it_had_alone(service: Make, built: Redact) -> None:
    for status in ("inactive", "Defunct", "deleted"):
        done = built(hsds_api.read([service(status=status)], "fr"))
        assert done.report.published["service"] == done.report.published["location"] == 0
        assert done.report.dropped == {"inactive": 1, "linked_record_dropped": 1, "no_service_left": 1}


def test_a_full_service_gives_all_its_parts(fixtures: Path, built: Redact, rows_of: Callable[..., Any]) -> None:
    full = json.loads((fixtures / "hsds-3.1/json/service_full.json").read_text())
    done = built(hsds_api.read([full], "en"))
    (row,) = rows_of(done, "services")
    assert row["id"] == full["id"]
    assert (row["name_fr"], row["name_en"]) == (None, "Community Counselling")
    assert row["phones"] == "+44 1234 234567 #100"
    assert (row["minimum_age"], row["maximum_age"]) == (12, 100)
    assert (row["languages"], row["languages_fr"]) == ("ur", "ourdou")
    (place,) = rows_of(done, "locations")
    assert place["latitude"] is None, "the example's latitude is 100, out of range"
    assert place["organization_id"] == full["organization"]["id"]
    assert done.report.dangling == {"taxonomy_term.parent": 1}, "the parent of the term is not in the example"


def test_a_list_item_without_children_is_a_service_too(fixtures: Path, built: Redact) -> None:
    page = json.loads((fixtures / "hsds-3.1/json/service_list.json").read_text())
    done = built(hsds_api.read([page], "en"))
    assert done.report.published == Counter(
        service=1, organization=1, location=0, service_at_location=0, taxonomy_term=0
    )


def test_what_services_share_is_one_record_and_a_flag_on_any_copy_counts(
    service: Make, built: Redact, published: Callable[[Build], str]
) -> None:
    first = service("s1", place={"id": "l"}, owner={"id": "o"})
    second = service("s2", place={"id": "l", "addresses": [], "is_confidential": True}, owner={"id": "o"})
    done = built(hsds_api.read([[first, second]], "fr"))
    assert (done.report.published["location"], done.report.withheld) == (1, {"flag_private": 1})
    assert "Lilas" not in published(done)


def test_persons_and_notes_are_nowhere(fixtures: Path, built: Redact, published: Callable[[Build], str]) -> None:
    full = json.loads((fixtures / "hsds-3.1/json/service_full.json").read_text())
    said = published(built(hsds_api.read([full], "en")))
    for secret in ("Ann Persona", "A. Persona", "Reception Manager", "Some of our staff will be unavailable"):
        assert secret in json.dumps(full)
        assert secret not in said


def test_a_line_of_a_contact_alone_is_not_read(tmp_path: Path, built: Redact) -> None:
    (tmp_path / "services.csv").write_text("id,name\ns1,Un service\n")
    (tmp_path / "phones.csv").write_text("id,service_id,contact_id,number\n1,,c1,514-555-0199\n2,s1,,514-555-0100\n")
    done = built(hsds_tabular.read(tmp_path, "fr"))
    assert [line.number for line in done.redacted.directory.services[0].phones] == ["514-555-0100"]


def test_the_tables_of_2_x(fixtures: Path, built: Redact, rows_of: Callable[..., Any]) -> None:
    done = built(hsds_tabular.read(fixtures / "hsds-2-sample", "en"))
    assert done.report.rejected == []
    assert (done.report.read["service"], done.report.published["service"]) == (13, 10)
    assert done.report.dropped["inactive"] == 3
    rows = {row["name_en"]: row for row in rows_of(done, "services")}
    helpline = rows["Never Homeless Helpline"]
    assert helpline["eligibility_en"] == "adult"
    assert helpline["fees_en"] == "cash, credit card"
    assert helpline["opening_hours"] == "MO,TU,WE 09:00-17:00"
    assert helpline["required_documents_en"] == "Sample required document"
    assert helpline["service_area_en"] == "Sample service area"
    assert helpline["languages"] == "en;es"


def test_the_tables_of_3_1_give_what_the_api_gives(fixtures: Path, built: Redact, rows_of: Callable[..., Any]) -> None:
    table = built(hsds_tabular.read(fixtures / "hsds-3.1/csv", "en"))
    full = json.loads((fixtures / "hsds-3.1/json/service_full.json").read_text())
    api = built(hsds_api.read([full], "en"))
    same = [
        "id",
        "name_en",
        "description_en",
        "status",
        "url",
        "email",
        "eligibility_en",
        "minimum_age",
        "maximum_age",
        "fees_en",
        "locations",
    ]
    (of_table,), (of_api,) = rows_of(table, "services"), rows_of(api, "services")
    assert {name: of_table[name] for name in same} == {name: of_api[name] for name in same}
    assert table.report.rejected == []


def test_datapackage_json_may_name_the_files_otherwise(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,name\ns1,Un service\n")
    resources = [{"name": "service", "path": "data/a.csv"}, {"name": "contact", "path": "b.csv"}, "x", {}]
    (tmp_path / "datapackage.json").write_text(json.dumps({"resources": resources}))
    assert len(list(hsds_tabular.read(tmp_path, "fr"))) == 1
    (tmp_path / "datapackage.json").write_text("{")
    with pytest.raises(DirectoryError) as caught:
        list(hsds_tabular.read(tmp_path, "fr"))
    assert caught.value.code == "bad_json"


def test_the_order_of_the_source_changes_nothing(service: Make, built: Redact) -> None:
    page = [
        service("s1", codes=["BD-1800", "PH-1000"]),
        service("s2", address={"address_1": "9 avenue du Parc"}),
        service("s3"),
    ]
    turned = copy.deepcopy(page[::-1])
    turned[-1]["attributes"].reverse()
    assert built(hsds_api.read([page], "fr")).content_hash == built(hsds_api.read([turned], "fr")).content_hash


def test_a_change_of_one_word_changes_the_hash_of_its_tables_only(service: Make, built: Redact) -> None:
    before = built(hsds_api.read([service("s1")], "fr")).table_hashes
    after = built(hsds_api.read([service("s1", alert="Fermé lundi")], "fr")).table_hashes
    assert {name for name in before if before[name] != after[name]} == {"services", "datapackage"}


def test_ids_are_stable_uuids_and_upstream_ids_are_kept(service: Make, built: Redact) -> None:
    upstream = "0B2C1F0E-1111-4222-8333-444455556666"
    done = built(hsds_api.read([[service("s1", name="Un nom"), service(upstream)]], "fr"))
    again = built(hsds_api.read([service("s1", name="Un autre nom")], "fr"))
    by_source = {item.source_id: item.id for item in done.redacted.directory.services}
    assert by_source[upstream] == upstream.lower()
    assert by_source["s1"] == again.redacted.directory.services[0].id
    assert Rejected not in map(type, done.redacted.directory.services)
