"""Fifty at once: one wins, the others are told, and the ledger has each act once.

Short by default; `POLE_LONG=1` takes 50 signatures, 50 revocations and 200 readers.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from threading import Barrier, Event

import pytest
import sqlalchemy as sa
from ckan.plugins.toolkit import ValidationError
from ckan.tests import helpers

LONG = os.environ.get("POLE_LONG") == "1"
SIGNS, REVOKES, READERS = (50, 50, 200) if LONG else (10, 10, 40)
#: Threads at the same moment; the site's pool has 15 connections, the others queue for one.
CROWD = 10
EACH = 5


@pytest.fixture(autouse=True)
def pool(people, ckan_config):
    """The pool of connections that a site has, and too few of them: CKAN's migrations leave an engine without one."""
    from ckan import model

    model.init_model(sa.engine_from_config(dict(ckan_config)))


def crowd(act):
    """Each of the crowd tries a few times; gives how often it worked and how often it was refused."""
    start = Barrier(CROWD)

    def one(number):
        from ckan import model

        start.wait()
        outcomes = Counter()
        for turn in range(EACH):
            try:
                act(number * EACH + turn)
                outcomes["done"] += 1
            except ValidationError:
                outcomes["refused"] += 1
            finally:
                model.Session.remove()
        return outcomes

    with ThreadPoolExecutor(CROWD) as pool:
        return sum(pool.map(one, range(CROWD)), Counter())


def in_days(days):
    return (datetime.now(timezone.utc) + timedelta(days=days)).isoformat()


def ledger(world, event):
    from ckan import model

    from ckanext.pole.access.ledger_tables import LOG

    query = sa.select(sa.func.count()).where(LOG.c.policy_id == world.policy["id"], LOG.c.event == event)
    return model.Session.execute(query).scalar_one()


ONE_WINNER = {"done": 1, "refused": CROWD * EACH - 1}


@dataclass
class Rush:
    """Many at the same moment, each in a thread, with a connection, of its own.

    Attributes:
        won: when the act was done, once for each that it was done for.
        refused: how many were told that somebody else had been first.
        reads: when each read began, and whether the file came.
    """

    won: list[float] = field(default_factory=list)
    refused: int = 0
    reads: list[tuple[float, bool]] = field(default_factory=list)
    over: Event = field(default_factory=Event)

    def run(self, acts, read, enough):
        """Let all loose; a reader reads until it gets what is waited for, and once more when the act is done."""
        start = Barrier(len(acts) + READERS)
        with ThreadPoolExecutor(len(acts) + READERS) as pool:
            ends = [pool.submit(self._act, start, act) for act in acts]
            ends += [pool.submit(self._read, start, read, enough) for _ in range(READERS)]
            for end in ends:
                end.result()
        return self

    def _act(self, start, act):
        from ckan import model

        start.wait()
        try:
            act()
            self.won.append(time.monotonic())
            self.over.set()
        except ValidationError:
            self.refused += 1
        finally:
            model.Session.remove()

    def _read(self, start, read, enough):
        start.wait()
        until = time.monotonic() + 120
        while self._once(read) is not enough:
            assert time.monotonic() < until, "the act never reached the reader"
        assert self.over.wait(120)
        self._once(read)

    def _once(self, read):
        began = time.monotonic()
        came = read()
        self.reads.append((began, came))
        return came

    def after(self):
        """What readers got who began after all was done."""
        return {came for began, came in self.reads if began > max(self.won)}


@pytest.fixture
def read(app, world, custodian):
    """Read a closed file by the gateway, as a member of the partner who accepted the terms."""
    dataset = custodian.create(access_tier="agreement")
    resource = helpers.call_action(
        "resource_create", context=custodian.by(custodian.editor), package_id=dataset["id"], format="CSV",
        name_translated={"fr": "Réservé"}, upload=custodian.upload(),
    )  # fmt: skip
    world.accept("partner_member")
    by = world.headers("partner_member")

    def once():
        answer = app.test_client().get(f"/access/data/{resource['id']}", headers=by)
        assert answer.status_code in (200, 403), answer.data
        assert (b"canari" in answer.data) is (answer.status_code == 200)
        return answer.status_code == 200

    once.resource = resource["id"]
    app.get("/about")  # the style sheets are put together once, before the crowd comes
    return once


