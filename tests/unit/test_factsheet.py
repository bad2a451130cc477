"""What a dataset's page says at a glance."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from ckanext.pole import factsheet
from ckanext.pole.factsheet import Freshness

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("updated", "frequency", "days", "said"),
    [
        (None, "monthly", 31, Freshness.UNKNOWN),
        (date(2020, 1, 1), "irregular", None, Freshness.UNKNOWN),
        (date(2020, 1, 1), "once", None, Freshness.FINISHED),
        (None, "once", None, Freshness.FINISHED),
        (date(2026, 11, 21), "daily", 1, Freshness.CURRENT),
        (date(2026, 10, 10), "monthly", 31, Freshness.CURRENT),
        (date(2026, 9, 1), "monthly", 31, Freshness.LATE),
        (date(2027, 1, 1), "monthly", 31, Freshness.CURRENT),
    ],
)
def test_it_is_current_only_if_the_promise_was_kept(updated, frequency, days, said):
    assert factsheet.freshness(updated, frequency, days, TODAY) is said


@pytest.mark.parametrize("value", [None, "", "yesterday", 12, "2026-13-01", {}])
def test_what_is_no_date_is_no_day(value):
    assert factsheet.day(value) is None


def test_the_day_of_a_time_is_its_first_ten_signs():
    assert factsheet.day("2026-11-22T18:03:06.406254") == TODAY


def test_the_day_of_a_time_is_the_one_where_the_reader_lives():
    montreal = ZoneInfo("America/Montreal")
    assert factsheet.day("2026-11-23T00:44:10.5", montreal) == TODAY
    assert factsheet.day("2026-11-22T23:30:00-05:00", montreal) == TODAY
    assert factsheet.day("2026-11-22T00:00:00", montreal) == TODAY  # how a day without a time is often written
    assert factsheet.day("2026-11-22", montreal) == TODAY
    assert factsheet.day("2026-11-22Tlater", montreal) is None


def test_data_are_as_old_as_their_newest_file():
    dataset = {
        "metadata_modified": "2026-11-01T00:00:00",
        "resources": [{"last_modified": day} for day in ("2024-02-01", None, "2025-03-04T10:00:00")],
    }
    assert factsheet.updated(dataset) == date(2025, 3, 4)


def test_without_a_dated_file_the_record_itself_counts():
    assert factsheet.updated({"metadata_modified": "2026-11-01T00:00:00", "resources": [{}]}) == date(2026, 11, 1)
    assert factsheet.updated({}) is None


def test_an_empty_record_meets_no_criterion():
    assert [criterion.met for criterion in factsheet.criteria({})] == [False] * 9


def test_a_licence_that_is_not_stated_is_not_a_known_one():
    met = {criterion.code: criterion.met for criterion in factsheet.criteria({"license_id": "notspecified"})}
    assert not met["licence"]


def test_a_well_described_record_meets_them_all():
    long = "Une description assez longue pour dire ce que les données contiennent et d’où elles viennent."
    dataset = {
        "title_translated": {"fr": "Titre", "en": "Title"},
        "notes_translated": {"fr": long, "en": "Short."},
        "license_id": "cc-by",
        "contact_name": "Service",
        "frequency": "annual",
        "period_start": "2025-01-01",
        "places": ["mtl"],
        "limitations_translated": {"fr": "Petits nombres."},
        "resources": [{"kind": "data"}, {"kind": "dictionary"}],
    }
    assert all(criterion.met for criterion in factsheet.criteria(dataset))


def test_a_machines_text_is_not_a_record_in_two_languages():
    dataset = {"title_translated": {"fr": "Titre", "en-t-fr": "Title"}, "notes_translated": {"fr": "x", "en-t-fr": "x"}}
    assert not {criterion.code: criterion.met for criterion in factsheet.criteria(dataset)}["languages"]


@pytest.mark.parametrize(
    ("text", "lead", "rest"),
    [
        ("", "", ""),
        ("Une phrase.", "Une phrase.", ""),
        ("Une phrase.\n\nLa suite.\n\nEncore.", "Une phrase.", "La suite.\n\nEncore."),
        ("- une liste\n- à puces", "", "- une liste\n- à puces"),
        ("# Titre\n\nTexte", "", "# Titre\n\nTexte"),
        ("a" * 700, "", "a" * 700),
    ],
)
def test_the_first_paragraph_leads_if_it_is_one(text, lead, rest):
    assert factsheet.lead(text) == (lead, rest)


def test_a_format_is_named_once_in_its_order():
    dataset = {"resources": [{"format": "CSV"}, {"format": ""}, {"format": "PDF"}, {"format": "CSV"}, {}]}
    assert factsheet.formats(dataset) == ["CSV", "PDF"]
