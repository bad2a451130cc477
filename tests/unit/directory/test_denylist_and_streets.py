"""The deny-list is refused rather than half understood; two spellings of a door are one key."""

from __future__ import annotations

from typing import Any

import pytest

from ckanext.pole.directory import denylist, streets
from ckanext.pole.directory.emails import is_named
from ckanext.pole.directory.errors import DirectoryError
from ckanext.pole.directory.records import TaxonomyTerm
from ckanext.pole.directory.settings_files import yaml_of
from ckanext.pole.directory.spoken import spoken

GOOD: dict[str, Any] = {"codes": [{"prefix": "BH-1800.1500"}], "address_words": ["confidential"]}


@pytest.mark.parametrize(
    "bad",
    [
        None,
        [],
        {},
        {**GOOD, "codes": []},
        {**GOOD, "codes": [{"prefix": "refuges"}]},
        {**GOOD, "codes": [{"code": "BH-1800.1500"}]},
        {**GOOD, "codes": [{"prefix": "BH-18"}]},
        {**GOOD, "address_words": []},
        {**GOOD, "names": [{"pattern": "(sans fin"}]},
        {**GOOD, "together": [{"groups": [["pas un code"]]}]},
        {**GOOD, "phrases": [{"pattern": "x"}]},
    ],
)
def test_a_list_that_cannot_be_understood_stops_the_run(bad: object) -> None:
    with pytest.raises(DirectoryError) as caught:
        denylist.parse(bad)
    assert caught.value.code == "bad_denylist"


def test_every_entry_of_the_list_has_its_reason_in_both_languages() -> None:
    settings = yaml_of("denylist.yaml")
    for entry in (*settings["codes"], *settings["together"], *settings["names"]):
        assert entry["reason"]["fr"]
        assert entry["reason"]["en"]


def test_every_language_has_a_code_and_two_names_once() -> None:
    entries = yaml_of("languages.yaml")
    codes = [code for entry in entries for code in (entry["code"], *entry.get("codes", ()))]
    assert len(codes) == len(set(codes))
    assert all(entry["fr"] and entry["en"] for entry in entries)


@pytest.mark.parametrize(
    ("said", "code"),
    [("Creole (limited)", "ht"), ("espagnol", "es"), ("FARSI", "fa"), ("LSQ", "fcs"), ("Spanish - by phone", "es")],
)
def test_a_language_is_known_by_its_many_spellings(said: str, code: str) -> None:
    found = spoken(said)
    assert found
    assert found.code == code


def test_a_language_unknown_to_us_is_none() -> None:
    assert spoken("other languages available upon request") is None
    assert spoken("", "fra") == spoken("French")


def test_the_name_of_an_airs_population_denies_nothing(deny: denylist.DenyList) -> None:
    terms = {
        "YM-1500.1900": TaxonomyTerm("YM-1500.1900", "YM-1500.1900", {"en": "Domestic Violence Shelter Residents"})
    }
    assert not deny.denied_terms(terms)


SAME = [
    ("11347 SW 160th Street", "11347 160 St. S.W., Apt 4"),
    ("251 North 4th Street", "251 Fourth St N"),
    ("4567 rue des Lilas", "4567, LILAS"),
    ("1234 boulevard Saint-Laurent", "1234 St-Laurent"),
    ("203-5171 221A Street", "5171 221A St, unit 203"),
    ("12 avenue du Mont-Royal Est", "12 Mont Royal E"),
    ("007 rue Bond", "7 Bond"),
    ("500 5e Avenue", "500 cinquième avenue"),
    ("45bis rue Élise", "45 rue Elise"),
]
OTHER = [
    ("4567 rue des Lilas", "4568 rue des Lilas"),
    ("4567 rue des Lilas", "4567 rue des Érables"),
    ("1234 Saint-Laurent", "1234 Saint-Denis"),
    ("217 NW 15th Street", "217 NW 16th Street"),
]


@pytest.mark.parametrize(("one", "two"), SAME)
def test_two_spellings_of_a_door_are_one(one: str, two: str) -> None:
    assert streets.keys(one) & streets.keys(two)


@pytest.mark.parametrize(("one", "two"), OTHER)
def test_two_doors_are_two(one: str, two: str) -> None:
    assert not streets.keys(one) & streets.keys(two)


@pytest.mark.parametrize("line", ["", "Suite 200", "2nd Floor", "Montréal", "12", "rue", "Bureau 3"])
def test_a_line_that_names_no_street_has_no_key(line: str) -> None:
    assert streets.keys(line) == frozenset()


def test_a_place_without_number_is_known_by_its_words() -> None:
    assert streets.keys("P.O. Box 971580") == {("p", "o", "box", "971580")}
    assert streets.keys("Place Bonaventure, aile Nord") == {("place", "bonaventure", "aile", "nord")}


def test_a_person_s_address_is_known_by_its_shape() -> None:
    assert [
        is_named(f"{local}@x.org")
        for local in ("aline.tremblay", "a.tremblay", "jean-paul_roy", "info.montreal", "aline", "ab")
    ] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]
