"""Canaries in every tier, and every action and route of the portal asked as everybody."""

from __future__ import annotations

import os

import ckan.plugins as p
import pytest
import sqlalchemy as sa
from ckan.cli.cli import ckan

from ckanext.pole.access.probe import telling
from ckanext.pole.access.probe.canaries import PREFIX
from ckanext.pole.access.probe.matrix import load
from ckanext.pole.access.probe.run import briefly, everybody, probe


@pytest.fixture
def whole_portal(people, app):
    """The plugins of the portal, beside what other tests left there."""
    return app


def left_behind():
    """What is still named as the probe names things, in the database and in the index."""
    from ckan import model
    from ckan.lib.search import common

    named = sa.text("""
        SELECT name FROM package WHERE name LIKE :start UNION ALL SELECT name FROM "group" WHERE name LIKE :start
        UNION ALL SELECT name FROM "user" WHERE name LIKE :start
        UNION ALL SELECT id FROM pole_policy WHERE title_translated->>'fr' = 'Sonde'
    """)
    with model.ensure_engine().connect() as connection:
        rows = list(connection.execute(named, {"start": f"{PREFIX}%"}).scalars())
    found = common.make_connection().search(f"name:{PREFIX}*", rows=100, fl="name")
    return rows + [one["name"] for one in found]


def test_no_caller_sees_more_or_less_than_the_matrix_says_and_nothing_stays(whole_portal):
    asks = everybody if os.environ.get("POLE_LONG") else briefly
    report = probe(whole_portal.app, whole_portal.flask_app, asks=asks)
    assert report.questions > 500
    assert "\n".join(telling.findings(report.findings)) == ""
    # All that may be kept was, when nobody asked without a session; of themes the probe plants none.
    themes = {"/group/<id>", "/group/about/<id>"}
    assert set(report.kept) == {(ask, "anonymous", False) for ask in load().kept.keys() - themes}
    assert {canary.place for canary in report.kept["/dataset/<id>", "anonymous", False]} == {"open"}
    assert left_behind() == []


def test_the_command_asks_before_it_plants(people, cli):
    answer = cli.invoke(ckan, ["pole", "access", "probe"], input="n\n")
    assert answer.exit_code == 1
    assert PREFIX in answer.output
    assert left_behind() == []


@pytest.fixture
def without_access(people, ckan_config, monkeypatch, make_app):
    """The same portal without the slice; its tables stay."""
    loaded = ckan_config["ckan.plugins"]
    monkeypatch.setitem(ckan_config, "ckan.plugins", [name for name in loaded if name != "pole_access"])
    app = make_app()
    assert p.plugin_loaded("pole_dataset_form")
    assert not p.plugin_loaded("pole_access")
    return app


#: Doors of ACCESS.md C that stand open in CKAN → what comes through, to somebody with an account elsewhere.
OPEN_DOORS = {
    "package_show": {"agreement/address", "micro/address", "embargoed/address"},
    "package_search": {"agreement/address", "registered/address"},
    "current_package_list_with_resources": {"agreement/address"},
    "resource_search": {"agreement/address"},
    "resource_show": {"agreement/address"},
    "datastore_search": {"agreement/row", "micro/row", "embargoed/row"},
    "package_activity_list": {"agreement/former"},
    "task_status_show": {"agreement/message"},
    "harvest_object_show": {"source/raw"},
    "harvest_source_show": {"source/setting"},
    "/dataset/<id>/resource/<resource_id>/download/<filename>": {"agreement/file", "micro/file", "embargoed/file"},
    "/dataset/<id>/resources/<resource_id>/history/<activity_id>": {"agreement/former"},
    "/datastore/dump/<resource_id>": {"agreement/row"},
}


def test_the_same_probe_shows_what_leaks_without_the_slice(without_access):
    def asks(ask, **_):
        return ("lapsed",) if ask in OPEN_DOORS else ()

    report = probe(without_access.app, without_access.flask_app, asks=asks)
    leaks = {}
    for finding in report.findings:
        if finding.code == "leak":
            leaks.setdefault(finding.ask, set()).add("/".join(finding.canary))
    shut = {ask: through - leaks.get(ask, set()) for ask, through in OPEN_DOORS.items()}
    assert {ask: left for ask, left in shut.items() if left} == {}
