"""kill -9 of any process, or of all: the portal comes back with its data."""

from __future__ import annotations

import json
import os
import signal
import socket
import time

import pytest

pytestmark = [pytest.mark.stack, pytest.mark.faults]
PROGRAMS = ("postgres", "redis", "solr", "web", "worker", "gather", "fetch", "scheduler")


@pytest.fixture
def healthy(portal):
    if portal.run("status").returncode:
        portal.must("up")
    return portal


def counts(portal) -> dict[str, int]:
    """What the portal holds: in the database, and in the search index."""
    found = json.loads(portal.get("/api/3/action/package_search?rows=0")[1])["result"]["count"]
    groups = len(json.loads(portal.get("/api/3/action/organization_list")[1])["result"])
    return {"datasets": found, "organisations": groups}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_killed_program_is_started_again(healthy, name):
    before = healthy.pids()
    held = counts(healthy)
    os.kill(before[name], signal.SIGKILL)
    deadline = time.monotonic() + 60
    while healthy.pids().get(name, before[name]) == before[name]:
        assert time.monotonic() < deadline, f"{name} did not come back"
        time.sleep(0.3)
    assert healthy.becomes_healthy()
    assert counts(healthy) == held


def test_everything_killed_comes_back_with_its_data(healthy):
    organisation = f"apres-panne-{int(time.time())}"
    token = healthy.must("token", "admin").strip()
    wanted = {"fr": "Après la panne", "en": "After the crash"}
    status, text = healthy.call(
        "organization_create", token, name=organisation, title="Après la panne", title_translated=wanted,
        description_translated=wanted,
    )
    assert status == 200, text
    held = counts(healthy)
    for pid in healthy.processes():
        os.kill(pid, signal.SIGKILL)
    assert healthy.run("status").returncode == 1
    healthy.must("up")
    assert healthy.becomes_healthy()
    assert counts(healthy) == held
    assert healthy.get(f"/api/3/action/organization_show?id={organisation}")[0] == 200


def test_a_killed_manager_leaves_orphans_that_up_replaces(healthy):
    before = healthy.pids()
    manager = int((healthy.local / "run" / "supervisord.pid").read_text())
    os.kill(manager, signal.SIGKILL)
    status = healthy.run("status")
    assert status.returncode == 1
    assert "./dev up" in status.stdout
    told = healthy.must("up")
    assert "Restes d'un arrêt brutal" in told
    assert healthy.becomes_healthy()
    assert not set(before.values()) & set(healthy.processes())


def test_down_after_a_killed_manager_stops_the_orphans(healthy):
    manager = int((healthy.local / "run" / "supervisord.pid").read_text())
    os.kill(manager, signal.SIGKILL)
    healthy.must("down")
    assert healthy.processes() == []
    healthy.must("up")


def test_a_private_port_that_was_taken_meanwhile_is_chosen_anew(healthy):
    healthy.must("down")
    port = json.loads((healthy.local / "state.json").read_text())["ports"]["redis"]
    with socket.create_server(("127.0.0.1", port)):
        healthy.must("up")
        assert json.loads((healthy.local / "state.json").read_text())["ports"]["redis"] != port
        assert healthy.becomes_healthy()
