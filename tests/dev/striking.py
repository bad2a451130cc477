"""What one does to the programs of a scaled portal, asks of it, and waits for."""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg2
from urllib3.filepost import encode_multipart_formdata

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "docker"))

NODES = ("solr", "solr2")
AGAIN_SECONDS = 300
"""RQ believes a worker dead after 90 s; the scheduler looks once a minute."""


_addresses = itertools.count(1)


def ask(url: str, token: str = "", body: bytes | None = None, kind: str = "application/json") -> tuple[int, bytes]:
    """One request, from an address of its own: nginx believes the loopback about whom it asks for."""
    number = next(_addresses)
    headers = {"X-Forwarded-For": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"}
    headers |= {"Authorization": token} if token else {}
    headers |= {"Content-Type": kind} if body is not None else {}
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            urllib.request.Request(url, body, headers), timeout=90
        ) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except (OSError, ValueError) as error:
        return 0, repr(error).encode()


def call(site, token: str, action: str, **wanted: object) -> tuple[int, dict[str, Any]]:
    """The status of an action, and what it said."""
    return _read(ask(f"{site.url}/api/3/action/{action}", token, json.dumps(wanted).encode()))


def _read(answer: tuple[int, bytes]) -> tuple[int, dict[str, Any]]:
    status, text = answer
    try:
        return status, json.loads(text)
    except ValueError:
        return status, {"text": text[:300].decode("utf-8", "replace")}


def upload(site, token: str, dataset: str, filename: str, content: bytes) -> tuple[int, dict[str, Any]]:
    """Give a dataset a file, as a form does."""
    name, _, ending = filename.rpartition(".")
    body, kind = encode_multipart_formdata(
        {
            "package_id": dataset, "format": ending.upper(), "url_type": "upload", "name": name,
            "name_translated": json.dumps({"fr": name}), "upload": (filename, content, "text/plain"),
        }
    )  # fmt: skip
    return _read(ask(f"{site.url}/api/3/action/resource_create", token, body, kind))


def until(true: Callable[[], object], what: Callable[[], str], seconds: float = AGAIN_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, what()
        time.sleep(1)


def strike(site, name: str) -> None:
    """`kill -9` one program with all its children, and wait until the process manager's new one is at work."""
    if name in NODES:  # one that fell behind while it was busy is not the one to be left alone
        until(lambda: all(replica_serves(site, node) for node in NODES), lambda: "a replica does not recover", 180)
    before = site.pids()[name]
    for pid in [before, *children(before)]:
        send(pid, signal.SIGKILL)
    answers = probe(site, name)
    until(lambda: site.pids().get(name, before) != before and answers(), lambda: f"{name} did not come back", 180)


@contextmanager
def stopped(site, name: str) -> Iterator[None]:
    """A program with all its children stands still inside, and goes on where it was after."""
    first = site.pids()[name]
    os.kill(first, signal.SIGSTOP)  # before those that it could still start
    still = [first, *children(first)]
    try:
        for pid in still[1:]:
            send(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in still:
            send(pid, signal.SIGCONT)


def freeze(site, name: str, seconds: float) -> None:
    """Stop a program for a while, and wait until it serves again."""
    with stopped(site, name):
        time.sleep(seconds)
    until(probe(site, name), lambda: f"{name} did not come back", 180)


def send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # one that ended meanwhile
        os.kill(pid, number)


def probe(site, name: str) -> Callable[[], object]:
    """How to see that a program is well; one that answers nobody always is."""
    from local.layout import Layout
    from local.stack import probes, remembered

    layout = Layout(site.root)
    place = remembered(layout)
    assert place is not None
    served = {node: lambda node=node: replica_serves(site, node) for node in NODES}
    return {**probes(layout, place), **served}.get(name, lambda: True)


def children(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    found = [int(word) for word in listed.stdout.split()]
    return [*found, *(grandchild for child in found for grandchild in children(child))]


def replica_serves(site, node: str) -> bool:
    """Whether a node's replica has recovered: asked of the other one, which knows the cluster's state."""
    known = json.loads((site.local / "state.json").read_text("utf-8"))["ports"]
    mine, other = known["solr1" if node == "solr" else "solr2"], known["solr2" if node == "solr" else "solr1"]
    status, text = ask(f"http://127.0.0.1:{other}/solr/admin/collections?action=CLUSTERSTATUS&collection=ckan&wt=json")
    if status != 200:
        return False
    cluster = json.loads(text)["cluster"]
    replicas = cluster["collections"]["ckan"]["shards"]["shard1"]["replicas"].values()
    alive = set(cluster["live_nodes"])
    return any(
        f":{mine}" in one["base_url"] and one["state"] == "active" and one["node_name"] in alive for one in replicas
    )


def address(site, setting: str = "sqlalchemy.url") -> str:
    """Where a portal's database is."""
    found = re.search(rf"^{re.escape(setting)} = (.+)$", (site.local / "ckan.ini").read_text("utf-8"), re.M)
    assert found is not None
    return found[1].replace("%%", "%")


def sql(site, statement: str) -> list[tuple[Any, ...]]:
    """What a portal's database says."""
    connection = psycopg2.connect(address(site))
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()
    finally:
        connection.close()
