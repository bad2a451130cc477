"""The question sets, put to the search beside vanilla CKAN's own way of asking, on the same datasets."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from ckan.tests import factories, helpers

from ckanext.pole.search import query

_spec = importlib.util.spec_from_file_location("pole_scoring", Path(__file__).with_name("scoring.py"))
assert _spec is not None
assert _spec.loader is not None
scoring = sys.modules.setdefault("pole_scoring", importlib.util.module_from_spec(_spec))
_spec.loader.exec_module(scoring)

#: What CKAN 2.12 asks when nobody says otherwise (ckan/lib/search/query.py).
VANILLA = {"qf": "name^4 title^4 tags^2 groups^2 text", "defType": "dismax"}


def names(params, rows):
    found = helpers.call_action("package_search", rows=rows, fl=["name"], **params)["results"]
    return [item["name"] for item in found]


def ours(question, lang, rows):
    # Asked in its language here: the hook leaves a question alone whose fields were chosen.
    return names(query.ask({"q": question}, lang), rows)


def vanilla(question, lang, rows):
    return names({"q": question, **VANILLA}, rows)


def test_people_find_more_than_with_vanilla_ckan_and_meet_no_more_noise(with_plugins, clean_db, clean_index, capsys):
    admin = factories.Sysadmin()["name"]
    organisation = factories.Organization(title_translated={"fr": "Corpus"})
    assert scoring.load_corpus(organisation["id"], admin) >= 120
    french, cross, noise = (
        (scoring.score_set(name, ours), scoring.score_set(name, vanilla))
        for name in ("questions_fr.yaml", "questions_cross.yaml", "questions_noise.yaml")
    )
    rows = [
        ("French variants", *(score.share(*scoring.VARIANTS) for score in french)),
        ("Other words for it", *(score.share("meaning") for score in french)),
        ("Across languages", *(score.share() for score in cross)),
        ("No noise", *(score.share("no noise") for score in noise)),
        ("Still found", *(score.share("still found") for score in noise)),
    ]
    with capsys.disabled():
        print("\n  search                 ours  vanilla")
        for label, here, there in rows:
            print(f"  {label:<20} {here:6.3f} {there:8.3f}")
    by_name = {label: (here, there) for label, here, there in rows}
    assert by_name["French variants"][0] >= 0.92
    assert by_name["Across languages"][0] >= 0.75
    for label, (here, there) in by_name.items():
        assert here >= there, label
