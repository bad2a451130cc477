"""PostgreSQL stands still while a reader downloads: what arrives is whole or seen to be cut, and all is well after."""

from __future__ import annotations

import http.client
import socket
import time
import uuid
from contextlib import closing
from typing import Any, NamedTuple

import psycopg2
import pytest
from pole_striking import address, call, children, stopped, upload
from psycopg2 import sql

pytestmark = [pytest.mark.stack, pytest.mark.faults]

ROWS = 32_500
"""CKAN reads a table in pieces of 32,000 rows: the second one is asked for when the first has been sent."""
WIDTH = 288
"""Characters of a row: a piece is more than what the sockets hold, so that it waits for its reader."""
LINES = 200_000
BOUND = 25
"""Seconds within which a reader knows, whatever is frozen."""


class Closed(NamedTuple):
    """A dataset under an agreement, with a table and a file."""

    id: str
    dump: str
    file: str
    content: bytes


class Reader:
    """A program that takes a download more slowly than the portal gives it."""

    def __init__(self, portal: Any, path: str, token: str) -> None:
        connection = http.client.HTTPConnection("localhost", portal.port, timeout=60)
        connection.sock = socket.socket()
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**16)
        connection.sock.settimeout(60)
        connection.sock.connect(("127.0.0.1", portal.port))
        connection.request("GET", path, headers={"Authorization": token})
        self.answer = connection.getresponse()
        assert self.answer.status == 200, self.answer.read()
        self.got = self.answer.read(20_000)

    def goes_on(self) -> bool:
        """Read what comes; whether the answer says itself that this was all of it."""
        try:
            self.got += self.answer.read()
        except http.client.IncompleteRead as cut:
            self.got += cut.partial
            return False
        except ConnectionResetError:
            return False
        return self.answer.chunked or "Content-Length" in self.answer.headers


def patiently(portal: Any, path: str, token: str, seconds: float = 30) -> Reader:
    """Come again while the portal asks for that: one of its processes may not have noticed yet that all is well."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return Reader(portal, path, token)
        except AssertionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(1)


@pytest.fixture
def token(running) -> str:
    return running.must("token", "admin").strip()


@pytest.fixture
def closed(running, token):
    """The data, which only some may read, so that the ledger says who did."""
    model = call(running, token, "package_search", fq="access_tier:agreement", rows=1)[1]["result"]["results"][0]
    name = f"telechargements-{uuid.uuid4().hex[:8]}"
    status, told = call(
        running, token, "package_create", name=name, owner_org=model["owner_org"], access_tier="agreement",
        access_policy=model["access_policy"], title_translated={"fr": name}, notes_translated={"fr": "Essai."},
    )  # fmt: skip
    assert status == 200, told
    dataset = told["result"]["id"]
    content = b"".join(b"ligne %d, elle aussi entiere\n" % line for line in range(LINES))
    status, told = upload(running, token, dataset, "liste.txt", content)
    assert status == 200, told
    file = told["result"]["id"]
    table = {"package_id": dataset, "name_translated": {"fr": "Tableau"}}
    fields = [{"id": "mot", "type": "text"}]
    status, told = call(running, token, "datastore_create", resource=table, fields=fields)
    assert status == 200, told
    table = told["result"]["resource_id"]
    fill = sql.SQL("INSERT INTO {} (mot) SELECT repeat(md5(n::text), %s) FROM generate_series(1, %s) n")
    with closing(psycopg2.connect(address(running, "ckan.datastore.write_url"))) as connection, connection:
        connection.cursor().execute(fill.format(sql.Identifier(table)), (WIDTH // 32, ROWS))
    yield Closed(dataset, f"/datastore/dump/{table}", f"/dataset/{dataset}/resource/{file}/download/liste.txt", content)
    call(running, token, "package_delete", id=dataset)


def noted(portal, token: str, dataset: str) -> list[tuple[str, str]]:
    """What the ledger says was read of a dataset."""
    told = asked(portal, token, "pole_access_log_list", dataset_id=dataset)
    return sorted((row["event"], row["outcome"]) for row in told if row["event"].startswith("data."))


def asked(portal, token: str, action: str, seconds: float = 30, **data: Any) -> Any:
    """What an action says, as patiently as `patiently`: only 503, "come again", is worth another question."""
    deadline = time.monotonic() + seconds
    while (found := call(portal, token, action, **data))[0] == 503 and time.monotonic() < deadline:
        time.sleep(1)
    assert found[0] == 200, found
    return found[1]["result"]


def test_a_download_in_the_middle_of_which_the_database_freezes_is_whole_or_seen_to_be_cut(running, token, closed):
    web = children(running.pids()["web"])
    dump, file = Reader(running, closed.dump, token), Reader(running, closed.file, token)
    with stopped(running, "postgres"):
        # A file needs nothing more of the database; a table comes from it, piece by piece.
        assert file.goes_on()
        assert file.got == closed.content
        started = time.monotonic()
        assert not dump.goes_on()
        assert time.monotonic() - started < BOUND
    assert running.becomes_healthy()
    assert children(running.pids()["web"]) == web, "the processes are the same: nobody had to start one"
    again = patiently(running, closed.dump, token)
    assert again.goes_on()
    rows = again.got.decode().splitlines()
    assert (rows[0], len(rows)) == ("_id,mot", 1 + ROWS)
    assert again.got.startswith(dump.got)
    assert len(dump.got) > 32_000 * WIDTH, "it was cut between two pieces"
    # Each time is on the ledger once, the one that broke off too: its reader has the first rows.
    assert noted(running, token, closed.id) == [("data.download", "allow"), *[("data.read", "allow")] * 2]
    assert asked(running, token, "pole_ledger_verify")["ok"] is True
