"""A portal from one command, again and again."""

from __future__ import annotations

import json
import os
import signal
import stat
import time

import pytest

pytestmark = pytest.mark.stack
QUICK = 20
"""Seconds that a second start may take."""


def refusing_tools(folder):
    """A folder of installers that write down that they were called, and fail."""
    folder.mkdir()
    calls = folder / "calls"
    for name in ("apt-get", "mvn", "pip", "uv", "curl", "wget", "sudo"):
        tool = folder / name
        tool.write_text(f'#!/bin/sh\necho "{name} $*" >> {calls}\nexit 1\n')
        tool.chmod(0o755)
    return calls


def test_a_site_answers_in_both_languages(running):
    assert running.becomes_healthy()
    for path in ("/", "/fr/", "/en/", "/fr/dataset/", "/en/organization/"):
        status, text = running.get(path)
        assert status == 200, path
        assert ('lang="en"' if path.startswith("/en") else 'lang="fr"') in text, path


def test_a_second_up_on_a_running_portal_changes_nothing_and_is_quick(running):
    before = running.pids()
    start = time.monotonic()
    told = running.must("up")
    assert time.monotonic() - start < 10
    assert running.pids() == before
    assert running.url in told
    assert running.accounts["admin"] in told


def test_two_ups_at_once_wait_for_one_another(running):
    both = [running.start("up"), running.start("up")]
    ends = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], ends
    assert running.becomes_healthy()


def test_the_port_is_remembered_without_the_variable(running):
    told = running.must("status", POLE_PORT="")
    assert running.url in told


def test_secrets_are_for_their_owner_only_and_stay(running):
    for name in ("secrets.json", "ckan.ini", "run/redis.conf", "storage"):
        mode = (running.local / name).stat().st_mode
        assert not mode & (stat.S_IRWXG | stat.S_IRWXO), name
    before = running.accounts
    running.must("up")
    assert running.accounts == before


def test_services_listen_on_the_loopback_only(running):
    ports = set(json.loads((running.local / "state.json").read_text())["ports"].values())
    for table in ("tcp", "tcp6"):
        with open(f"/proc/net/{table}") as file:
            for line in list(file)[1:]:
                address, state = line.split()[1], line.split()[3]
                host, port = address.rsplit(":", 1)
                if state == "0A" and int(port, 16) in ports:
                    assert host in ("0100007F", "0000000000000000FFFF00000100007F"), line


def test_a_token_is_printed_alone_and_opens_the_api(running):
    token = running.must("token", "admin").strip()
    assert "\n" not in token
    status, text = running.get("/api/3/action/api_token_list?user_id=admin", token)
    assert status == 200, text
    assert running.get("/api/3/action/api_token_list?user_id=admin")[0] == 403


def test_a_token_of_nobody_is_refused(running):
    done = running.run("token", "personne")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "personne" in done.stderr


def test_the_ckan_command_has_the_right_ini(running):
    assert "admin" in running.must("ckan", "sysadmin", "list")
    done = running.run("ckan", "no-such-command")
    assert done.returncode == 2


def test_the_logs_of_a_program_can_be_read(running):
    running.get("/fr/about?essai-de-journal")
    assert "about" in running.must("logs", "web", "-n", "200")
    unknown = running.run("logs", "nothing")
    assert unknown.returncode == 2
    assert "web" in unknown.stderr


def test_no_marker_leaks_into_the_commands_of_a_person(running):
    assert os.getpid() not in running.processes()


def test_down_leaves_no_process_and_says_so_when_there_is_none(running):
    running.must("down")
    assert running.processes() == []
    assert running.get("/")[0] == 0
    assert "Rien ne tourne ici" in running.must("down")
    status = running.run("status")
    assert status.returncode == 1
    assert "./dev up" in status.stdout
    asked = running.run("ckan", "user", "list")
    assert asked.returncode == 1
    assert "./dev up" in asked.stderr


def test_an_interrupted_up_leaves_nothing_running(stopped):
    process = stopped.start("up")
    assert process.stdout is not None
    for line in process.stdout:
        if "Redis" in line:
            break
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert stopped.processes() == []


def test_a_start_after_a_stop_is_quick_and_needs_no_network(stopped, tmp_path):
    calls = refusing_tools(tmp_path / "tools")
    nowhere = "http://127.0.0.1:9"
    offline = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), nowhere)
    took = []
    for _ in range(3):  # the best of three: the machine may be busy with something else
        stopped.must("down")  # says that nothing runs, the first time
        start = time.monotonic()
        stopped.must("up", PATH=f"{calls.parent}:{stopped.environment()['PATH']}", **offline)
        took.append(time.monotonic() - start)
        assert not calls.exists(), calls.read_text()
        assert stopped.becomes_healthy()
        if took[-1] < QUICK:
            break
    assert min(took) < QUICK, took


def test_changed_settings_reach_the_running_site(running):
    before = running.pids()
    template = running.root / "config" / "ini" / "ckan.ini.in"
    original = template.read_text("utf-8")
    try:
        template.write_text(original.replace("ckan.site_title = ", "ckan.site_title = Autre titre, "), "utf-8")
        running.must("up")
        assert "Autre titre" in running.get("/fr/about")[1]
        after = running.pids()
        assert after["postgres"] == before["postgres"]
        assert after["web"] != before["web"]
    finally:
        template.write_text(original, "utf-8")  # the next start takes it back
