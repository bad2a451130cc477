"""Finding and stopping what a crash left behind, with real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from local import processes

WAITING = "import signal, sys; {}; print('ok', flush=True); sys.stdin.read()"
STUBBORN = WAITING.format("signal.signal(signal.SIGTERM, signal.SIG_IGN)")
OBLIGING = WAITING.format("signal.signal(signal.SIGINT, lambda *_: sys.exit(7))")


@pytest.fixture
def spawn():
    """Starts Python processes with a marker, and ends those that are left."""
    started = []

    def start(code, instance):
        env = {**os.environ, processes.MARKER: instance}
        process = subprocess.Popen(
            [sys.executable, "-c", code], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout is not None
        process.stdout.readline()
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_only_this_instance_is_found(spawn, tmp_path):
    waiting = WAITING.format("pass")
    ours = spawn(waiting, f"{tmp_path}/a")
    spawn(waiting, f"{tmp_path}/a-longer-name")
    assert processes.marked(f"{tmp_path}/a") == [ours.pid]


def test_we_are_never_found_ourselves(monkeypatch, tmp_path):
    monkeypatch.setenv(processes.MARKER, str(tmp_path))
    assert os.getpid() not in processes.marked(str(tmp_path))


def test_a_server_without_a_marker_is_found_by_its_data_folder_and_a_shell_there_is_not(tmp_path):
    server = subprocess.Popen(["/bin/sleep", "30"], cwd=tmp_path)
    elsewhere = subprocess.Popen(["/bin/sleep", "30"])
    try:
        assert processes.working_in({str(tmp_path)}, ("sleep",)) == [server.pid]
        assert processes.working_in({str(tmp_path)}, ("redis-server",)) == []
    finally:
        for process in (server, elsewhere):
            process.kill()
            process.wait()


def test_a_process_that_ignores_a_polite_request_is_forced(spawn, tmp_path):
    process = spawn(STUBBORN, str(tmp_path))
    assert processes.stop([process.pid], patience=0.3) == [process.pid]
    assert process.wait(5) == -signal.SIGKILL


def test_a_process_may_be_asked_in_its_own_way(spawn, tmp_path):
    process = spawn(OBLIGING, str(tmp_path))
    assert processes.stop([process.pid], gentle={process.pid: signal.SIGINT}) == []
    assert process.wait(5) == 7


def test_a_zombie_counts_as_gone_and_a_missing_process_is_no_error():
    process = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert processes.is_dead(process.pid)
    process.wait()
    assert processes.is_dead(process.pid)
    assert processes.stop([process.pid]) == []
