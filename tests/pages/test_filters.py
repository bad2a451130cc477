"""The filters of a list lead to the same list, with what was asked before, in the page's language."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from bs4 import BeautifulSoup

ASKED = [("q", "Parcs & gardens"), ("sort", "title_string asc"), ("access_tier", "open")]


def links(app, path, asked):
    """Of the filters of a page: the path and the parameters of each, and whether it is chosen."""
    page = BeautifulSoup(app.get(path, query_string=asked).body, "html.parser")
    found = [(urlsplit(link["href"]), link.get("aria-current")) for link in page.select(".pole-facet__value")]
    return [(to.path, parse_qsl(to.query), chosen) for to, chosen in found]


@pytest.mark.parametrize("prefix", ["", "/en"])
@pytest.mark.parametrize("path", ["/dataset/", "/organization/pp", "/group/aines"])
def test_a_filter_keeps_the_list_and_the_question_and_starts_at_its_first_page(portal_in_small, prefix, path):
    asked = [*ASKED[1:], ("page", "1")]
    found = links(portal_in_small.app, prefix + path, asked)
    chosen = [parameters for to, parameters, current in found if current]
    offered = [parameters for to, parameters, current in found if not current]
    assert {to for to, *_ in found} == {prefix + path}
    assert chosen == [[("sort", "title_string asc")]], "what is chosen is taken away by its link"
    assert len(offered) > 3
    for parameters in offered:
        assert parameters[:2] == ASKED[1:]
        assert len(parameters) == 3, parameters


def test_a_question_with_signs_comes_through(portal_in_small):
    found = links(portal_in_small.app, "/en/dataset/", ASKED)
    assert found
    assert all(parameters[0] == ASKED[0] for _to, parameters, _chosen in found)


def test_a_question_that_hides_a_filter_is_not_read_as_one(portal_in_small):
    found = links(portal_in_small.app, "/en/dataset/", [("q", "jardin&access_tier=open")])
    assert found
    assert not any(current for *_, current in found)
