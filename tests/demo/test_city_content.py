"""The municipal content: real names, our words, samples that say they are samples."""

from __future__ import annotations

import csv
import json
import re
import uuid
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def source(yaml_of):
    return yaml_of("city.yaml")


def rows_of(content, name):
    with (content / "files" / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_there_are_enough_datasets_and_each_has_its_own_words(source):
    datasets = source["datasets"]
    assert len(datasets) >= 38
    assert len({d["slug"] for d in datasets}) == len({d["notes"] for d in datasets}) == len(datasets)
    for dataset in datasets:
        sentences = [s for s in re.split(r"(?<=[.?])\s", dataset["notes"].strip()) if s]
        assert 2 <= len(sentences) <= 4, dataset["slug"]
        assert dataset["tags"]
        assert 1 <= len(dataset["resources"]) <= 3


def test_names_titles_and_dates_are_those_of_the_real_catalogue(source, fixture_file):
    real = {d["slug"]: d for d in json.loads(fixture_file("ckan-api/montreal/dataset-catalog.json").read_text("utf-8"))}
    for dataset in source["datasets"]:
        row = real[dataset["slug"]]
        assert dataset["title"] == row["title"].strip()
        assert dataset.get("organization", "ville-de-montreal") == row["org_name"]
        assert dataset["modified"].isoformat() == row["metadata_modified"][:19]


def test_french_typography_is_right(source):
    """No straight apostrophe, no plain space before a colon or inside guillemets in our own words."""
    words = [d["notes"] for d in source["datasets"]] + [r["name"] for d in source["datasets"] for r in d["resources"]]
    words += [source["sample"][key] for key in ("description", "notes")]
    for text in words:
        assert "'" not in text, text
        assert not re.search(r" [:;?!»]|« ", text), text
        assert not re.search(r"[;?!]\S", text.replace("?»", "")), text


def test_every_package_is_whole(packages):
    for package in packages:
        uuid.UUID(package["id"])
        assert package["license_id"] == "cc-by"
        assert package["landing_page"] == f"https://donnees.montreal.ca/dataset/{package['name']}"
        assert package["maintainer"]
        assert package["maintainer_email"].endswith(".exemple.test")
        assert package["territoires"]
        assert package["groups"]
        assert package["update_frequency"]
        ring = json.loads(package["spatial"])["coordinates"][0]
        assert ring[0] == ring[-1]
        assert all(-74.01 < x < -73.46 and 45.37 < y < 45.72 for x, y in ring)
        for resource in package["resources"]:
            uuid.UUID(resource["id"])
            assert resource["package_id"] == package["id"]
    ids = [r["id"] for p in packages for r in p["resources"]] + [p["id"] for p in packages]
    assert len(ids) == len(set(ids))


def test_a_sample_says_so_in_its_name_its_description_and_every_row(source, packages, content):
    real = {r["file"] for d in source["datasets"] for r in d["resources"] if "file" in r and not r.get("sample")}
    for package in packages:
        for resource in package["resources"]:
            name = Path(resource["url"]).name
            if "/download/" not in resource["url"]:
                continue
            if name in real:
                assert "exemple" not in resource["name"]
                continue
            assert resource["name"].endswith("(exemple)")
            assert "inventés" in resource["description"]
            assert "chiffres inventés" in package["notes"]
            if name.endswith(".csv"):
                assert {row["exemple"] for row in rows_of(content, name)} == {"donnée inventée"}
            else:
                features = json.loads((content / "files" / name).read_text("utf-8"))["features"]
                assert {f["properties"]["exemple"] for f in features} == {"donnée inventée"}


def test_samples_are_what_the_generator_makes(content):
    from pole_demo.samples import make

    made = make(content)
    assert len(made) >= 40
    for name, text in made.items():
        assert (content / "files" / name).read_text("utf-8") == text, f"{name}: run docker/demo/make_samples.py"


def test_samples_look_like_data(content):
    """Enough rows to page through; accents, decimals, dates and empty cells somewhere."""
    from pole_demo.samples import make

    tables = {name: rows_of(content, name) for name in make(content) if name.endswith(".csv")}
    assert all(30 <= len(rows) <= 200 for rows in tables.values()), {n: len(r) for n, r in tables.items()}
    cells = [cell for rows in tables.values() for row in rows for cell in row.values()]
    assert "" in cells
    assert any(re.fullmatch(r"-?\d+\.\d+", cell) for cell in cells)
    assert any(re.fullmatch(r"\d{4}-\d\d-\d\d", cell) for cell in cells)
    assert any("é" in cell for cell in cells)


def test_no_file_lies_about_unused(content, source, yaml_of):
    named = {r["file"] for d in source["datasets"] for r in d["resources"] if "file" in r}
    named |= {r["file"] for d in yaml_of("seeds.yaml")["datasets"] for r in d["resources"]}
    assert {path.name for path in (content / "files").iterdir()} == named


def test_territories_are_the_real_ones(content, fixture_file):
    shapes = json.loads(fixture_file("geo-montreal/limadmin.geojson").read_text("utf-8"))["features"]
    real = {str(f["properties"]["NUM"]): f["properties"] for f in shapes}
    rows = rows_of(content, "territoires-agglomeration.csv")
    assert {row["numero"] for row in rows} == set(real)
    for row in rows:
        known = real[row["numero"]]
        assert (row["type"], row["code_mamh"]) == (known["TYPE"], known["CODEMAMROT"])
        assert float(row["superficie_km2"]) == pytest.approx(known["AIRE"] / 1e6, abs=0.006)
        assert float(row["ouest"]) < float(row["longitude"]) < float(row["est"])
        assert float(row["sud"]) < float(row["latitude"]) < float(row["nord"])
    assert len(rows_of(content, "arrondissements.csv")) == 19


def test_districts_are_the_real_ones(content, fixture_file):
    shapes = json.loads(fixture_file("geo-montreal/quartierssociologiques2014.geojson").read_text("utf-8"))["features"]
    rows = rows_of(content, "quartiers-sociologiques.csv")
    assert [int(row["numero"]) for row in rows] == sorted(f["properties"]["id"] for f in shapes)
    none = {f["properties"]["id"] for f in shapes if f["properties"]["Table"] == "Pas de table"}
    assert {int(row["numero"]) for row in rows if not row["table_de_quartier"]} == none


def test_outlines_are_closed_rings_in_montreal(content):
    for name in ("territoires-agglomeration.geojson", "quartiers-sociologiques.geojson"):
        for feature in json.loads((content / "files" / name).read_text("utf-8"))["features"]:
            shape = feature["geometry"]
            polygons = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
            for ring in (ring for polygon in polygons for ring in polygon):
                assert len(ring) >= 4
                assert ring[0] == ring[-1]
                assert all(-74.01 < x < -73.46 and 45.37 < y < 45.72 for x, y in ring)


def test_the_inventory_counts_what_the_catalogue_holds(content, fixture_file):
    real = json.loads(fixture_file("ckan-api/montreal/dataset-catalog.json").read_text("utf-8"))
    rows = rows_of(content, "formats-du-catalogue.csv")
    assert sum(int(row["fichiers"]) for row in rows) == sum(len(d["resources"]) for d in real) == 2577
    known = {d["slug"]: d for d in real}
    for row in rows_of(content, "catalogue-social.csv"):
        assert int(row["fichiers"]) == known[row["identifiant"]]["num_resources"]
        assert row["adresse"] == f"https://donnees.montreal.ca/dataset/{row['identifiant']}"
