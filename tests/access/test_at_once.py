"""Fifty at once: one wins, the others are told, and the ledger has each act once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from threading import Barrier

import pytest
import sqlalchemy as sa
from ckan.plugins.toolkit import ValidationError

#: Threads at the same moment; the site's pool has 15 connections, the others queue for one.
CROWD = 10
EACH = 5


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


@pytest.mark.usefixtures("with_request_context")
def test_of_many_signatures_and_revocations_at_once_one_counts(world):
    from ckanext.pole.access.ledger_keeping import verify

    draft = world.call(
        "pole_agreement_create", "custodian_admin", policy_id=world.policy["id"], org_id=world.partner,
        valid_until=in_days(30),
    )  # fmt: skip
    world.call("pole_agreement_propose", "custodian_admin", id=draft["id"])
    assert crowd(lambda _: world.call("pole_agreement_sign", "partner_admin", id=draft["id"])) == ONE_WINNER
    assert ledger(world, "agreement.sign") == 1
    ended = crowd(lambda _: world.call("pole_agreement_terminate", "custodian_admin", id=draft["id"], reason="Fin"))
    assert ended == ONE_WINNER
    assert ledger(world, "agreement.terminate") == 1

    request = world.ask()
    world.call("pole_access_request_approve", "custodian_admin", id=request["id"], grant_until=in_days(9))
    revoked = crowd(lambda _: world.call("pole_access_request_revoke", "custodian_admin", id=request["id"], reason="x"))
    assert revoked == ONE_WINNER
    assert ledger(world, "request.revoke") == 1
    assert verify()["ok"]


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
