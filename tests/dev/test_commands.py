"""What `./dev` says when it is asked wrongly, or before anything runs."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from local import commands, stack, up
from local.__main__ import COMMANDS, main
from local.errors import Stop

ROOT = Path(__file__).resolve().parents[2]


def test_an_unknown_command_is_an_error_with_the_list_of_the_known(capsys):
    assert main(["start"]) == 2
    told = capsys.readouterr().err
    assert "start" in told
    assert all(name in told for name in COMMANDS)


@pytest.mark.parametrize("arguments", [[], ["help"], ["--help"]])
def test_without_a_command_both_languages_explain(capsys, arguments):
    assert main(arguments) == 0
    told = capsys.readouterr().out
    assert "démarre" in told
    assert "start all" in told


def test_an_unknown_bench_says_which_there_are(capsys):
    assert main(["bench", "speed"]) == 2
    assert "./dev bench harvest" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command", [["logs", "--colour"], ["reset", "--no"], ["down", "now"], ["token"], ["token", "-q"]]
)
def test_options_that_do_not_exist_are_refused(capsys, command):
    assert main(command) == 2
    assert "./dev" in capsys.readouterr().err


def test_empty_and_live_contradict_one_another(capsys):
    with pytest.raises(SystemExit) as stopped:
        up.parse(["--empty", "--live"])
    assert stopped.value.code == 2


def test_before_a_first_up_nothing_runs_and_nothing_can_be_asked(layout, capsys):
    assert commands.status(layout, []) == 1
    assert commands.down(layout, []) == 0
    with pytest.raises(Stop, match="not up"):
        commands.ckan(layout, ["db", "version"])
    with pytest.raises(Stop, match="not up"):
        commands.token(layout, ["admin"])
    assert commands.logs(layout, []) == 1


def test_a_second_command_waits_for_the_first(layout):
    import threading

    entered = threading.Event()

    def second():
        with stack.locked(layout):
            entered.set()

    with stack.locked(layout):
        waiting = threading.Thread(target=second)
        waiting.start()
        assert not entered.wait(0.3)
    assert entered.wait(5)
    waiting.join()


def test_the_script_is_valid_and_needs_no_folder_to_be_run_from(tmp_path):
    assert subprocess.run(["bash", "-n", str(ROOT / "dev")], check=False).returncode == 0
    done = subprocess.run([str(ROOT / "dev"), "help"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "./dev" in done.stdout


def test_without_python_the_package_is_named(tmp_path):
    # A PATH with bash's own needs only: no Python of any version.
    for name in ("bash", "dirname", "readlink", "id"):
        (tmp_path / name).symlink_to(Path("/usr/bin") / name)
    script = (ROOT / "dev").read_text("utf-8").replace("/usr/bin/python3", "/nonexistent/python3")
    (tmp_path / "dev").write_text(script)
    done = subprocess.run(
        ["/usr/bin/bash", str(tmp_path / "dev"), "status"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "./dev up" in done.stderr