def test_signatures_revocations_and_reads_at_once_have_one_winner_and_no_read_too_many(world, read):
    from ckanext.pole.access.ledger_keeping import verify

    draft = world.call(
        "pole_agreement_create", "custodian_admin", policy_id=world.policy["id"], org_id=world.partner,
        valid_until=in_days(30),
    )  # fmt: skip
    world.call("pole_agreement_propose", "custodian_admin", id=draft["id"])

    def sign():
        world.call("pole_agreement_sign", "partner_admin", id=draft["id"])

    def end():
        world.call("pole_agreement_terminate", "custodian_admin", id=draft["id"], reason="Fin")

    signed = Rush().run([sign] * SIGNS, read, enough=True)
    assert (len(signed.won), signed.refused) == (1, SIGNS - 1)
    assert signed.after() == {True}
    assert ledger(world, "agreement.sign") == 1

    ended = Rush().run([end] * REVOKES, read, enough=False)
    assert (len(ended.won), ended.refused) == (1, REVOKES - 1)
    assert ended.after() == {False}
    assert ledger(world, "agreement.terminate") == 1

    came = [came for rush in (signed, ended) for _, came in rush.reads]
    assert outcomes(read.resource) == {"allow": came.count(True), "deny": came.count(False)}
    assert verify()["ok"]


def test_signatures_and_revocations_of_one_agreement_at_once_end_it_once(world, read):
    from ckanext.pole.access.ledger_keeping import verify

    draft = world.call(
        "pole_agreement_create", "custodian_admin", policy_id=world.policy["id"], org_id=world.partner,
        valid_until=in_days(30),
    )  # fmt: skip
    world.call("pole_agreement_propose", "custodian_admin", id=draft["id"])
    signed = []

    def sign():
        world.call("pole_agreement_sign", "partner_admin", id=draft["id"])
        signed.append(True)

    def end():
        world.call("pole_agreement_terminate", "custodian_admin", id=draft["id"], reason="Fin")

    mixed = [act for pair in zip([sign] * SIGNS, [end] * REVOKES, strict=True) for act in pair]
    rush = Rush().run(mixed, read, enough=False)
    assert len(signed) == ledger(world, "agreement.sign") <= 1
    assert len(rush.won) == len(signed) + 1
    assert rush.refused == SIGNS + REVOKES - len(rush.won)
    assert ledger(world, "agreement.terminate") == 1
    assert world.call("pole_agreement_show", "custodian_admin", id=draft["id"])["state"] == "terminated"
    assert rush.after() <= {False}
    assert not read()
    assert verify()["ok"]


def outcomes(resource_id):
    """How many reads of a resource are on the ledger, by outcome."""
    from ckan import model

    from ckanext.pole.access.ledger_tables import LOG

    query = sa.select(LOG.c.outcome, sa.func.count()).where(LOG.c.resource_id == resource_id).group_by(LOG.c.outcome)
    query = query.where(LOG.c.event == "data.download")
    return dict(tuple(row) for row in model.Session.execute(query))


@pytest.mark.usefixtures("with_request_context")
def test_of_many_revocations_of_a_request_at_once_one_counts(world):
    request = world.ask()
    world.call("pole_access_request_approve", "custodian_admin", id=request["id"], grant_until=in_days(9))
    revoked = crowd(lambda _: world.call("pole_access_request_revoke", "custodian_admin", id=request["id"], reason="x"))
    assert revoked == ONE_WINNER
    assert ledger(world, "request.revoke") == 1


def test_of_many_drafts_requests_and_renewals_at_once_one_is_there(world):
    made = crowd(
        lambda _: world.call(
            "pole_agreement_create", "custodian_admin", policy_id=world.policy["id"], org_id=world.partner,
            valid_until=in_days(30),
        )
    )  # fmt: skip
    assert made == ONE_WINNER
    who = world.newcomer()
    assert crowd(lambda _: world.ask(who)) == ONE_WINNER
    accepted = crowd(lambda _: world.accept(who))
    assert accepted == {"done": CROWD * EACH}
    mine = [row for row in world.call("pole_acceptance_list", who) if row["policy_id"] == world.policy["id"]]
    assert len(mine) == 1
    assert ledger(world, "terms.accept") == 1


def test_new_terms_written_at_once_are_numbered_one_after_the_other(world):
    done = crowd(
        lambda number: world.call(
            "pole_policy_update", "custodian_admin", id=world.policy["id"], terms_translated={"fr": f"Texte {number}"}
        )
    )
    assert done == {"done": CROWD * EACH}
    assert world.call("pole_policy_show", "", id=world.policy["id"])["terms_version"] == CROWD * EACH + 1
