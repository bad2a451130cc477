"""The index follows the database, whatever happened in between."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from ckan import model
from ckan.cli.cli import ckan as command
from ckan.lib.redis import connect_to_redis
from ckan.lib.search.common import make_connection
from ckan.tests import factories, helpers

from ckanext.pole.search import upkeep
from ckanext.pole.search.drift import Kind


@pytest.fixture
def datasets(with_plugins, clean_db, clean_index):
    """Four datasets; the last is private."""
    admin = factories.Sysadmin()["name"]
    owner = factories.Organization(title_translated={"fr": "Ville"})["id"]
    return [
        helpers.call_action(
            "package_create", context={"user": admin}, name=f"jeu-{number}", owner_org=owner, private=number == 3,
            title_translated={"fr": "Jeu"}, notes_translated={"fr": "Un jeu."},
        )["id"]
        for number in range(4)
    ]  # fmt: skip


def drifted():
    return sorted((kind.value, id_) for kind, id_ in upkeep.differences(settling=0))


def forget(id_):
    connection = make_connection()
    connection.delete(q=f'id:"{id_}"', commit=True)


def behind_ckan_s_back(id_, **values):
    table = model.package_table
    model.Session.execute(sa.update(table).where(table.c.id == id_).values(**values))
    model.Session.commit()


def test_a_catalogue_that_agrees_shows_nothing_and_repair_writes_nothing(datasets):
    before = [doc["_version_"] for doc in make_connection().search("*:*", fl="_version_", sort="id asc")]
    assert drifted() == []
    assert upkeep.repair(settling=0) == {}
    assert [doc["_version_"] for doc in make_connection().search("*:*", fl="_version_", sort="id asc")] == before


def test_lost_old_hidden_and_left_over_datasets_are_named_then_mended(datasets):
    lost, old, hidden, private = datasets
    forget(lost)
    package = model.Package.get(old)
    behind_ckan_s_back(old, title="Autre titre", metadata_modified=package.metadata_modified - timedelta(seconds=1))
    behind_ckan_s_back(hidden, private=True)
    ghost = dict(
        next(iter(make_connection(decode_dates=False).search(f'id:"{private}"'))),
        id="fantome",
        index_id="fantome",
        name="fantome",
    )
    ghost.pop("_version_")
    make_connection().add(docs=[ghost], commit=True)

    expected = [("extra", "fantome"), ("missing", lost), *sorted([("stale", old), ("stale", hidden)])]
    assert drifted() == expected
    assert upkeep.repair(settling=0) == {"extra": 1, "missing": 1, "stale": 2}
    assert drifted() == []
    # The one that was hidden behind CKAN's back is no longer found by the public.
    found = {item["id"] for item in helpers.call_action("package_search", context={"ignore_auth": False})["results"]}
    assert found == {lost, old}


def test_pages_follow_each_other(datasets):
    for id_ in datasets[:3]:
        forget(id_)
    told = []
    counts = upkeep.repair(settling=0, say=lambda counts: told.append(counts.total()), page=1, batch=1)
    assert counts == {"missing": 3}
    assert told == [1, 2, 3]
    assert drifted() == []


def test_what_was_changed_a_moment_ago_is_on_its_way_and_not_lost(datasets):
    forget(datasets[0])
    assert list(upkeep.differences()) == []
    assert list(upkeep.differences(settling=0)) == [(Kind.MISSING, datasets[0])]


def test_a_deleted_dataset_leaves_the_index(datasets):
    behind_ckan_s_back(datasets[0], state="deleted")
    assert drifted() == [("extra", datasets[0])]
    assert upkeep.repair(settling=0) == {"extra": 1}
    assert drifted() == []


def test_a_dataset_that_cannot_be_indexed_does_not_keep_the_others_out(datasets):
    broken, good = datasets[:2]
    forget(broken)
    forget(good)
    # Solr refuses a term of more than 32,766 bytes in a field that is one string.
    behind_ckan_s_back(broken, url="é" * 20_000)
    assert upkeep.repair(settling=0) == {"missing": 2, "failed": 1}
    assert drifted() == [("missing", broken)]


def test_the_command_names_what_differs_and_ends_with_one(datasets, cli):
    forget(datasets[0])
    told = cli.invoke(command, ["pole", "search", "check", "--settling", "0"])
    assert told.exit_code == 1
    assert f"missing\t{datasets[0]}" in told.output
    mended = cli.invoke(command, ["pole", "search", "check", "--repair", "--settling", "0"])
    assert mended.exit_code == 0, mended.output
    again = cli.invoke(command, ["pole", "search", "check", "--settling", "0"])
    assert again.exit_code == 0
    assert "✓" in again.output


def test_the_scheduler_has_the_parts_of_the_index_joined_once_a_day(with_plugins, clean_queues):
    redis = connect_to_redis()
    for key in redis.keys("*pole:search:joined"):
        redis.delete(key)
    assert upkeep.enqueue_joining()
    assert not upkeep.enqueue_joining()
    assert [job["title"] for job in helpers.call_action("job_list")] == ["Parts of the index joined"]
    (key,) = redis.keys("*pole:search:joined")
    assert 86_000 < redis.ttl(key) <= 86_400


def test_the_scheduler_queues_it_once_an_interval(with_plugins, clean_queues):
    for key in connect_to_redis().keys("*pole:search:checked"):
        connect_to_redis().delete(key)
    assert upkeep.enqueue_due()
    assert not upkeep.enqueue_due()
    assert [job["title"] for job in helpers.call_action("job_list")] == ["Index and database compared"]
