"""Places: all of the agglomeration, spelt as the city does, where its boundary file says, and known by short names."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ckanext.pole.bilingual import vocabularies

ROOT = Path(__file__).resolve().parents[3]
FIXTURES = Path(os.environ.get("POLE_FIXTURES", ROOT.parent / "shared" / "fixtures"))
ISLAND = (-74.0, 45.38, -73.47, 45.71)


@pytest.mark.parametrize("text", ["", "   ", "Toronto", "Parc", "Mont", "—"])
def test_a_name_that_is_no_place_matches_none(text):
    assert vocabularies.match_place(text) is None


def test_every_place_lies_on_the_island_and_holds_its_centre():
    for place in vocabularies.places():
        west, south, east, north = place.bbox
        longitude, latitude = place.centroid
        assert ISLAND[0] <= west < longitude < east <= ISLAND[2], place.code
        assert ISLAND[1] <= south < latitude < north <= ISLAND[3], place.code


def _districts_of(code: str) -> set[str]:
    return {place.code for place in vocabularies.places() if place.part_of == (code,)}


def test_positions_are_rounded_to_four_decimals():
    values = [value for place in vocabularies.places() for value in (*place.bbox, *place.centroid)]

    assert all(round(value, 4) == value for value in values)


def test_boxes_agree_with_the_boundaries_of_the_city():
    source = FIXTURES / "geo-montreal" / "limadmin.geojson"
    if not source.is_file():
        pytest.skip(f"no boundary file at {source}: set POLE_FIXTURES")
    features = json.loads(source.read_text("utf-8"))["features"]
    by_number = {f"mtl-{feature['properties']['NUM']:02d}": feature for feature in features}
    listed = {place.code: place for place in vocabularies.places() if place.kind in {"borough", "linked_city"}}

    assert listed.keys() == by_number.keys()
    for code, place in listed.items():
        geometry = by_number[code]["geometry"]
        points = [point for polygon in geometry["coordinates"] for ring in polygon for point in ring]
        longitudes, latitudes = [point[0] for point in points], [point[1] for point in points]
        box = (min(longitudes), min(latitudes), max(longitudes), max(latitudes))
        assert place.bbox == pytest.approx(box, abs=0.0001), code
        assert place.extra["mamh"] == by_number[code]["properties"]["CODEMAMROT"]
        assert vocabularies.match_place(by_number[code]["properties"]["NOM"]) in {code, *_districts_of(code)}


def test_all_boroughs_linked_cities_and_sociological_districts_are_there():
    kinds = [place.kind for place in vocabularies.places()]

    assert kinds.count("borough") == 19
    assert kinds.count("linked_city") == 15
    assert kinds.count("sociological_district") == 32
    assert kinds.count("city") == kinds.count("agglomeration") == 1


def test_what_contains_a_place_exists_and_covers_its_centre():
    known = vocabularies.load("places")
    for place in vocabularies.places():
        boxes = [known[code].bbox for code in place.part_of]  # type: ignore[attr-defined]
        longitude, latitude = place.centroid
        assert not boxes or any(
            west <= longitude <= east and south <= latitude <= north for west, south, east, north in boxes
        ), place.code


def test_borough_names_are_spelt_as_the_city_does():
    labels = {place.label.fr for place in vocabularies.places() if place.kind == "borough"}

    assert {
        "Côte-des-Neiges–Notre-Dame-de-Grâce",
        "L’Île-Bizard–Sainte-Geneviève",
        "Mercier–Hochelaga-Maisonneuve",
        "Rivière-des-Prairies–Pointe-aux-Trembles",
        "Rosemont–La Petite-Patrie",
        "Villeray–Saint-Michel–Parc-Extension",
    } == {label for label in labels if "–" in label}


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Rosemont–La Petite-Patrie", "Rosemont–La Petite-Patrie"),
        ("Rosemont - La Petite-Patrie", "Rosemont–La Petite-Patrie"),
        ("ROSEMONT-LA PETITE-PATRIE", "Rosemont–La Petite-Patrie"),
        ("NDG", "Notre-Dame-de-Grâce"),
        ("Parc-Ex", "Parc-Extension"),
        ("Hochelaga", "Hochelaga-Maisonneuve"),
        ("RDP", "Rivière-des-Prairies"),
        ("CDN-NDG", "Côte-des-Neiges–Notre-Dame-de-Grâce"),
        ("L'Île-Bizard-Sainte-Geneviève", "L’Île-Bizard–Sainte-Geneviève"),
        ("dollard-des-ormeaux", "Dollard-Des Ormeaux"),
        ("Baie-d'Urfé", "Baie-D’Urfé"),
        ("Point St. Charles", "Pointe-Saint-Charles"),
        ("Île-des-Sœurs", "Verdun"),
        ("Ile des Soeurs", "Verdun"),
        ("Montreal North", "Montréal-Nord"),
    ],
)
def test_a_place_is_known_by_its_usual_spellings(text, label):
    code = vocabularies.match_place(text)

    assert code is not None
    assert vocabularies.label("places", code, "fr").removesuffix(" (quartier sociologique)") == label


def test_codes_of_places_and_territories_do_not_collide():
    assert not set(vocabularies.load("places").terms) & set(vocabularies.load("territories").terms)


def test_a_place_is_known_by_its_code():
    assert all(vocabularies.match_place(place.code) == place.code for place in vocabularies.places())


def test_the_short_name_of_the_city_is_not_the_agglomeration():
    assert vocabularies.match_place("Mtl") == "mtl-ville"
