"""What a person may have meant."""

from __future__ import annotations

import pytest

from ckanext.pole.search import spelling


def solr(word, *near, known=0):
    found = [{"word": item, "freq": 1} for item in near]
    return [word, {"numFound": len(near), "origFreq": known, "suggestion": found}]


@pytest.mark.parametrize(
    ("question", "answer", "mended"),
    [
        ("logment social", solr("logment", "logement"), "logement social"),
        ("Itinérence à Verdun", solr("itinérence", "itinerance"), "itinérance à Verdun"),
        ("sante", solr("sante", "sante"), None),
        ("sante", solr("sante", "sente", known=3), None),
        ("zzzz", solr("zzzz"), None),
        ("logement", [], None),
        ("", [], None),
        ("mot", ["collation", "autre chose"], None),
    ],
)
def test_unknown_words_are_replaced_by_the_nearest_known_ones(question, answer, mended):
    assert spelling.mend(question, answer) == mended


def test_solr_is_asked_about_the_words_alone():
    assert spelling.asked("l’aide, d'urgence !") == "aide urgence"
