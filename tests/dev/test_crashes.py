"""kill -9 of any process, or of all: the portal comes back with its data."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time

import pytest

pytestmark = [pytest.mark.stack, pytest.mark.faults]
PROGRAMS = ("postgres", "redis", "solr", "web", "worker", "gather", "fetch", "scheduler", "demo")


def counts(portal) -> dict[str, int]:
    """What the portal holds: in the database, and in the search index."""
    found = json.loads(portal.get("/api/3/action/package_search?rows=0")[1])["result"]["count"]
    groups = len(json.loads(portal.get("/api/3/action/organization_list")[1])["result"])
    return {"datasets": found, "organisations": groups}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_killed_program_is_started_again(running, name):
    before = running.pids()
    if name == "demo" and name not in before:
        pytest.skip("this portal has no demonstration")
    held = counts(running)
    os.kill(before[name], signal.SIGKILL)
    deadline = time.monotonic() + 60
    while running.pids().get(name, before[name]) == before[name]:
        assert time.monotonic() < deadline, f"{name} did not come back"
        time.sleep(0.3)
    assert running.becomes_healthy()
    assert counts(running) == held


def test_everything_killed_comes_back_with_its_data(running):
    organisation = f"apres-panne-{int(time.time())}"
    token = running.must("token", "admin").strip()
    wanted = {"fr": "Après la panne", "en": "After the crash"}
    status, text = running.call(
        "organization_create",
        token,
        name=organisation,
        title="Après la panne",
        title_translated=wanted,
        description_translated=wanted,
    )
    assert status == 200, text
    held = counts(running)
    for pid in running.processes():
        os.kill(pid, signal.SIGKILL)
    assert running.run("status").returncode == 1
    running.must("up")
    assert running.becomes_healthy()
    assert counts(running) == held
    assert running.get(f"/api/3/action/organization_show?id={organisation}")[0] == 200


def test_a_killed_manager_leaves_orphans_that_up_replaces(running):
    before = running.pids()
    manager = int((running.local / "run" / "supervisord.pid").read_text())
    os.kill(manager, signal.SIGKILL)
    status = running.run("status")
    assert status.returncode == 1
    assert "./dev up" in status.stdout
    told = running.must("up")
    assert "Restes d'un arrêt brutal" in told
    assert running.becomes_healthy()
    assert not set(before.values()) & set(running.processes())


def test_down_after_a_killed_manager_stops_the_orphans(running):
    manager = int((running.local / "run" / "supervisord.pid").read_text())
    os.kill(manager, signal.SIGKILL)
    running.must("down")
    assert running.processes() == []


@pytest.fixture(params=["a zombie", "another program of the same user"])
def named(request, stopped):
    """A process that is no PostgreSQL but takes signals, as the dead server that the lock names."""
    lock = (stopped.local / "pg").resolve() / "postmaster.pid"
    owner = lock.parent.stat()
    as_owner = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.getuid() == 0 else {}
    process = subprocess.Popen(["true"] if request.param == "a zombie" else ["sleep", "300"], cwd="/", **as_owner)
    if request.param == "a zombie":
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    lock.write_text(f"{process.pid}\n{lock.parent}\n", "ascii")
    os.chown(lock, owner.st_uid, owner.st_gid)
    yield process
    process.kill()
    process.wait()


def test_up_does_not_take_whoever_has_the_number_of_the_killed_server_for_it(stopped, named):
    stopped.must("up")
    assert stopped.becomes_healthy()
    os.kill(named.pid, 0)


def test_a_private_port_that_was_taken_meanwhile_is_chosen_anew(stopped):
    port = json.loads((stopped.local / "state.json").read_text())["ports"]["redis"]
    with socket.create_server(("127.0.0.1", port)):
        stopped.must("up")
        assert json.loads((stopped.local / "state.json").read_text())["ports"]["redis"] != port
        assert stopped.becomes_healthy()
