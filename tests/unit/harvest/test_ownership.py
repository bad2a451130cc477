"""What a harvest may write on a dataset, and what people here have made theirs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ckanext.pole.harvest import fields

STORED = {
    "id": "d",
    "title_translated": {"fr": "Logements"},
    "license_id": "cc-by",
    "custodian": "",
    "resources": [{"id": "r1", "url": "https://x.test/1.csv", "name_translated": {"fr": "Un"}}],
}
PATHS = list(fields.flat(STORED))
LAST = fields.hashes(STORED, PATHS)


def incoming(**more):
    return {**STORED, **more}


def test_a_field_that_nobody_touched_follows_its_source():
    merged = fields.merge(STORED, incoming(license_id="ogl"), LAST)
    assert merged.dataset["license_id"] == "ogl"
    assert not merged.kept


def test_a_field_that_a_person_changed_stays_and_the_report_says_so():
    here = {**STORED, "license_id": "cc-by-nc"}
    merged = fields.merge(here, incoming(license_id="ogl"), LAST)
    assert merged.dataset["license_id"] == "cc-by-nc"
    assert merged.kept == ["license_id"]


def test_a_field_that_a_person_emptied_stays_empty():
    here = {key: value for key, value in STORED.items() if key != "license_id"}
    assert "license_id" not in fields.merge(here, incoming(), LAST).dataset


def test_english_that_a_person_wrote_stays_beside_french_that_changes():
    here = {**STORED, "title_translated": {"fr": "Logements", "en": "Housing"}}
    merged = fields.merge(here, incoming(title_translated={"fr": "Logements sociaux"}), LAST)
    assert merged.dataset["title_translated"] == {"fr": "Logements sociaux", "en": "Housing"}


def test_english_of_the_source_does_not_replace_that_of_a_person():
    here = {**STORED, "title_translated": {"fr": "Logements", "en": "Housing"}}
    merged = fields.merge(here, incoming(title_translated={"fr": "Logements", "en": "Dwellings"}), LAST)
    assert merged.dataset["title_translated"]["en"] == "Housing"
    assert merged.kept == ["title_translated.en"]


def test_what_the_source_takes_away_goes():
    record = {key: value for key, value in STORED.items() if key != "license_id"}
    assert "license_id" not in fields.merge(STORED, record, LAST).dataset


def test_a_resource_that_a_person_added_stays_and_one_that_the_source_dropped_goes():
    here = {**STORED, "resources": [*STORED["resources"], {"id": "mine", "url": "https://y.test/guide.pdf"}]}
    merged = fields.merge(here, incoming(resources=[]), LAST)
    assert [item["id"] for item in merged.dataset["resources"]] == ["mine"]


def test_tier_and_name_are_never_written():
    here = {**STORED, "access_tier": "agreement", "name": "logements"}
    merged = fields.merge(here, incoming(access_tier="open", name="autre"), LAST)
    assert (merged.dataset["access_tier"], merged.dataset["name"]) == ("agreement", "logements")


def test_a_resource_whose_id_changed_upstream_keeps_its_table_by_its_address():
    new = [{"id": "r9", "url": "https://x.test/1.csv"}, {"id": "r2", "url": "https://x.test/2.csv"}]
    fields.match_resources(STORED["resources"], new)
    assert [item["id"] for item in new] == ["r1", "r2"]


def test_two_resources_at_one_address_do_not_get_the_same_id():
    new = [{"id": "a", "url": "https://x.test/1.csv"}, {"id": "b", "url": "https://x.test/1.csv"}]
    fields.match_resources(STORED["resources"], new)
    assert len({item["id"] for item in new}) == 2


def test_a_difference_names_the_field_with_its_old_and_its_new_value():
    after = {**STORED, "title_translated": {"fr": "Autre"}}
    assert fields.difference(STORED, after, PATHS) == {"title_translated.fr": ["Logements", "Autre"]}


TEXT = st.text("abc ", max_size=4)
RECORD = st.fixed_dictionaries(
    {
        "title_translated": st.dictionaries(st.sampled_from(["fr", "en"]), TEXT),
        "license_id": TEXT,
        "places": st.lists(TEXT),
    }
)


@given(RECORD, RECORD)
def test_a_second_harvest_of_the_same_record_changes_nothing(first, second):
    """Whatever stood before, once a record is written, writing it again finds nothing to do."""
    merged = fields.merge(first, second, {}).dataset
    paths = list(fields.flat(second))
    again = fields.merge(merged, second, fields.hashes(merged, paths))
    assert not fields.difference(merged, again.dataset, paths)
    assert not again.kept
