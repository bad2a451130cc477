"""What happens by itself: a letter a bound before an agreement ends, rows of the ledger that are past their time."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from ckan.lib.redis import connect_to_redis
from ckan.tests import helpers
from freezegun import freeze_time

from ckanext.pole.access import ledger, ledger_keeping, upkeep


@pytest.fixture
def queue(world, clean_queues):
    """The letters about an agreement that wait to be written, and the rest of the queue."""

    def waiting(agreement):
        from ckan.lib import jobs

        expiring = ("agreement_expiring", agreement["id"])
        return len([job for job in jobs.get_queue().get_jobs() if tuple(job.args) == expiring])

    return waiting


def bounds(agreement):
    """The bounds for which an agreement's letters are on the ledger."""
    from ckan import model

    from ckanext.pole.access.ledger_tables import LOG

    model.Session.rollback()
    query = sa.select(LOG.c.details["days"].as_integer()).where(LOG.c.agreement_id == agreement["id"])
    return list(model.Session.execute(query.where(LOG.c.event == "agreement.notice").order_by(LOG.c.seq)).scalars())


def ends_in(agreement, days):
    from ckan import model

    from ckanext.pole.access.model import Agreement

    until = datetime.now(timezone.utc) + timedelta(days=days)
    model.Session.execute(sa.update(Agreement).where(Agreement.id == agreement["id"]).values(valid_until=until))
    model.Session.commit()


def test_one_letter_leaves_for_each_bound_and_only_the_nearest_for_an_agreement_that_is_short(world, queue):
    late = world.sign(days=40)
    short = world.sign(days=5, org=world.ids["elsewhere"], signer="elsewhere_admin")
    for _ in range(2):
        upkeep.run()
    assert (queue(late), bounds(late)) == (0, [])
    assert (queue(short), bounds(short)) == (1, [7])
    for days, told in ((29, [30]), (8, [30]), (6, [30, 7]), (1, [30, 7])):
        ends_in(late, days)
        for _ in range(2):
            upkeep.run()
        assert bounds(late) == told, days
    assert queue(late) == 2


@contextmanager
def full_redis():
    """Redis takes nothing more."""
    connection = connect_to_redis()
    before = connection.config_get("maxmemory")["maxmemory"]
    connection.config_set("maxmemory", 1)
    try:
        yield
    finally:
        connection.config_set("maxmemory", before)


def test_a_letter_that_cannot_be_queued_is_not_noted_as_sent_and_leaves_the_next_time(world, queue):
    agreement = world.sign(days=5)
    with full_redis():
        upkeep.run()
    assert (queue(agreement), bounds(agreement)) == (0, [])
    upkeep.run()
    assert (queue(agreement), bounds(agreement)) == (1, [7])


def test_rows_past_their_time_go_once_and_the_chain_goes_on_from_an_anchor_that_is_signed(world, ckan_config):
    mark = world.policy["id"]
    for _ in range(3):
        ledger.record("data.read", policy_id=mark, outcome="allow")
    kept = ledger_keeping.verify()["rows"]
    # What other tests left may be dated later than now: their clock was moved. And `test_ledger` moves its own further.
    later = datetime.now(timezone.utc) + timedelta(days=9_000)
    with freeze_time(later):
        ckan_config["ckanext.pole.ledger.retention_days"] = 0
        assert upkeep.run()["pruned"] == 0
        ckan_config["ckanext.pole.ledger.retention_days"] = 9_001
        upkeep.run()
        ckan_config["ckanext.pole.ledger.retention_days"] = 1826
        assert upkeep.run()["pruned"] >= min(kept, 3)
        assert upkeep.run()["pruned"] == 0
    answer = ledger_keeping.verify()
    assert answer["ok"]
    site_user = helpers.call_action("get_site_user", context={"ignore_auth": True})["name"]
    signer = helpers.call_action("user_show", id=site_user)["id"]
    assert anchor() == (answer["start"]["seq"], signer, "retention: 1826 days")


def anchor():
    from ckan import model

    from ckanext.pole.access.ledger_tables import ANCHOR

    query = sa.select(ANCHOR.c.seq, ANCHOR.c.user_id, ANCHOR.c.reason).order_by(ANCHOR.c.seq.desc()).limit(1)
    return tuple(model.Session.execute(query).one())


def test_the_scheduler_queues_it_once_an_interval_even_when_another_of_its_jobs_fails(world, clean_queues, ckan_config):
    from ckanext.pole import scheduling

    for key in connect_to_redis().keys("*pole:access:upkeep"):
        connect_to_redis().delete(key)
    ckan_config["ckanext.pole.search.check_interval"] = "not a number"
    for _ in range(2):
        scheduling.round_of_jobs()
    titles = [job["title"] for job in helpers.call_action("job_list")]
    assert titles.count("Notices of agreements, retention of the ledger") == 1
