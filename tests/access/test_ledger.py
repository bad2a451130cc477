"""The ledger on a real PostgreSQL: it only grows, whoever writes, and a change shows."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from ckanext.pole.access import ledger, ledger_keeping
from ckanext.pole.access.chain import LedgerError, Link

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db")


@pytest.fixture
def mark():
    """An id that the rows of this test carry: the ledger outlives the test that wrote to it."""
    return f"test-{uuid.uuid4()}"


def rows_of(mark):
    from ckan import model

    from ckanext.pole.access.ledger_tables import LOG

    model.Session.rollback()
    return ledger_keeping.entries(LOG.c.dataset_id == mark, limit=1000)


@pytest.fixture
def tampering():
    """Do to the database what only someone with the operator's rights could do; afterwards the ledger is put right."""
    from ckan import model

    def tamper(*statements):
        with model.meta.engine.begin() as connection:
            connection.execute(sa.text("ALTER TABLE pole_access_log DISABLE TRIGGER USER"))
            for statement in statements:
                connection.execute(sa.text(statement))
            connection.execute(sa.text("ALTER TABLE pole_access_log ENABLE TRIGGER USER"))

    with model.meta.engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE IF EXISTS pole_access_log_copy"))
        connection.execute(sa.text("CREATE TABLE pole_access_log_copy AS SELECT * FROM pole_access_log"))
    yield tamper
    tamper(
        "DELETE FROM pole_access_log",
        "INSERT INTO pole_access_log SELECT * FROM pole_access_log_copy",
        "DROP TABLE pole_access_log_copy",
    )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE pole_access_log SET outcome = 'deny'",
        "DELETE FROM pole_access_log",
        "TRUNCATE pole_access_log",
        "UPDATE pole_access_log_anchor SET seq = 0",
        "TRUNCATE pole_access_log_anchor",
    ],
)
def test_the_database_refuses_to_change_what_is_written(mark, statement):
    from ckan import model

    ledger.record("data.read", dataset_id=mark, outcome="allow")
    ledger.record("data.read", dataset_id=mark, outcome="allow")
    ledger_keeping.prune(datetime.now(timezone.utc), user_id="admin", reason="test")
    with pytest.raises(DBAPIError, match="only grows"), model.meta.engine.begin() as connection:
        connection.execute(sa.text(statement))


def test_what_is_recorded_in_a_transaction_lives_and_dies_with_it(mark):
    from ckan import model

    ledger.record("agreement.sign", session=model.Session, dataset_id=mark, code="lost")
    model.Session.rollback()
    ledger.record("agreement.sign", session=model.Session, dataset_id=mark, code="kept")
    savepoint = model.Session.begin_nested()
    ledger.record("agreement.sign", session=model.Session, dataset_id=mark, code="lost-in-savepoint")
    savepoint.rollback()
    with model.Session.begin_nested():
        ledger.record("agreement.sign", session=model.Session, dataset_id=mark, code="kept-in-savepoint")
    model.Session.commit()
    assert [row["code"] for row in rows_of(mark)] == ["kept-in-savepoint", "kept"]
    model.Session.commit()
    assert len(rows_of(mark)) == 2
    assert ledger_keeping.verify()["ok"]


def test_a_denial_survives_the_callers_rollback_and_does_not_wait_for_the_callers_own_row(mark):
    from ckan import model

    ledger.record("agreement.sign", session=model.Session, dataset_id=mark)
    ledger.record("data.read", dataset_id=mark, outcome="deny", code="agreement_required")
    model.Session.rollback()
    assert [row["outcome"] for row in rows_of(mark)] == ["deny"]


def test_writers_at_once_leave_one_chain_without_gap(mark):
    def write(number):
        ledger.record("data.read", dataset_id=mark, outcome="allow", details={"n": number})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(60)))
    found = rows_of(mark)
    assert sorted(row["details"]["n"] for row in found) == list(range(60))
    assert [row["seq"] for row in found] == list(range(found[0]["seq"], found[0]["seq"] - 60, -1))
    assert ledger_keeping.verify()["ok"]


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE pole_access_log SET outcome = 'deny' WHERE seq = {second}", "changed"),
        ("DELETE FROM pole_access_log WHERE seq = {second}", "missing"),
        ("DELETE FROM pole_access_log WHERE seq = {last}", "head"),
    ],
)
def test_a_row_changed_or_removed_behind_the_triggers_is_found(mark, tampering, statement, code):
    for _ in range(3):
        ledger.record("data.read", dataset_id=mark, outcome="allow")
    last = rows_of(mark)[0]["seq"]
    # the copy that is put back afterwards must have these rows
    tampering(
        "INSERT INTO pole_access_log_copy SELECT l.* FROM pole_access_log l"
        " LEFT JOIN pole_access_log_copy c USING (seq) WHERE c.seq IS NULL"
    )
    tampering(statement.format(second=last - 1, last=last))
    answer = ledger_keeping.verify()
    assert not answer["ok"]
    assert code in {finding["code"] for finding in answer["findings"]}


def test_a_place_noted_elsewhere_shows_a_ledger_that_was_written_anew(mark):
    ledger.record("data.read", dataset_id=mark, outcome="allow")
    head = ledger_keeping.verify()["head"]
    ledger.record("data.read", dataset_id=mark, outcome="allow")
    assert ledger_keeping.verify(Link(head["seq"], head["hash"]))["ok"]
    assert ledger_keeping.verify(Link(head["seq"], "0" * 64))["findings"] == [{"seq": head["seq"], "code": "noted"}]


def test_old_rows_are_pruned_and_the_chain_goes_on_from_the_anchor(mark):
    for _ in range(5):
        ledger.record("data.read", dataset_id=mark, outcome="allow")
    with pytest.raises(ValueError, match="signed"):
        ledger_keeping.prune(datetime.now(timezone.utc), user_id="admin", reason=" ")
    assert ledger_keeping.prune(datetime.now(timezone.utc) - timedelta(days=9999), user_id="a", reason="x")["rows"] == 0
    assert len(rows_of(mark)) == 5
    # Other tests move the clock, and what they left on the ledger stands before these rows.
    later = datetime.now(timezone.utc) + timedelta(days=9999)
    done = ledger_keeping.prune(later, user_id="admin", reason="durée de conservation")
    assert done["rows"] >= 4
    assert rows_of(mark) == []
    assert ledger_keeping.verify()["rows"] == 1, "the row that says so"
    ledger.record("data.read", dataset_id=mark, outcome="allow")
    answer = ledger_keeping.verify()
    assert answer["ok"]
    assert answer["start"] == {"seq": done["seq"], "hash": done["hash"]}


def test_what_could_be_personal_data_is_not_taken(mark):
    with pytest.raises(LedgerError):
        ledger.record("data.read", dataset_id=mark, user_id="ana@example.org")
    assert rows_of(mark) == []
