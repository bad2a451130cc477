"""The server as a command of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

SERVER = Path(__file__).resolve().parents[2] / "docker" / "demo" / "server.py"


def start(*arguments, cwd):
    # A suite that a script started in the background ignores Ctrl-C, and so would its children.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return subprocess.Popen(
        [sys.executable, str(SERVER), *arguments], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_a_taken_port_is_told_in_one_line(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = start("--port", str(taken.getsockname()[1]), cwd=tmp_path)
        said, error = done.communicate(timeout=20)
    assert (done.returncode, said) == (2, "")
    assert len(error.strip().splitlines()) == 1


def test_absent_content_is_told_in_one_line(tmp_path):
    done = start("--port", "0", "--content", str(tmp_path / "rien"), cwd=tmp_path)
    _, error = done.communicate(timeout=20)
    assert done.returncode == 2
    assert len(error.strip().splitlines()) == 1


@pytest.mark.parametrize("faults", [False, True])
def test_it_says_one_line_when_ready_and_answers(tmp_path, get, faults):
    process = start("--port", "0", *(["--faults"] if faults else []), cwd=tmp_path)
    try:
        line = process.stdout.readline().split()
        assert line[:3] == ["demo", "sources", "ready:"]
        base = line[3].removesuffix("/city")
        assert get(base + "/health").status == 200
        assert get(base + "/").data == {"city": f"{base}/city", "hsds": f"{base}/hsds"}
        assert get(base + "/_faults").status == (200 if faults else 404)
    finally:
        os.kill(process.pid, signal.SIGINT)
        said, error = process.communicate(timeout=20)
    assert (process.returncode, said, error) == (0, "", "")
