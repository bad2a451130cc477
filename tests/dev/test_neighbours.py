"""Portals beside other things: another portal, a taken port, a folder that PostgreSQL cannot reach, a plain user."""

from __future__ import annotations

import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.stack
LONG = "un-dossier-dont-le-nom-est-si-long-qu-une-prise-unix-n-y-entre-pas-" * 2


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A second portal, without the demonstration, deep in a folder that is closed to others."""
    from pole_portal import UP_SECONDS, discard, new_portal

    parent = tmp_path_factory.mktemp("closed") / LONG
    parent.mkdir(parents=True)
    made = new_portal(parent)
    made.must("up", "--empty", timeout=UP_SECONDS)
    yield made
    discard(made)
    assert made.processes() == []


def test_an_empty_portal_stays_empty(empty):
    assert json.loads(empty.get("/api/3/action/package_search?rows=0")[1])["result"]["count"] == 0
    empty.must("up")
    assert json.loads(empty.get("/api/3/action/package_search?rows=0")[1])["result"]["count"] == 0
    assert "demo" not in empty.pids()


def test_its_socket_is_short_and_closed_to_others(empty):
    from local.layout import Layout

    made = Layout(empty.root).socket
    assert len(str(made)) < 100
    assert not made.parent.stat().st_mode & 0o077


@pytest.mark.skipif(os.getuid() != 0, reason="PostgreSQL runs as another user only under root")
def test_the_database_is_where_its_user_can_reach_it(empty):
    link = empty.local / "pg"
    assert link.is_symlink()
    assert (link / "PG_VERSION").exists()
    assert not str(link.resolve()).startswith(str(empty.root))


def test_two_checkouts_run_side_by_side(running, empty):
    portal = running
    assert empty.becomes_healthy()
    ports = [json.loads((each.local / "state.json").read_text())["ports"] for each in (portal, empty)]
    assert not set(ports[0].values()) & set(ports[1].values())
    before = portal.pids()
    empty.must("down")
    assert portal.pids() == before
    assert portal.get("/fr/about")[0] == 200


def test_a_state_file_cut_short_is_made_again(empty):
    empty.must("down")
    (empty.local / "state.json").write_text('{"ports": {"postg')
    empty.must("up", "--empty")
    assert empty.becomes_healthy()


def test_a_broken_setting_names_the_step_the_log_and_leaves_nothing(empty):
    empty.must("down")
    plugins = empty.root / "config" / "ini" / "plugins.txt"
    original = plugins.read_text("utf-8")
    try:
        plugins.write_text(original + "no_such_plugin\n", "utf-8")
        done = empty.run("up")
        assert done.returncode == 1
        assert "no_such_plugin" in done.stderr
        assert "✗" in done.stdout
        assert empty.processes() == []
    finally:
        plugins.write_text(original, "utf-8")


def test_reset_asks_and_a_no_keeps_everything(empty):
    kept = empty.accounts
    done = empty.run("reset")
    assert done.returncode == 1
    assert empty.accounts == kept
    assert (empty.local / "pg" / "PG_VERSION").exists()


def test_reset_deletes_the_data_and_keeps_what_was_installed(empty):
    before = empty.accounts
    cluster = (empty.local / "pg").resolve()
    empty.must("reset", "--yes")
    assert empty.processes() == []
    assert not cluster.exists()
    assert not (empty.local / "secrets.json").exists()
    assert (empty.local / "venv" / "bin" / "ckan").exists()
    empty.must("up", "--empty")
    assert empty.accounts != before
    assert empty.becomes_healthy()


def test_a_taken_port_is_named_and_a_running_portal_is_left_alone(running):
    portal = running
    before = portal.pids()
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        done = portal.run("up", POLE_PORT=str(taken))
    assert done.returncode == 1
    assert f"Le port {taken} est pris" in done.stderr
    assert str(os.getpid()) in done.stderr
    assert re.search(r"POLE_PORT=\d+ ./dev up", done.stderr)
    assert portal.pids() == before
    assert portal.becomes_healthy()


def test_a_taken_port_stops_a_first_up_before_anything_is_installed(bare_portal):
    with socket.create_server(("127.0.0.1", 0)) as server:
        done = bare_portal.run("up", "--empty", POLE_PORT=str(server.getsockname()[1]))
    assert done.returncode == 1
    assert bare_portal.processes() == []
    assert not (bare_portal.local / "venv").exists()


@pytest.mark.parametrize("port", ["abc", "0", "70000"])
def test_a_port_that_is_none_is_refused(bare_portal, port):
    done = bare_portal.run("up", POLE_PORT=port)
    assert done.returncode == 2
    assert "POLE_PORT" in done.stderr


@pytest.fixture
def plain_user():
    """A user without rights, gone after the test with all of its processes."""
    if os.getuid() != 0:
        pytest.skip("only root can make a user")
    name = f"pole-test-{os.getpid()}"
    subprocess.run(["useradd", "--create-home", "--shell", "/bin/bash", name], check=True)
    user = pwd.getpwnam(name)
    yield user
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and folder.stat().st_uid == user.pw_uid:
            os.kill(int(folder.name), signal.SIGKILL)
    subprocess.run(["userdel", "--remove", name], check=True, capture_output=True)


def test_a_plain_user_without_sudo_gets_a_portal_or_the_names_of_the_packages(plain_user):
    from pole_portal import UP_SECONDS, Portal, copy_checkout, free_port

    root = Path(plain_user.pw_dir) / "checkout"
    root.mkdir()
    copy_checkout(root)
    subprocess.run(["chown", "-R", f"{plain_user.pw_uid}:{plain_user.pw_gid}", str(root)], check=True)
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  # a login's, with nothing of ours
    drop = [
        "setpriv",
        f"--reuid={plain_user.pw_uid}",
        f"--regid={plain_user.pw_gid}",
        "--clear-groups",
        "--no-new-privs",
    ]
    made = Portal(root, free_port(), {"HOME": plain_user.pw_dir, "USER": plain_user.pw_name, "PATH": path}, drop)
    done = made.run("up", "--empty", timeout=UP_SECONDS)
    named = re.search(r"apt-get install --no-install-recommends (.+)", done.stderr)
    if done.returncode and named:
        assert not made.processes()
        script = root / "docker" / "local" / "apt.sh"
        subprocess.run(["sh", str(script), *named[1].split()], check=True, stdout=sys.stderr)
        done = made.run("up", "--empty", timeout=UP_SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert made.run("status").returncode == 0
    owners = {Path(f"/proc/{pid}").stat().st_uid for pid in made.processes()}
    assert owners == {plain_user.pw_uid}
    assert (root / ".local" / "pg" / "PG_VERSION").exists()
    assert made.get("/fr/")[0] == 200
    refused = subprocess.run(["./dev", "down"], cwd=root, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert plain_user.pw_name in refused.stderr
    made.must("down")
    assert made.processes() == []
    shutil.rmtree(root)
