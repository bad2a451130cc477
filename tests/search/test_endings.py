"""Inclusive endings, as Solr's own analysis of our fields reads them: the word before them is what is found."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
import pytest
import requests

#: Every kind of text that takes such endings away.
TYPES = ("pole_text_fr", "pole_text_en", "pole_family_fr", "pole_family_en", "pole_accents_fr", "pole_typed")


def words(kind, text):
    """What Solr finds a text by."""
    asked = {"analysis.fieldtype": kind, "analysis.fieldvalue": text, "wt": "json", "json.nl": "map"}
    answer = requests.post(f"{tk.config['solr_url']}/analysis/field", data=asked, timeout=10).json()
    last = list(answer["analysis"]["field_types"][kind]["index"].values())[-1]
    return [token["text"] for token in last]


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("étudiant·e·s internationaux", "étudiant internationaux"),
        ("aîné(e)s", "aîné"),
        ("citoyen(ne)", "citoyen"),
        ("lecteur·trice·s", "lecteur"),
        ("directeur•rices", "directeur"),
        ("bénévol.e.s", "bénévol"),
        ("immigrant·es, aîné·es", "immigrant, aîné"),
    ],
)
def test_a_word_with_endings_is_found_by_the_word(kind, written, meant):
    assert words(kind, written) == words(kind, meant)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("loyer (estimé)", ["loyer", "estime"]),
        ("un a·b", ["un", "a·b"]),
        ("données.est", ["donnees.est"]),
        ("quartier·résidentiel", ["quartier·residentiel"]),
        ("revenu (e) moyen", ["revenu", "e", "moyen"]),
        ("la fin. Et (le)", ["la", "fin", "et", "le"]),
    ],
)
def test_what_only_looks_like_one_keeps_its_letters(text, kept):
    assert words("pole_typed", text) == kept
