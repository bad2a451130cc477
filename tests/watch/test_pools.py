"""A connection that died in its pool is replaced unnoticed; one that answered a moment ago is not asked again."""

from __future__ import annotations

import time
from collections.abc import Iterator

import ckan.plugins.toolkit as tk
import psycopg2
import pytest
import sqlalchemy as sa
from ckan import model

from ckanext.pole.watch import pools

pytestmark = pytest.mark.usefixtures("with_plugins")
PID, END = sa.text("SELECT pg_backend_pid()"), sa.text("SELECT pg_terminate_backend(:pid)")


class Counting(psycopg2.extensions.connection):
    """A connection that counts what it is asked."""

    asked = 0

    def cursor(self, *args, **kwargs):
        Counting.asked += 1
        return super().cursor(*args, **kwargs)


@pytest.fixture
def engine() -> Iterator[sa.engine.Engine]:
    """As CKAN makes its own, with CKAN's settings."""
    found = sa.create_engine(
        tk.config["sqlalchemy.url"], pool_pre_ping=tk.config[pools.PRE_PING], pool_size=3,
        connect_args={"connection_factory": Counting},
    )  # fmt: skip
    yield found
    found.dispose()


def ask(engine: sa.engine.Engine) -> int:
    with engine.connect() as connection:
        return connection.execute(PID).scalar_one()


def end(pid: int) -> None:
    """As a restarted server does: the connection is cut while nobody uses it."""
    model.Session.execute(END, {"pid": pid})
    model.Session.remove()
    time.sleep(0.2)


def questions(engine: sa.engine.Engine) -> int:
    before = Counting.asked
    ask(engine)
    return Counting.asked - before


def test_a_connection_that_died_while_it_lay_is_replaced_and_nobody_notices(engine):
    first = ask(engine)
    end(first)
    time.sleep(pools.TRUSTED)
    second = ask(engine)
    assert second != first


def test_all_connections_of_a_pool_that_died_are_replaced(engine):
    open_ = [engine.connect() for _ in range(3)]
    pids = {connection.execute(PID).scalar_one() for connection in open_}
    for connection in open_:
        connection.close()
    for pid in pids:
        end(pid)
    time.sleep(pools.TRUSTED)
    assert not {ask(engine) for _ in range(3)} & pids


def test_one_that_died_a_moment_after_its_last_use_fails_once(engine):
    end(ask(engine))
    with pytest.raises(sa.exc.OperationalError):
        ask(engine)
    assert ask(engine)


def test_a_connection_that_answered_a_moment_ago_is_not_asked_again(engine):
    ask(engine)
    assert questions(engine) == 1
    time.sleep(pools.TRUSTED)
    assert questions(engine) == 2
    assert questions(engine) == 1


def test_ckans_own_engine_is_tried_by_us_and_not_at_each_use():
    assert model.ensure_engine().pool._pre_ping is False
    assert sa.event.contains(sa.pool.Pool, "checkout", pools.tried)
