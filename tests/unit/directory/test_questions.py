"""A question is read whole or refused with every fault; entries say free and accessible only when the source does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ckanext.pole.directory import entries, hsds_api, questions
from ckanext.pole.directory.build import Build
from ckanext.pole.directory.records import Accessibility, CostOption, Location, Service

Redact = Callable[..., Build]
Make = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"age": "dix"}, {"age": "number"}),
        ({"age": 200}, {"age": "range"}),
        ({"latitude": "nan", "longitude": 1}, {"latitude": "range"}),
        ({"latitude": 45.5}, {"latitude": "pair"}),
        ({"distance": "inf"}, {"distance": "range"}),
        ({"limit": 101}, {"limit": "range"}),
        ({"offset": -1}, {"offset": "range"}),
        ({"free": "peut-être"}, {"free": "flag"}),
        ({"sort": "hasard", "place": "lune"}, {"sort": "sort", "place": "place"}),
        ({"language": "klingon"}, {"language": "language"}),
        ({"q": "x" * 301}, {"q": "too_long"}),
    ],
)
def test_each_fault_is_told_at_its_field(given: dict[str, Any], fault: dict[str, str]) -> None:
    with pytest.raises(questions.WrongQuestion) as caught:
        questions.read(given)
    assert caught.value.faults == fault


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([*vars(questions.Question()), "q"]), st.text() | st.integers() | st.none()))
def test_anything_is_read_or_refused(given: dict[str, Any]) -> None:
    try:
        found = questions.read(given)
    except questions.WrongQuestion:
        return
    assert 0 <= found.limit <= questions.MAX_LIMIT
    assert found.box is None or len(found.box) == 4


def test_a_language_is_known_by_its_name_and_a_number_by_its_comma() -> None:
    found = questions.read({"language": "Espagnol", "latitude": "45,5", "longitude": "-73,6", "free": "oui"})
    assert (found.language, found.latitude, found.free) == ("es", 45.5, True)


def test_a_box_holds_the_distance() -> None:
    box = questions.read({"latitude": 45.5, "longitude": -73.6, "distance": 10}).box
    assert box is not None
    south, west, north, east = box
    assert (north - south) * 111.195 == pytest.approx(20)
    assert (east - west) * 111.195 * 0.7009 == pytest.approx(20, rel=0.01)


@pytest.mark.parametrize(
    ("said", "free"),
    [("", None), ("Gratuit pour tous", True), ("Free", True), ("5 $ par visite", False), ("Non gratuit", False),
     ("Call toll-free, 10 $", False), ("Sans frais", True)],
)  # fmt: skip
def test_free_is_what_the_source_says_is_free(said: str, free: bool | None) -> None:
    assert entries.is_free(Service("1", {"fr": "x"}, fees_description={"fr": said} if said else {})) is free


def test_a_price_outweighs_words() -> None:
    service = Service("1", {"fr": "x"}, fees_description={"fr": "Gratuit"}, cost_options=(CostOption(amount="5"),))
    assert entries.is_free(service) is False


@pytest.mark.parametrize(
    ("said", "accessible"),
    [("", None), ("Accès en fauteuil roulant", True), ("Wheelchair accessible", True), ("Non accessible", False),
     ("Partiellement accessible", None), ("Stationnement", None)],
)  # fmt: skip
def test_accessible_is_what_the_source_says_is_accessible(said: str, accessible: bool | None) -> None:
    place = Location("1", accessibility=(Accessibility({"fr": said}),) if said else ())
    assert entries.is_accessible(place) is accessible


def test_an_entry_of_a_secret_place_has_neither_address_nor_point(service: Make, built: Redact) -> None:
    done = built(hsds_api.read([[service("s1", codes=["BH-1800.1500-100"]), service("s2", address={
        "address_1": "9 avenue du Parc"}, place={"latitude": 45.6, "longitude": -73.6})]], "fr"))  # fmt: skip
    rows = {row["sheet"]["name"]["fr"]: row for row in entries.entries(done.redacted)}
    secret = next(row for row in rows.values() if row["sheet"]["address_withheld"])
    assert secret["sheet"]["address"] is None
    assert (secret["latitude"], secret["longitude"]) == (None, None)
    assert "lilas" not in secret["words"]


def test_a_service_without_a_place_is_found_all_the_same(service: Make, built: Redact) -> None:
    (row,) = entries.entries(built(hsds_api.read([service("s1", service_at_locations=[])], "fr")).redacted)
    assert row["id"] == row["service_id"]
    assert row["latitude"] is None


def test_a_digest_changes_with_what_is_shown(service: Make, built: Redact) -> None:
    def digest(**changes: Any) -> str:
        (row,) = entries.entries(built(hsds_api.read([service("s1", **changes)], "fr")).redacted)
        return row["digest"]

    assert digest() == digest()
    assert digest() != digest(alert="Fermé")
