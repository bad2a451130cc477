"""The invented directory: bilingual, plausible, and full of traps that redaction must catch."""

from __future__ import annotations

import json
import re
import uuid
from itertools import pairwise

import pytest

SHELTERS = {"BH-1800.1500-080", "BH-1800.1500-100", "BH-1800.1500-308"}


@pytest.fixture(scope="module")
def text(services):
    return {language: json.dumps(rows, ensure_ascii=False) for language, rows in services.items()}


def walk(value):
    """Give every object inside a value."""
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from walk(item)
    elif isinstance(value, list):
        for item in value:
            yield from walk(item)


def places(services):
    return {p["location"]["id"]: p["location"] for s in services for p in s["service_at_locations"]}


def test_there_are_enough_records_and_every_place_and_organisation_is_used(yaml_of):
    services, organizations, locations = (
        yaml_of(f"directory/{n}.yaml") for n in ("services", "organizations", "locations")
    )
    assert (len(services), len(organizations), len(locations)) == (83, 46, 61)
    assert {s["org"] for s in services} == {o["key"] for o in organizations}
    assert {at for s in services for at in s.get("at", [])} == {place["key"] for place in locations}
    for rows in (services, organizations, locations):
        assert len({row["key"] for row in rows}) == len(rows)


def test_every_text_is_bilingual_but_where_a_language_lacks_on_purpose(yaml_of):
    rows = yaml_of("directory/services.yaml")
    only = {language: {s["key"] for s in rows if set(s["name"]) == {language}} for language in ("fr", "en")}
    assert len(only["fr"]) == 5
    assert len(only["en"]) == 3
    partial = set()
    for row in rows:
        for field in ("name", "description", "interpretation", "alert"):
            value = row.get(field)
            if value and set(value) != {"fr", "en"} and row["key"] not in only["fr"] | only["en"]:
                partial.add((row["key"], field))
            assert all(words.strip() for words in (value or {}).values())
    assert {field for _, field in partial} == {"description"}
    assert len(partial) == 3
    for row in yaml_of("directory/organizations.yaml"):
        assert set(row["description"]) == {"fr", "en"}
    for table in yaml_of("directory/phrases.yaml").values():
        assert all(set(phrase) == {"fr", "en"} for phrase in table.values())
    assert all(set(term["name"]) == {"fr", "en"} for term in yaml_of("directory/taxonomy.yaml"))


def test_a_service_without_a_language_is_absent_from_its_feed(services):
    ids = {language: {s["id"] for s in rows} for language, rows in services.items()}
    assert len(ids["fr"] - ids["en"]) == 5
    assert len(ids["en"] - ids["fr"]) == 3


def test_every_id_is_a_uuid(services):
    for rows in services.values():
        for item in walk(rows):
            if "id" in item:
                uuid.UUID(item["id"])


def test_phones_are_in_the_fictional_range(text):
    for words in text.values():
        assert set(re.findall(r"\d{3}[-. ]\d{3}[-. ]\d{4}", words)) == set(re.findall(r"514-555-01\d\d", words))


def test_mail_and_web_addresses_lead_nowhere(text):
    for words in text.values():
        assert all(host.endswith("exemple.test") for host in re.findall(r"@([\w.-]+)", words))
        assert all(host.endswith("exemple.test") for host in re.findall(r"https?://([\w.-]+)", words))


def test_codes_have_the_form_of_a_211_and_their_parents_exist(yaml_of):
    terms = yaml_of("directory/taxonomy.yaml")
    codes = {term["code"] for term in terms}
    assert all(re.fullmatch(r"[A-Z]{1,2}(-\d{4}\.\d{4}(-\d{3})?)?", code) for code in codes)
    assert all(term["parent"] in codes for term in terms if "parent" in term)
    assert all(set(s["terms"]) <= codes for s in yaml_of("directory/services.yaml"))


def test_points_fall_inside_their_borough(services, fixture_file):
    def key(name):
        return re.sub(r"[^a-zé]", "", name.casefold())

    shapes = json.loads(fixture_file("geo-montreal/limadmin.geojson").read_text("utf-8"))["features"]
    areas = {key(f["properties"]["NOM"]): f["geometry"]["coordinates"] for f in shapes}

    def inside(x, y, ring):
        odd = False
        for (x1, y1), (x2, y2) in pairwise(ring):
            if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
                odd = not odd
        return odd

    seen = 0
    for place in {**places(services["fr"]), **places(services["en"])}.values():
        borough = place["addresses"][0]["region"]
        assert key(borough) in areas, borough
        if "latitude" in place:
            assert any(inside(place["longitude"], place["latitude"], polygon[0]) for polygon in areas[key(borough)])
            seen += 1
    assert seen >= 55


