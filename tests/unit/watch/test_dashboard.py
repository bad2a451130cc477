"""The Grafana dashboard: each panel asks for figures that the portal gives, and each figure has a panel."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ckanext.pole.watch import metrics

DASHBOARD = Path(__file__).resolve().parents[3] / "docker" / "grafana" / "portal.json"
SUFFIXES = ("_total", "_bucket", "_count", "_sum")


@pytest.fixture(scope="module")
def panels():
    return json.loads(DASHBOARD.read_text("utf-8"))["panels"]


def base(name: str) -> str:
    return next((name.removesuffix(suffix) for suffix in SUFFIXES if name.endswith(suffix)), name)


def given() -> dict[str, set[str]]:
    """Figure → its labels."""
    counted = (metrics.REQUESTS, metrics.REQUEST_SECONDS, metrics.SEARCH_SECONDS)
    found = {one._name: {*one._labelnames, "le"} for one in counted}
    return {**found, **{name: {label} for name, _, label, _ in metrics.QUERIES}, "pole_queue_depth": {"queue"}}


def test_every_panel_asks_for_figures_and_labels_that_there_are(panels):
    known = given()
    for panel in panels:
        for target in panel["targets"]:
            names = {base(name) for name in re.findall(r"\bpole_\w+", target["expr"])}
            assert names
            assert names <= known.keys(), panel["title"]
            labels = re.findall(r"by \(([\w, ]+)\)", target["expr"]) + re.findall(r"(\w+)=~?\"", target["expr"])
            labels += re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])
            wanted = {label.strip() for each in labels for label in each.split(",")}
            assert wanted <= set().union(*(known[name] for name in names)), panel["title"]


def test_every_figure_has_a_panel_and_every_panel_a_place_and_two_languages(panels):
    asked = {base(name) for panel in panels for name in re.findall(r"\bpole_\w+", json.dumps(panel["targets"]))}
    assert asked == given().keys()
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels]
    assert len(set(places)) == len(panels)
    assert all(" · " in panel["title"] for panel in panels)
