"""Lists of partners and themes follow the page's language."""

from __future__ import annotations

import re

import pytest
from ckan.tests import factories, helpers

TITLES = {
    "zz-a": {"fr": "Zoo témoin", "en": "Animals, witness"},
    "zz-b": {"fr": "École témoin", "en": "School, witness"},
    "zz-c": {"fr": "Eau témoin", "en": "Water, witness"},
}


@pytest.fixture
def titled(portal_in_small):
    """Three partners and three themes of the same names, taken away again."""
    made = []
    for name, title in TITLES.items():
        made.append(("organization", factories.Organization(name=name, title_translated=title)))
        made.append(("group", factories.Group(name=f"g{name}", title_translated=title)))
    yield portal_in_small
    for kind, group in made:
        helpers.call_action(f"{kind}_purge", context={"user": "zoe"}, id=group["id"])


def test_titles_stand_in_the_order_of_the_language_and_are_found_in_both(titled):
    orders = {"/": ["zz-c", "zz-b", "zz-a"], "/en/": ["zz-a", "zz-b", "zz-c"]}
    for prefix, order in orders.items():
        for kind, mark in (("organization", ""), ("group", "g")):
            page = titled.app.get(f"{prefix}{kind}/?q=TEMOIN").body
            assert re.findall(rf'href="{prefix}{kind}/({mark}zz-\w)"', page) == [f"{mark}{name}" for name in order]
    named = [*orders["/"]]
    assert helpers.call_action("organization_list", q="témoin") == named
    assert helpers.call_action("organization_list", q="witness", sort="title desc") == named[::-1]
    assert helpers.call_action("organization_list", q="temoin", limit=1, offset=1) == named[1:2]
    whole = helpers.call_action("organization_list", q="temoin", all_fields=True, limit="2")
    assert [organization["name"] for organization in whole] == named[:2]
    assert helpers.call_action("organization_list", q="temoin", offset=3) == []
    assert helpers.call_action("organization_list", q="zz-", sort="name desc") == ["zz-c", "zz-b", "zz-a"]