def test_hours_are_a_rule_and_words(services):
    for language, rows in services.items():
        hours = [h for s in rows for h in s["schedules"]]
        assert {h["freq"] for h in hours} == {"DAILY", "WEEKLY", "MONTHLY"}
        for hour in hours:
            assert re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", hour["opens_at"])
            assert re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", hour["closes_at"])
            # A night may end the next morning.
            assert hour["opens_at"] < hour["closes_at"] or hour["closes_at"] < "12:00"
            assert hour["description"]
            if hour["freq"] == "WEEKLY":
                assert re.fullmatch(r"(MO|TU|WE|TH|FR|SA|SU)(,(MO|TU|WE|TH|FR|SA|SU))*", hour["byday"])
            if "valid_from" in hour:
                assert hour["valid_from"] < hour["valid_to"]
        told = {h["description"] for h in hours}
        expected = (
            "Mardi au vendredi, de 10\u00a0h à 18\u00a0h"
            if language == "fr"
            else "Tuesday to Friday, 10:00\u00a0a.m. to 6:00\u00a0p.m."
        )
        assert expected in told


def test_french_typography_is_right(yaml_of):
    for name in ("services", "organizations", "locations"):
        for item in walk(yaml_of(f"directory/{name}.yaml")):
            words = item.get("fr")
            if isinstance(words, str):
                assert "'" not in words, words
                assert not re.search(r" [:;?!»]|« ", words), words


class TestTraps:
    """What must never reach the portal is really here, so that its absence there proves something."""

    def test_three_shelters_carry_a_street_and_a_point(self, services):
        found = {
            a["taxonomy_term"]["code"]: p["location"]
            for s in services["fr"]
            for a in s["attributes"]
            for p in s["service_at_locations"]
            if a["taxonomy_term"]["code"] in SHELTERS
        }
        assert set(found) == SHELTERS
        for place in found.values():
            assert re.match(r"\d+, rue ", place["addresses"][0]["address_1"])
            assert place["addresses"][0]["postal_code"]
            assert {"latitude", "longitude"} <= set(place)
        assert "2290, rue du Silence" in found["BH-1800.1500-100"]["description"]

    def test_one_address_is_the_word_confidentiel(self, services):
        words = [p["addresses"][0]["address_1"] for p in places(services["fr"]).values()]
        assert words.count("Confidentiel") == 1

    def test_one_place_carries_the_vendors_flag(self, services):
        assert [p["confidential"] for p in places(services["fr"]).values() if "confidential" in p] == ["true"]

    def test_named_people_are_in_contacts_attention_assurer_and_metadata(self, services):
        for rows in services.values():
            contacts = [c for item in walk(rows) for c in item.get("contacts", [])]
            assert len({c["id"] for c in contacts}) == 8
            assert all(c["email"].endswith("@interne.exemple.test") for c in contacts)
            assert all(re.fullmatch(r"514-555-019\d", p["number"]) for c in contacts for p in c["phones"])
            assert {s["assurer_email"] for s in rows if "assurer_email" in s}
            assert {m["updated_by"] for s in rows for m in s["metadata"]}
            assert {a["attention"] for item in walk(rows) for a in item.get("addresses", []) if "attention" in a}

    def test_personal_phones_are_used_for_nothing_else(self, services):
        for rows in services.values():
            public = [p["number"] for s in rows for p in s["phones"] + s["organization"]["phones"]]
            assert not [number for number in public if number.startswith("514-555-019")]

    def test_internal_notes_carry_a_mark_to_search_for(self, services, text):
        notes = [item["internal_notes"] for item in walk(services["fr"]) if "internal_notes" in item]
        assert len(set(notes)) >= 8
        assert all(note.startswith("NOTE INTERNE") for note in notes)
        assert "NOTE INTERNE" in text["en"]

    def test_closed_services_are_there_to_be_left_out(self, services):
        for rows in services.values():
            assert {"active", "inactive", "defunct", "temporarily closed"} == {s["status"] for s in rows}

    def test_some_places_have_no_point_and_some_services_no_place(self, services):
        assert sum("latitude" not in p for p in places(services["fr"]).values()) == 3
        assert sum(not s["service_at_locations"] for s in services["fr"]) == 5
        assert all(s["service_areas"] for s in services["fr"])
